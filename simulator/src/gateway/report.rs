//! Orders and executions as they are told, in the protocol's words.

use domain::decimal::Price;
use domain::order::{Hours, OrderType, Side, Trail};
use engine::matching::Liquidity;
use rust_decimal::Decimal;
use time::OffsetDateTime;
use time_tz::{OffsetDateTimeExt, timezones};

use super::contract::contract;
use super::search::Known;
use crate::exchange::Exchange;
use crate::exchange::broker::{Fill, OrderRow, RowStatus, Transmit, WhatIf};
use crate::wire::contract::Contract;
use crate::wire::execution::{CommissionReport, Execution, ExecutionDetails};
use crate::wire::order::{CompletedOrder, OpenOrder, Order, OrderState, OrderStatus, PlaceOrderRequest};
use crate::wire::{decimal, double};

/// Whether the costs of an order are known where it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Costs {
    Known,
    Unknown,
}

/// A moment as orders and executions tell it.
pub(super) fn moment(at: OffsetDateTime) -> String {
    let local = at.to_timezone(timezones::db::america::NEW_YORK);
    let (hour, minute, second) = local.time().as_hms();
    format!(
        "{:04}{:02}{:02} {hour:02}:{minute:02}:{second:02} US/Eastern",
        local.year(),
        u8::from(local.month()),
        local.day()
    )
}

/// The contract of this id, at this exchange where one was named.
pub(super) fn contract_of(exchange: &Exchange, con_id: i32, venue: &str) -> Contract {
    let Some(listing) = exchange.market().listing(con_id) else {
        return Contract { con_id: Some(con_id), ..Contract::default() };
    };
    let known = contract(Known::Listing(listing));
    if venue.is_empty() { known } else { Contract { exchange: Some(venue.to_owned()), ..known } }
}

/// An open order, or one that has just ended.
pub(super) fn open_order(exchange: &Exchange, row: &OrderRow, costs: Costs) -> OpenOrder {
    let commission = row.commission.filter(|_| costs == Costs::Known);
    OpenOrder {
        order_id: Some(row.order_id),
        contract: Some(contract_of(exchange, row.con_id, &row.echo.exchange)),
        order: Some(Order {
            client_id: Some(row.client_id),
            order_id: Some(row.order_id),
            total_quantity: Some(decimal(row.terms.quantity().value())),
            ..order(row)
        }),
        order_state: Some(OrderState {
            status: Some(row.status.as_str().to_owned()),
            commission_and_fees: commission.map(double),
            commission_and_fees_currency: commission.map(|_| "USD".to_owned()),
            reject_reason: row.reject.as_ref().map(|refused| refused.message.clone()),
            ..OrderState::default()
        }),
    }
}

/// An order that has ended. As with the broker, its quantity is what was left of it, and it does not tell
/// the client's number of it.
pub(super) fn completed_order(exchange: &Exchange, row: &OrderRow) -> CompletedOrder {
    let words = match (row.status, &row.reject) {
        (RowStatus::Filled, _) => format!("Filled Size: {}", decimal(row.filled)),
        (_, Some(refused)) => refused.message.clone(),
        _ => "Cancelled by Trader".to_owned(),
    };
    CompletedOrder {
        contract: Some(contract_of(exchange, row.con_id, &row.echo.exchange)),
        order: Some(Order {
            total_quantity: Some(decimal(row.remaining)),
            filled_quantity: Some(decimal(row.filled)),
            ..order(row)
        }),
        order_state: Some(OrderState {
            status: Some(row.status.as_str().to_owned()),
            completed_time: row.completed_at.map(moment),
            completed_status: Some(words),
            ..OrderState::default()
        }),
    }
}

/// What open and completed orders tell alike.
fn order(row: &OrderRow) -> Order {
    let pricing = row.terms.pricing();
    let name = match pricing.order_type() {
        OrderType::Market | OrderType::MarketOnOpen => "MKT",
        OrderType::Limit => "LMT",
        OrderType::Stop => "STP",
        OrderType::StopLimit => "STP LMT",
        OrderType::TrailingStop => "TRAIL",
        OrderType::MarketOnClose => "MOC",
        OrderType::LimitOnClose => "LOC",
    };
    let is_trailing = pricing.trail().is_some();
    let (amount, percent) = match pricing.trail() {
        Some(Trail::Amount(amount)) => (Some(amount), None),
        Some(Trail::Percent(percent)) => (None, Some(percent)),
        None => (pricing.stop().map(Price::value), None),
    };
    Order {
        perm_id: Some(row.perm_id),
        action: Some(action(row.terms.side()).to_owned()),
        order_type: Some(name.to_owned()),
        lmt_price: Some(pricing.limit().map_or(0.0, |limit| double(limit.value()))),
        aux_price: Some(amount.map_or(0.0, double)),
        trailing_percent: percent.map(double),
        trail_stop_price: row.stop.filter(|_| is_trailing).map(double),
        tif: Some(row.terms.time_in_force().as_str().to_owned()),
        account: Some(row.account.clone()),
        order_ref: Some(row.reference.clone()),
        outside_rth: Some(row.terms.hours() == Hours::Extended),
        good_till_date: row.terms.good_till().map(moment),
        transmit: Some(row.transmit == Transmit::Now),
        open_close: Some(row.echo.open_close.clone()),
        display_size: Some(row.echo.display_size),
        hidden: Some(row.echo.hidden),
        trigger_method: Some(row.echo.trigger_method),
        model_code: Some(row.echo.model_code.clone()),
        ..Order::default()
    }
}

fn action(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

/// How far an order has come.
pub(super) fn status(row: &OrderRow) -> OrderStatus {
    OrderStatus {
        order_id: Some(row.order_id),
        status: Some(row.status.as_str().to_owned()),
        filled: Some(decimal(row.filled)),
        remaining: Some(decimal(row.remaining)),
        avg_fill_price: Some(row.average_price.map_or(0.0, double)),
        perm_id: Some(row.perm_id),
        parent_id: Some(0),
        last_fill_price: Some(row.last_price.map_or(0.0, double)),
        client_id: Some(row.client_id),
        why_held: row.why_held.clone(),
        mkt_cap_price: Some(0.0),
    }
}

/// What an order would do to its account.
pub(super) fn preview(what_if: &WhatIf, request: &PlaceOrderRequest, client_id: i32) -> OpenOrder {
    let money = |amount: Decimal| Some(double(amount));
    let change = |(before, after): (Decimal, Decimal)| money(after - before);
    let (initial, maintenance, equity) =
        (what_if.initial_margin, what_if.maintenance_margin, what_if.equity_with_loan);
    let order = request.order.clone().unwrap_or_default();
    OpenOrder {
        order_id: request.order_id,
        contract: request.contract.clone(),
        order: Some(Order { client_id: Some(client_id), order_id: request.order_id, ..order }),
        order_state: Some(OrderState {
            status: Some(RowStatus::PreSubmitted.as_str().to_owned()),
            init_margin_before: money(initial.0),
            maint_margin_before: money(maintenance.0),
            equity_with_loan_before: money(equity.0),
            init_margin_change: change(initial),
            maint_margin_change: change(maintenance),
            equity_with_loan_change: change(equity),
            init_margin_after: money(initial.1),
            maint_margin_after: money(maintenance.1),
            equity_with_loan_after: money(equity.1),
            commission_and_fees: money(what_if.commission),
            commission_and_fees_currency: Some(what_if.commission_currency.clone()),
            margin_currency: Some("USD".to_owned()),
            warning_text: what_if.warning.clone(),
            ..OrderState::default()
        }),
    }
}

/// An execution, as an answer to this request; -1 where nobody asked.
pub(super) fn execution(exchange: &Exchange, fill: &Fill, request_id: i32) -> ExecutionDetails {
    let side = match fill.side {
        Side::Buy => "BOT",
        Side::Sell => "SLD",
    };
    let liquidity = match fill.liquidity {
        Liquidity::Added => 1,
        Liquidity::Removed => 2,
    };
    ExecutionDetails {
        req_id: Some(request_id),
        contract: Some(contract_of(exchange, fill.con_id, &fill.exchange)),
        execution: Some(Execution {
            order_id: Some(fill.order_id),
            exec_id: Some(fill.execution_id.clone()),
            time: Some(moment(fill.at)),
            acct_number: Some(fill.account.clone()),
            exchange: Some(fill.exchange.clone()),
            side: Some(side.to_owned()),
            shares: Some(decimal(fill.quantity)),
            price: Some(double(fill.price)),
            perm_id: Some(fill.perm_id),
            client_id: Some(fill.client_id),
            is_liquidation: Some(false),
            cum_qty: Some(decimal(fill.cumulative)),
            avg_price: Some(double(fill.average_price)),
            order_ref: Some(fill.reference.clone()),
            last_liquidity: Some(liquidity),
            ..Execution::default()
        }),
    }
}

/// What an execution cost.
pub(super) fn commission(fill: &Fill) -> CommissionReport {
    CommissionReport {
        exec_id: Some(fill.execution_id.clone()),
        commission_and_fees: Some(double(fill.commission)),
        currency: Some(fill.commission_currency.clone()),
        realized_pnl: fill.realized.map(double),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn moments_are_told_in_new_york() {
        assert_eq!(moment(datetime!(2026-11-23 15:04:05.678 UTC)), "20261123 10:04:05 US/Eastern");
        assert_eq!(moment(datetime!(2026-07-01 03:00 UTC)), "20260630 23:00:00 US/Eastern");
    }
}

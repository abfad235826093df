//! Orders and executions.

use super::super::super::account::{PortfolioValue, Position, PositionMulti};
use super::super::super::contract::Contract;
use super::super::super::execution::{CommissionReport, Execution, ExecutionDetails, ExecutionRequest};
use super::super::super::order::{
    CompletedOrder, OpenOrder, Order, OrderBound, OrderCondition, OrderState, OrderStatus, PlaceOrderRequest,
};
use super::{check_written, read, text};

/// A future as a gateway told it in July 2025.
fn future() -> Contract {
    Contract {
        con_id: Some(637_533_641),
        symbol: text("ES"),
        sec_type: text("FUT"),
        last_trade_date_or_contract_month: text("20250919"),
        multiplier: Some(50.0),
        exchange: text("CME"),
        currency: text("USD"),
        local_symbol: text("ESU5"),
        trading_class: text("ES"),
        ..Contract::default()
    }
}

fn limit_order() -> Order {
    Order {
        client_id: Some(100),
        perm_id: Some(2_126_726_143),
        action: text("BUY"),
        total_quantity: text("1"),
        order_type: text("LMT"),
        lmt_price: Some(5_800.0),
        aux_price: Some(0.0),
        tif: text("DAY"),
        account: text("DU1234567"),
        ..Order::default()
    }
}

/// As a gateway told it in July 2025, but for how zeros are written, and the price of a trailing stop that
/// a limit order has not.
#[test]
fn an_open_order_is_written_as_by_a_real_gateway() {
    let state = OrderState { status: text("Submitted"), ..OrderState::default() };
    let message = OpenOrder {
        order_id: Some(2),
        contract: Some(future()),
        order: Some(limit_order()),
        order_state: Some(state),
    };
    let none = "1.7976931348623157E308|";
    let begins = "5|2|637533641|ES|FUT|20250919|0||50|CME|USD|ESU5|ES|BUY|1|LMT|5800|0|DAY||DU1234567||0||100|\
                  2126726143|0|0|0||2126726143.0/DU1234567/100||||";
    let goes_on = format!(
        "||||||0||-1|0||||||2147483647|0|0|0||3|0|0||0|0||0|None||0||||?|0|0||0|0||||||0|0|0|2147483647|\
         2147483647|||0||IB|0|0||0|0|Submitted|{}|||||0|0|0|None|{}0||||0|1|0|0|0|",
        none.repeat(9),
        none.repeat(6),
    );
    let old = format!("{begins}{goes_on}");
    // Since 177 there is no advisor's profile.
    let new = format!("{}{goes_on}||0||||||", begins.strip_suffix('|').unwrap());
    check_written(&message, &[(178, &new), (176, &format!("{old}||0||||||")), (157, &old)]);
}

/// As a gateway told it in November 2023, but for how zeros are written.
#[test]
fn a_completed_order_is_written_as_by_a_real_gateway() {
    let contract = Contract {
        con_id: Some(265_598),
        symbol: text("AAPL"),
        sec_type: text("STK"),
        exchange: text("SMART"),
        currency: text("USD"),
        local_symbol: text("AAPL"),
        trading_class: text("NMS"),
        ..Contract::default()
    };
    let order = Order {
        perm_id: Some(1_377_295_418),
        order_type: text("MKT"),
        lmt_price: Some(0.0),
        total_quantity: text("0"),
        filled_quantity: text("100"),
        order_ref: text("ours"),
        ..limit_order()
    };
    let order_state = OrderState {
        status: text("Filled"),
        completed_time: text("20231122 10:30:00 America/Los_Angeles"),
        completed_status: text("Filled"),
        ..OrderState::default()
    };
    let message =
        CompletedOrder { contract: Some(contract), order: Some(order), order_state: Some(order_state) };
    let none = "1.7976931348623157E308|";
    let begins = "101|265598|AAPL|STK||0|||SMART|USD|AAPL|NMS|BUY|0|MKT|0|0|DAY||DU1234567||0|ours|1377295418|0|0|0||||";
    let goes_on = format!(
        "||||||0||-1||||||2147483647|0|0||3|0||0|None||0|0|0||0|0||||0|0|0|2147483647|2147483647||||IB|0|0||0|\
         Filled|0|0|0|{}0|1|0||100|2147483647|0|Not an insider or substantial shareholder|0|0|\
         9223372036854775807|20231122 10:30:00 America/Los_Angeles|Filled|",
        none.repeat(2),
    );
    let old = format!("{begins}|{goes_on}");
    let new = format!("{begins}{goes_on}|||||");
    check_written(&message, &[(178, &new), (176, &format!("{old}|||||")), (157, &old)]);
}

#[test]
fn executions_and_what_they_cost_are_written_as_by_a_real_gateway() {
    let execution = Execution {
        order_id: Some(1),
        exec_id: text("0001f4e5.58bbad52.01.01"),
        time: text("20250708 02:35:00 America/New_York"),
        acct_number: text("DU1234567"),
        exchange: text("CME"),
        side: text("BOT"),
        shares: text("1"),
        price: Some(5_800.0),
        perm_id: Some(2_126_726_143),
        client_id: Some(100),
        is_liquidation: Some(false),
        cum_qty: text("1"),
        avg_price: Some(5_800.0),
        last_liquidity: Some(1),
        ..Execution::default()
    };
    let details = ExecutionDetails { req_id: Some(1), contract: Some(future()), execution: Some(execution) };
    let old = "11|1|1|637533641|ES|FUT|20250919|0||50|CME|USD|ESU5|ES|0001f4e5.58bbad52.01.01|\
               20250708 02:35:00 America/New_York|DU1234567|CME|BOT|1|5800|2126726143|100|0|1|5800|||||1|";
    check_written(&details, &[(178, &format!("{old}0|")), (176, old), (157, old)]);
    let report = CommissionReport {
        exec_id: text("0001f4e5.58bbad52.01.01"),
        commission_and_fees: Some(2.25),
        currency: text("USD"),
        realized_pnl: Some(0.5),
    };
    let none = "1.7976931348623157E308|";
    let costs = format!("59|1|0001f4e5.58bbad52.01.01|2.25|USD|0.5|{none}|");
    check_written(&report, &[(178, &costs), (157, &costs)]);
}

#[test]
fn statuses_and_positions_are_written_as_by_a_real_gateway() {
    let status = OrderStatus {
        order_id: Some(13),
        status: text("Filled"),
        filled: text("100"),
        remaining: text("0"),
        avg_fill_price: Some(196.52),
        perm_id: Some(1_376_327_563),
        last_fill_price: Some(196.52),
        client_id: Some(100),
        ..OrderStatus::default()
    };
    let written = "3|13|Filled|100|0|196.52|1376327563|0|196.52|100||0|";
    check_written(&status, &[(178, written), (157, written)]);
    let bound = OrderBound { perm_id: Some(7), client_id: Some(0), order_id: Some(-2) };
    check_written(&bound, &[(178, "100|7|0|-2|"), (157, "100|7|0|-2|")]);
    let position = Position {
        account: text("DU1234567"),
        contract: Some(future()),
        position: text("-2"),
        avg_cost: Some(290_000.0),
    };
    let es = "637533641|ES|FUT|20250919|0||50|CME|USD|ESU5|ES|";
    check_written(&position, &[(157, &format!("61|3|DU1234567|{es}-2|290000|"))]);
    let multi = PositionMulti {
        req_id: Some(9),
        account: position.account.clone(),
        contract: position.contract.clone(),
        position: position.position.clone(),
        avg_cost: position.avg_cost,
        model_code: text(""),
    };
    check_written(&multi, &[(157, &format!("71|1|9|DU1234567|{es}-2|290000||"))]);
    let value = PortfolioValue {
        contract: position.contract,
        position: position.position,
        market_price: Some(5_801.0),
        market_value: Some(-580_100.0),
        average_cost: Some(290_000.0),
        unrealized_pnl: Some(-100.0),
        realized_pnl: Some(0.0),
        account_name: position.account,
    };
    let es = "637533641|ES|FUT|20250919|0||50||USD|ESU5|ES|";
    check_written(&value, &[(157, &format!("7|8|{es}-2|5801|-580100|290000|-100|0|DU1234567|"))]);
}

/// An order as `ib_async` (178) and the official client (157) write it; conditions and all.
fn place_order(version: i32, conditions: &str) -> String {
    let contract = "3|12|0|AAPL|STK||0.0|||SMART||USD|||||";
    let terms = "BUY|100|LMT|250.5||DAY||SIM0000001||0|ours|1|0|0|0|0|0|1|0||0.0||||||";
    let profile = if version < 177 { "|" } else { "" };
    let attributes = "|0||-1|0|||0|||0|0||0||||||0|||||0|||||||||||";
    let clearing = "0|||0|0|||0||0|0|0|";
    let adjustments = "||||||0|||||||||0|0|0||";
    let newer = if version >= 169 { "||0|8229=IBDBUYTX||" } else { "" };
    format!("{contract}{terms}{profile}{attributes}{clearing}{conditions}{adjustments}{newer}")
}

#[test]
fn an_order_is_read_as_clients_write_it() {
    for version in [178, 176, 157] {
        let request: PlaceOrderRequest = read(version, &place_order(version, "0|"));
        let order = request.order.unwrap();
        assert_eq!((request.order_id, request.contract.unwrap().symbol), (Some(12), text("AAPL")));
        assert_eq!((order.action, order.total_quantity), (text("BUY"), text("100")));
        assert_eq!((order.order_type, order.lmt_price, order.aux_price), (text("LMT"), Some(250.5), None));
        assert_eq!(
            (order.tif, order.account, order.order_ref),
            (text("DAY"), text("SIM0000001"), text("ours"))
        );
        assert_eq!((order.transmit, order.outside_rth, order.what_if), (Some(true), Some(true), Some(false)));
        assert_eq!(order.conditions, []);
        let overriding = if version >= 169 { text("8229=IBDBUYTX") } else { None };
        assert_eq!(order.advanced_error_override, overriding, "{version}");
    }
}

#[test]
fn conditions_are_counted_and_what_follows_is_found() {
    let conditions = "3|1|a|1|250.0|265598|SMART|0|3|o|0|20261123 10:00:00|5|a|STK|SMART|AAPL|0|1|";
    let request: PlaceOrderRequest = read(178, &place_order(178, conditions));
    let order = request.order.unwrap();
    assert_eq!(order.conditions, [OrderCondition {}; 3]);
    assert_eq!(order.advanced_error_override, text("8229=IBDBUYTX"));
}

#[test]
fn requests_for_executions_are_read_as_clients_write_them() {
    let request: ExecutionRequest = read(157, "7|3|8|0||20261123 09:30:00|AAPL|STK||BUY|");
    let filter = request.execution_filter.unwrap();
    assert_eq!((request.req_id, filter.client_id), (Some(8), Some(0)));
    assert_eq!((filter.time, filter.symbol), (text("20261123 09:30:00"), text("AAPL")));
    assert_eq!((filter.sec_type, filter.side), (text("STK"), text("BUY")));
}

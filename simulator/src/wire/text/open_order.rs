//! An order as it is told, open or completed: rows of a hundred fields. Those that mean nothing here are
//! written as a real gateway writes them where they are not given.

use super::super::contract::Contract;
use super::super::order::{CompletedOrder, OpenOrder, Order, OrderState};
use super::place_order::PEGGED_OFFSETS;
use super::{ADVISOR_PROFILE, ToText, Writer};

/// From this version on an open order tells its duration. (Some clients read it from 158 on, some from 159;
/// 158 is never agreed upon.)
const DURATION: i32 = 159;

/// From this version on an open order tells whether it was posted to an alternative venue.
const POST_TO_ATS: i32 = 160;

/// From this version on an open order tells whether it takes its parent with it.
const CANCEL_PARENT: i32 = 162;

impl ToText for OpenOrder {
    fn write(&self, fields: &mut Writer<'_>) {
        let contract = self.contract.clone().unwrap_or_default();
        let order = self.order.clone().unwrap_or_default();
        let state = self.order_state.clone().unwrap_or_default();
        fields.number(&self.order_id);
        write_terms(fields, &contract, &order);
        fields.put(&order.order_ref).number(&order.client_id).number(&order.perm_id);
        write_times(fields, &order);
        write_allocation(fields, &order);
        write_advice(fields, &order);
        // The auction strategy, which only open orders tell.
        fields.put("0");
        write_prices_of_other_types(fields);
        fields.whole(&order.display_size.filter(|size| *size > 0));
        fields.put("0").put("0").put(&order.all_or_none.unwrap_or_default()).put(&order.min_qty);
        fields.put(&order.oca_type.unwrap_or(NO_GROUP)).put("0").put("0").put("");
        fields.number(&order.parent_id).number(&order.trigger_method);
        // No volatility, and no hedge: a real gateway writes "None" and the fields of one.
        fields.put("").put("0").put("None").put("").put("0").put("").put("").put("");
        fields.put("?").put("0").put("0").put("");
        fields.put("0").put("0").put(&order.trail_stop_price).put(&order.trailing_percent);
        fields.put("").put("").put("").put("0").put("0").put("0");
        write_scale_and_hedge(fields);
        fields.put("0").put("").put("IB").put("0").put("0").put("").put("0");
        fields.put(&order.what_if.unwrap_or_default());
        write_state(fields, &state);
        fields.put("0").put("0").put("0").put("None").double(&None);
        fields.double(&order.trail_stop_price).double(&None).double(&None).double(&None).double(&None);
        fields.put("0").put("").put("").put("");
        fields.number(&order.cash_qty).put("1").put("0").put("0").put("0");
        write_newer_fields(fields);
    }
}

impl ToText for CompletedOrder {
    fn write(&self, fields: &mut Writer<'_>) {
        let contract = self.contract.clone().unwrap_or_default();
        let order = self.order.clone().unwrap_or_default();
        let state = self.order_state.clone().unwrap_or_default();
        write_terms(fields, &contract, &order);
        fields.put(&order.order_ref).number(&order.perm_id);
        write_times(fields, &order);
        write_advice(fields, &order);
        write_prices_of_other_types(fields);
        fields.whole(&order.display_size.filter(|size| *size > 0));
        fields.put("0").put(&order.all_or_none.unwrap_or_default()).put(&order.min_qty);
        fields.put(&order.oca_type.unwrap_or(NO_GROUP)).number(&order.trigger_method);
        fields.put("").put("0").put("None").put("").put("0").put("0").put("0").put("");
        fields.put("0").put("0").put(&order.trail_stop_price).put(&order.trailing_percent);
        fields.put("").put("0").put("0").put("0");
        write_scale_and_hedge(fields);
        fields.put("").put("IB").put("0").put("0").put("").put("0");
        fields.put(&state.status).put("0").put("0").put("0");
        fields.double(&order.trail_stop_price).double(&None);
        fields.number(&order.cash_qty).put("1").put("0").put("");
        fields.amount(&order.filled_quantity).whole(&None).put("0").put(NOT_AN_INSIDER);
        fields.put("0").put("0").put(&i64::MAX).put(&state.completed_time).put(&state.completed_status);
        if fields.version() >= PEGGED_OFFSETS {
            fields.put("").put("").put("").put("").put("");
        }
    }
}

/// How orders of a group would affect each other, where there is no group.
const NO_GROUP: i32 = 3;

const NOT_AN_INSIDER: &str = "Not an insider or substantial shareholder";

fn write_terms(fields: &mut Writer<'_>, contract: &Contract, order: &Order) {
    fields
        .contract(contract)
        .put(&order.action)
        .amount(&order.total_quantity)
        .put(&order.order_type)
        .number(&order.lmt_price)
        .number(&order.aux_price)
        .put(&order.tif)
        .put(&order.oca_group)
        .put(&order.account)
        .put(&order.open_close)
        .put("0");
}

fn write_times(fields: &mut Writer<'_>, order: &Order) {
    fields
        .put(&order.outside_rth.unwrap_or_default())
        .put(&order.hidden.unwrap_or_default())
        .number(&order.discretionary_amt)
        .put(&order.good_after_time);
}

/// Who gets how much of it, which only open orders tell: one account gets all.
fn write_allocation(fields: &mut Writer<'_>, order: &Order) {
    let (perm_id, account) =
        (order.perm_id.unwrap_or_default(), order.account.as_deref().unwrap_or_default());
    fields.put(&format!("{perm_id}.0/{account}/100"));
}

fn write_advice(fields: &mut Writer<'_>, order: &Order) {
    fields.put("").put("").put("");
    if fields.version() < ADVISOR_PROFILE {
        fields.put("");
    }
    fields.put(&order.model_code).put(&order.good_till_date).put("").put("").put("");
    // Short sales: no slot, no place, no exemption.
    fields.put("0").put("").put("-1");
}

fn write_prices_of_other_types(fields: &mut Writer<'_>) {
    fields.put("").put("").put("").put("").put("");
}

fn write_scale_and_hedge(fields: &mut Writer<'_>) {
    fields.whole(&None).whole(&None).put("").put("");
}

fn write_state(fields: &mut Writer<'_>, state: &OrderState) {
    fields.put(&state.status);
    for margin in [
        state.init_margin_before,
        state.maint_margin_before,
        state.equity_with_loan_before,
        state.init_margin_change,
        state.maint_margin_change,
        state.equity_with_loan_change,
        state.init_margin_after,
        state.maint_margin_after,
        state.equity_with_loan_after,
    ] {
        fields.double(&margin);
    }
    fields
        .put(&state.commission_and_fees)
        .put(&state.min_commission_and_fees)
        .put(&state.max_commission_and_fees)
        .put(&state.commission_and_fees_currency)
        .put(&state.warning_text);
}

fn write_newer_fields(fields: &mut Writer<'_>) {
    if fields.version() >= DURATION {
        fields.put("");
    }
    if fields.version() >= POST_TO_ATS {
        fields.put("");
    }
    if fields.version() >= CANCEL_PARENT {
        fields.put("0");
    }
    if fields.version() >= PEGGED_OFFSETS {
        fields.put("").put("").put("").put("").put("");
    }
}

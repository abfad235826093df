//! Placing an order: the longest request. Every field is read, so that the ones after it are found; most
//! mean nothing here.

use super::super::contract::Contract;
use super::super::order::{Order, OrderCondition, PlaceOrderRequest};
use super::{ADVISOR_PROFILE, FromText, Malformed, ORDER_REJECT, Reader};

/// From this version on an order can say how long it stands.
const DURATION: i32 = 158;

/// From this version on an order can be posted to an alternative venue.
const POST_TO_ATS: i32 = 160;

/// From this version on an order can take its parent with it.
const CANCEL_PARENT: i32 = 162;

/// From this version on an order can tell when somebody decided on it.
const MANUAL_TIME: i32 = 169;

/// From this version on pegged orders tell their offsets.
pub(super) const PEGGED_OFFSETS: i32 = 170;

impl FromText for PlaceOrderRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let order_id = fields.int("orderId")?;
        let mut contract = fields.contract()?;
        contract.sec_id_type = fields.text("secIdType")?;
        contract.sec_id = fields.text("secId")?;
        let mut order = Order::default();
        read_terms(fields, &mut order)?;
        skip_combination(fields, &contract)?;
        read_attributes(fields, &mut order)?;
        read_auction_and_volatility(fields)?;
        read_trail_and_scale(fields, &mut order)?;
        read_clearing(fields, &mut order)?;
        read_conditions(fields, &mut order)?;
        read_adjustments(fields, &mut order)?;
        read_newer_fields(fields, &mut order, &contract)?;
        Ok(Self { order_id, contract: Some(contract), order: Some(order), attached_orders: None })
    }
}

fn read_terms(fields: &mut Reader<'_>, order: &mut Order) -> Result<(), Malformed> {
    order.action = fields.text("action")?;
    order.total_quantity = fields.text("totalQuantity")?;
    order.order_type = fields.text("orderType")?;
    order.lmt_price = fields.double("lmtPrice")?;
    order.aux_price = fields.double("auxPrice")?;
    order.tif = fields.text("tif")?;
    order.oca_group = fields.text("ocaGroup")?;
    order.account = fields.text("account")?;
    order.open_close = fields.text("openClose")?;
    fields.skip("origin")?;
    order.order_ref = fields.text("orderRef")?;
    order.transmit = fields.flag("transmit")?;
    order.parent_id = fields.int("parentId")?;
    fields.skip("blockOrder")?;
    fields.skip("sweepToFill")?;
    order.display_size = fields.int("displaySize")?;
    order.trigger_method = fields.int("triggerMethod")?;
    order.outside_rth = fields.flag("outsideRth")?;
    order.hidden = fields.flag("hidden")?;
    Ok(())
}

fn skip_combination(fields: &mut Reader<'_>, contract: &Contract) -> Result<(), Malformed> {
    if contract.sec_type.as_deref() == Some("BAG") {
        fields.skip_list("comboLegs", 8)?;
        fields.skip_list("orderComboLegs", 1)?;
        fields.skip_list("smartComboRoutingParams", 2)?;
    }
    Ok(())
}

fn read_attributes(fields: &mut Reader<'_>, order: &mut Order) -> Result<(), Malformed> {
    fields.skip("sharesAllocation")?;
    order.discretionary_amt = fields.double("discretionaryAmt")?;
    order.good_after_time = fields.text("goodAfterTime")?;
    order.good_till_date = fields.text("goodTillDate")?;
    order.fa_group = fields.text("faGroup")?;
    fields.skip("faMethod")?;
    fields.skip("faPercentage")?;
    if fields.version() < ADVISOR_PROFILE {
        fields.skip("faProfile")?;
    }
    order.model_code = fields.text("modelCode")?;
    fields.skip("shortSaleSlot")?;
    fields.skip("designatedLocation")?;
    fields.skip("exemptCode")?;
    order.oca_type = fields.int("ocaType")?;
    fields.skip("rule80A")?;
    fields.skip("settlingFirm")?;
    order.all_or_none = fields.flag("allOrNone")?;
    order.min_qty = fields.int("minQty")?;
    fields.skip("percentOffset")?;
    fields.skip("eTradeOnly")?;
    fields.skip("firmQuoteOnly")?;
    fields.skip("nbboPriceCap")
}

fn read_auction_and_volatility(fields: &mut Reader<'_>) -> Result<(), Malformed> {
    for name in [
        "auctionStrategy",
        "startingPrice",
        "stockRefPrice",
        "delta",
        "stockRangeLower",
        "stockRangeUpper",
        "overridePercentageConstraints",
        "volatility",
        "volatilityType",
    ] {
        fields.skip(name)?;
    }
    let hedge = fields.text("deltaNeutralOrderType")?;
    fields.skip("deltaNeutralAuxPrice")?;
    if hedge.is_some_and(|kind| !kind.is_empty()) {
        fields.skip_fields("deltaNeutral", 8)?;
    }
    fields.skip("continuousUpdate")?;
    fields.skip("referencePriceType")
}

fn read_trail_and_scale(fields: &mut Reader<'_>, order: &mut Order) -> Result<(), Malformed> {
    order.trail_stop_price = fields.double("trailStopPrice")?;
    order.trailing_percent = fields.double("trailingPercent")?;
    order.scale_init_level_size = fields.int("scaleInitLevelSize")?;
    fields.skip("scaleSubsLevelSize")?;
    if fields.double("scalePriceIncrement")?.is_some_and(|increment| increment > 0.0) {
        fields.skip_fields("scale", 7)?;
    }
    fields.skip("scaleTable")?;
    fields.skip("activeStartTime")?;
    fields.skip("activeStopTime")?;
    order.hedge_type = fields.text("hedgeType")?;
    if order.hedge_type.as_ref().is_some_and(|kind| !kind.is_empty()) {
        fields.skip("hedgeParam")?;
    }
    Ok(())
}

fn read_clearing(fields: &mut Reader<'_>, order: &mut Order) -> Result<(), Malformed> {
    fields.skip("optOutSmartRouting")?;
    fields.skip("clearingAccount")?;
    fields.skip("clearingIntent")?;
    fields.skip("notHeld")?;
    fields.skip_delta_neutral()?;
    order.algo_strategy = fields.text("algoStrategy")?;
    if order.algo_strategy.as_ref().is_some_and(|name| !name.is_empty()) {
        fields.skip_list("algoParams", 2)?;
    }
    fields.skip("algoId")?;
    order.what_if = fields.flag("whatIf")?;
    fields.skip("orderMiscOptions")?;
    fields.skip("solicited")?;
    fields.skip("randomizeSize")?;
    fields.skip("randomizePrice")?;
    if is_type(order, "PEG BENCH") {
        fields.skip_fields("referenceContract", 5)?;
    }
    Ok(())
}

fn read_conditions(fields: &mut Reader<'_>, order: &mut Order) -> Result<(), Malformed> {
    let count = fields.int("conditions")?.unwrap_or_default();
    // A count that lies fails at the first field that is not there.
    for _ in 0..count.max(0) {
        let kind = fields.int("conditionType")?;
        fields.skip("conjunction")?;
        let rest = match kind {
            Some(1) => 5,
            Some(3 | 4) => 2,
            Some(5) => 3,
            Some(6 | 7) => 4,
            _ => return Err(Malformed::NotA("a type of condition", "conditionType")),
        };
        fields.skip_fields("condition", rest)?;
        order.conditions.push(OrderCondition {});
    }
    if count > 0 {
        fields.skip("conditionsIgnoreRth")?;
        fields.skip("conditionsCancelOrder")?;
    }
    Ok(())
}

fn read_adjustments(fields: &mut Reader<'_>, order: &mut Order) -> Result<(), Malformed> {
    order.adjusted_order_type = fields.text("adjustedOrderType")?;
    for name in [
        "triggerPrice",
        "lmtPriceOffset",
        "adjustedStopPrice",
        "adjustedStopLimitPrice",
        "adjustedTrailingAmount",
        "adjustableTrailingUnit",
        "extOperator",
        "softDollarTier.name",
        "softDollarTier.value",
    ] {
        fields.skip(name)?;
    }
    order.cash_qty = fields.double("cashQty")?;
    for name in [
        "mifid2DecisionMaker",
        "mifid2DecisionAlgo",
        "mifid2ExecutionTrader",
        "mifid2ExecutionAlgo",
        "dontUseAutoPriceForHedge",
        "isOmsContainer",
        "discretionaryUpToLimitPrice",
        "usePriceMgmtAlgo",
    ] {
        fields.skip(name)?;
    }
    Ok(())
}

fn read_newer_fields(
    fields: &mut Reader<'_>,
    order: &mut Order,
    contract: &Contract,
) -> Result<(), Malformed> {
    for (since, name) in
        [(DURATION, "duration"), (POST_TO_ATS, "postToAts"), (CANCEL_PARENT, "autoCancelParent")]
    {
        if fields.version() >= since {
            fields.skip(name)?;
        }
    }
    if fields.version() >= ORDER_REJECT {
        order.advanced_error_override = fields.text("advancedErrorOverride")?;
    }
    if fields.version() >= MANUAL_TIME {
        fields.skip("manualOrderTime")?;
    }
    if fields.version() >= PEGGED_OFFSETS {
        if contract.exchange.as_deref() == Some("IBKRATS") {
            fields.skip("minTradeQty")?;
        }
        // What is left are the offsets of pegged orders, which differ by type and are not read.
        if is_type(order, "PEG BEST") || is_type(order, "PEG MID") {
            fields.skip_rest();
        }
    }
    Ok(())
}

/// Whether the order is of this type; clients write it with the space or without.
fn is_type(order: &Order, name: &str) -> bool {
    order.order_type.as_ref().is_some_and(|kind| kind.replace(' ', "") == name.replace(' ', ""))
}

//! What the exchange accepts, and its refusals in the broker's words.

use domain::decimal::Price;
use domain::order::{OrderType, Terms, TimeInForce, Trail};
use engine::listing::{Listing, ListingKind};
use engine::matching::End;
use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::order::{OrderRow, Refused, RowStatus};

/// Checks what depends on the listing and the moment.
pub(super) fn check(terms: &Terms, listing: &Listing, now: OffsetDateTime) -> Result<(), Refused> {
    check_prices(terms, listing)?;
    if !(terms.quantity().value() % listing.size_increment).is_zero() {
        return Err(Refused::new(10318, "This order doesn't support fractional quantity trading"));
    }
    let is_auction = terms.time_in_force() == TimeInForce::Opg
        || matches!(terms.pricing().order_type(), OrderType::MarketOnClose | OrderType::LimitOnClose);
    if is_auction && listing.kind == ListingKind::Fx {
        return Err(Refused::new(387, "Unsupported order type for this exchange and security type."));
    }
    if terms.good_till().is_some_and(|end| end <= now) {
        return Err(Refused::new(334, "Invalid Good Till Date order"));
    }
    Ok(())
}

fn check_prices(terms: &Terms, listing: &Listing) -> Result<(), Refused> {
    let pricing = terms.pricing();
    let amount = match pricing.trail() {
        Some(Trail::Amount(amount)) => Some(amount),
        _ => None,
    };
    let prices = [pricing.limit().map(Price::value), pricing.stop().map(Price::value), amount];
    let is_wrong = |price: Decimal| price <= Decimal::ZERO || !(price % listing.tick).is_zero();
    if prices.into_iter().flatten().any(is_wrong) {
        let words = "The price does not conform to the minimum price variation for this contract.";
        return Err(Refused::new(110, words));
    }
    Ok(())
}

pub(super) fn unknown_contract() -> Refused {
    Refused::new(200, "No security definition has been found for the request")
}

pub(super) fn unknown_account(name: &str) -> Refused {
    Refused::new(321, format!("Error validating request.-'bQ' : cause - Invalid account code '{name}'."))
}

pub(super) fn used_number() -> Refused {
    Refused::new(103, "Duplicate order id")
}

pub(super) fn filled_already() -> Refused {
    Refused::new(104, "Cannot modify a filled order.")
}

pub(super) fn other_order() -> Refused {
    Refused::new(105, "Order being modified does not match original order")
}

pub(super) fn too_small(filled: Decimal) -> Refused {
    let words =
        format!("Order rejected - reason:The size must be larger than what is filled already ({filled})");
    Refused::new(201, words)
}

pub(super) fn too_little_money(equity: Decimal, margin: Decimal) -> Refused {
    let words = format!(
        "Order rejected - reason:YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH \
         LOAN VALUE [{equity} USD] MUST EXCEED THE INITIAL MARGIN [{margin} USD]"
    );
    Refused::new(201, words)
}

/// The ledger cannot be written.
pub(super) fn cannot_place() -> Refused {
    Refused::new(133, "Submit new order failed.")
}

/// The ledger cannot be written.
pub(super) fn cannot_change() -> Refused {
    Refused::new(134, "Modify order failed.")
}

/// The ledger cannot be written.
pub(super) fn cannot_cancel() -> Refused {
    Refused::new(136, "This order cannot be cancelled.")
}

pub(super) fn no_such_order(order_id: i32) -> Refused {
    Refused::new(10147, format!("OrderId {order_id} that needs to be cancelled is not found."))
}

pub(super) fn ended_already(row: &OrderRow) -> Refused {
    let (order_id, status) = (row.order_id, row.status.as_str());
    Refused::new(
        10148,
        format!("OrderId {order_id} that needs to be cancelled can not be cancelled, state: {status}."),
    )
}

/// Why an order ended by itself.
pub(super) fn ended(end: End) -> Refused {
    let reason = match end {
        End::Expired => "The time in force of the order has ended",
        End::NotAtOnce => "The order could not be filled at once",
        End::NotInAuction => "The order was not filled in the auction",
    };
    Refused::new(202, format!("Order Canceled - reason:{reason}"))
}

/// How an open order stands.
pub(super) fn standing(row: &OrderRow) -> RowStatus {
    let has_stop = matches!(
        row.terms.pricing().order_type(),
        OrderType::Stop | OrderType::StopLimit | OrderType::TrailingStop
    );
    let is_auction = row.terms.time_in_force() == TimeInForce::Opg
        || matches!(row.terms.pricing().order_type(), OrderType::MarketOnClose | OrderType::LimitOnClose);
    if row.held_until.is_some() || is_auction || (has_stop && !row.triggered) {
        RowStatus::PreSubmitted
    } else {
        RowStatus::Submitted
    }
}

//! What is asked of an order before it is written down, and how refusals and the audit log word it.

use time::OffsetDateTime;

use super::orders::PlaceWanted;
use super::{Order, OrderStatus, OrderTerms, Terms, TermsWanted, Trail};
use crate::decimal::Price;
use crate::error::{Refusal, RefusalCode};
use crate::instrument::{AssetClass, Instrument, InstrumentId};

/// Checks what depends on the instrument.
pub(super) fn check_instrument(terms: &Terms, instrument: &Instrument) -> Result<(), Refusal> {
    let is_whole = match instrument.asset_class {
        AssetClass::Index => {
            let message = format!("{} is an index, which cannot be traded", instrument.symbol);
            return Err(Refusal::of("instrument", RefusalCode::Invalid, message));
        }
        AssetClass::Fx | AssetClass::Crypto => false,
        AssetClass::Stock | AssetClass::Etf | AssetClass::Future | AssetClass::Option | AssetClass::Bond => {
            true
        }
    };
    if is_whole && !terms.quantity().value().fract().is_zero() {
        let message = format!("{} is traded in whole numbers only", instrument.symbol);
        return Err(Refusal::of("quantity", RefusalCode::Invalid, message));
    }
    terms.fit(instrument)
}

/// Checks what a change has to leave as it is.
pub(super) fn check_replacement(order: &Order, terms: &Terms) -> Result<(), Refusal> {
    let OrderTerms::Known(present) = &order.terms else { return Err(not_possible(order)) };
    if present.side() != terms.side() {
        let message = "an order that buys cannot be made one that sells; cancel it and place another";
        return Err(Refusal::of("side", RefusalCode::Invalid, message));
    }
    if present == terms {
        return Err(Refusal::whole(RefusalCode::Invalid, "nothing would change; give other terms"));
    }
    if terms.quantity() <= order.filled {
        let message = format!("{} of it are done already; cancel it, or ask for more", order.filled);
        return Err(Refusal::of("quantity", RefusalCode::Invalid, message));
    }
    Ok(())
}

/// What is said of an order that is not there, or not to be seen.
pub(super) fn order_not_found() -> Refusal {
    let message = "there is no such order, or you may not see its account";
    Refusal::of("order", RefusalCode::NotFound, message)
}

/// What is said to those who may not trade.
pub(super) fn not_granted() -> Refusal {
    let message = "you may not trade this account; ask an administrator for the access TRADE";
    Refusal::of("account", RefusalCode::AccountNotGranted, message)
}

/// What is said while trading is halted.
pub(super) fn halted(why: &str) -> Refusal {
    Refusal::whole(RefusalCode::TradingHalted, format!("trading is halted: {why}"))
}

/// What is said where an order stands in the way.
pub(super) fn not_possible(order: &Order) -> Refusal {
    let message = if order.is_external() {
        "the order was placed elsewhere; change or cancel it there".to_owned()
    } else if order.status == OrderStatus::Unknown {
        "the order is in doubt; wait until it is known whether the broker has it".to_owned()
    } else {
        format!("the order is {}; this cannot be done with it any more, or not now", order.status.as_str())
    };
    Refusal::of("order", RefusalCode::NotPossible, message)
}

/// What was asked for, so that the same is written alike.
pub(super) fn canonical(wanted: &PlaceWanted) -> String {
    let TermsWanted { side, quantity, order_type, limit, stop, trail, time_in_force, good_till, hours } =
        wanted.terms;
    let price = |price: Option<Price>| price.map(|price| price.value().normalize());
    let trail = trail.map(|trail| match trail {
        Trail::Amount(amount) => Trail::Amount(amount.normalize()),
        Trail::Percent(percent) => Trail::Percent(percent.normalize()),
    });
    let good_till = good_till.map(OffsetDateTime::unix_timestamp_nanos);
    format!(
        "{}|{}|{side:?}|{}|{order_type:?}|{:?}|{:?}|{trail:?}|{time_in_force:?}|{good_till:?}|{hours:?}",
        wanted.account,
        wanted.instrument,
        quantity.normalize(),
        price(limit),
        price(stop),
    )
}

/// What was asked for, for the audit log.
pub(super) fn words(terms: &TermsWanted, instrument: InstrumentId) -> String {
    let price =
        |name: &str, price: Option<Price>| price.map_or(String::new(), |price| format!(" {name} {price}"));
    let (side, kind) = (terms.side.as_str(), terms.order_type.as_str());
    let prices = price("limit", terms.limit) + &price("stop", terms.stop);
    format!("{side} {} {kind}{prices} of {instrument}", terms.quantity)
}

/// The terms, for the audit log.
pub(super) fn terms_words(terms: &Terms) -> String {
    let price =
        |name: &str, price: Option<Price>| price.map_or(String::new(), |price| format!(" {name} {price}"));
    let pricing = terms.pricing();
    let prices = price("limit", pricing.limit()) + &price("stop", pricing.stop());
    format!(
        "{} {}{prices} {}",
        terms.quantity(),
        pricing.order_type().as_str(),
        terms.time_in_force().as_str()
    )
}

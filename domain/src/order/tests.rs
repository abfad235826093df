//! Orders for tests.

use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;
use crate::account::AccountId;
use crate::decimal::{Price, Quantity};
use crate::instrument::InstrumentId;
use crate::user::UserId;

/// What a limit order for so many asks for.
pub(super) fn wanted(quantity: i64) -> TermsWanted {
    TermsWanted {
        side: Side::Buy,
        quantity: quantity.into(),
        order_type: OrderType::Limit,
        limit: Some(Price::new(Decimal::new(10_000, 2))),
        stop: None,
        trail: None,
        time_in_force: None,
        good_till: None,
        hours: Hours::Regular,
    }
}

pub(super) fn terms(quantity: i64) -> Terms {
    Terms::check(&wanted(quantity)).unwrap()
}

/// An order for 100 that stands like this, of which nothing was done.
pub(super) fn order(status: OrderStatus) -> Order {
    Order {
        id: OrderId(Uuid::from_u128(1)),
        account: AccountId::from_uuid(Uuid::from_u128(2)),
        instrument: InstrumentId::from_uuid(Uuid::from_u128(3)),
        placed_by: Some(UserId(Uuid::from_u128(4))),
        confirms: None,
        terms: OrderTerms::Known(terms(100)),
        replacement: None,
        status,
        reason: None,
        overridable: None,
        filled: Quantity::ZERO,
        average_price: None,
        contradiction: None,
        seat: None,
        perm_ids: Vec::new(),
        created_at: OffsetDateTime::UNIX_EPOCH,
        sent_at: None,
        updated_at: OffsetDateTime::UNIX_EPOCH,
        version: 1,
    }
}

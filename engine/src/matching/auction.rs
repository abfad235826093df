//! Auctions: everything at one price, at one moment.

use domain::order::{OrderType, Terms, TimeInForce};
use time::OffsetDateTime;

use super::Calendar;

/// In which auction an order takes part, and when that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Auction {
    /// The first price from this moment on.
    Opening(OffsetDateTime),
    /// The last price before this moment.
    Closing(OffsetDateTime),
}

impl Auction {
    /// The auction that an order waits for, where it waits for one.
    pub(super) fn of(terms: &Terms, calendar: Calendar, since: OffsetDateTime) -> Option<Self> {
        let is_closing =
            matches!(terms.pricing().order_type(), OrderType::MarketOnClose | OrderType::LimitOnClose);
        match terms.time_in_force() {
            TimeInForce::Opg => calendar.next_open(since).map(Self::Opening),
            _ if is_closing => calendar.next_close(since).map(Self::Closing),
            _ => None,
        }
    }

    /// Whether it is the closing auction, and its moment has come by `at`.
    pub(super) fn has_closed(self, at: OffsetDateTime) -> Option<OffsetDateTime> {
        match self {
            Self::Closing(close) if close <= at => Some(close),
            _ => None,
        }
    }

    /// Whether it is the opening auction, and the market has opened by `at`.
    pub(super) fn has_opened(self, at: OffsetDateTime) -> bool {
        matches!(self, Self::Opening(open) if open <= at)
    }
}

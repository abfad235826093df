//! How ticks and prints become rows of a tape, live or of the past.

use engine::print::Print;
use engine::tick::{Snapshot, TickKind};
use rust_decimal::Decimal;
use time::OffsetDateTime;

use crate::wire::tape::{
    HistoricalTick, HistoricalTickBidAsk, HistoricalTickLast, TickAttribBidAsk, TickAttribLast,
};
use crate::wire::{decimal, double};

/// The best prices, and how much there is at each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Best {
    bid: Decimal,
    bid_size: Decimal,
    ask: Decimal,
    ask_size: Decimal,
}

impl From<&Snapshot> for Best {
    fn from(values: &Snapshot) -> Self {
        Self { bid: values.bid, bid_size: values.bid_size, ask: values.ask, ask_size: values.ask_size }
    }
}

/// Whether a change of the sizes alone makes a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sizes {
    Count,
    DoNotCount,
}

impl Sizes {
    pub(super) fn of(ignore_size: Option<bool>) -> Self {
        if ignore_size.unwrap_or_default() { Self::DoNotCount } else { Self::Count }
    }
}

impl Best {
    /// The best prices after a tick.
    pub(super) fn after(self, kind: TickKind) -> Self {
        match kind {
            TickKind::Bid { price, size } => Self { bid: price, bid_size: size, ..self },
            TickKind::Ask { price, size } => Self { ask: price, ask_size: size, ..self },
            TickKind::Trade { .. } => self,
        }
    }

    /// Whether these make a row, after those.
    pub(super) fn is_news(self, before: Self, sizes: Sizes) -> bool {
        match sizes {
            Sizes::Count => self != before,
            Sizes::DoNotCount => (self.bid, self.ask) != (before.bid, before.ask),
        }
    }

    /// The middle between the prices; `None` where there is none on either side.
    pub(super) fn middle(self) -> Option<Decimal> {
        (!self.bid.is_zero() && !self.ask.is_zero()).then(|| (self.bid + self.ask) / Decimal::TWO)
    }

    /// The row of both prices.
    pub(super) fn row(self, at: OffsetDateTime) -> HistoricalTickBidAsk {
        let within = TickAttribBidAsk { bid_past_low: Some(false), ask_past_high: Some(false) };
        HistoricalTickBidAsk {
            time: Some(at.unix_timestamp()),
            tick_attrib_bid_ask: Some(within),
            price_bid: Some(double(self.bid)),
            price_ask: Some(double(self.ask)),
            size_bid: Some(decimal(self.bid_size)),
            size_ask: Some(decimal(self.ask_size)),
        }
    }
}

/// The row of a middle price.
pub(super) fn middle_row(middle: Decimal, at: OffsetDateTime) -> HistoricalTick {
    HistoricalTick {
        time: Some(at.unix_timestamp()),
        price: Some(double(middle)),
        size: Some("0".to_owned()),
    }
}

/// The row of a print.
pub(super) fn print_row(print: &Print) -> HistoricalTickLast {
    HistoricalTickLast {
        time: Some(print.at.unix_timestamp()),
        tick_attrib_last: Some(TickAttribLast {
            past_limit: Some(print.past_limit),
            unreported: Some(print.unreported),
        }),
        price: Some(double(print.price)),
        size: Some(decimal(print.size)),
        exchange: Some(print.exchange.clone()),
        special_conditions: Some(print.conditions.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_made_where_something_changed() {
        let two = Decimal::TWO;
        let one = Decimal::ONE;
        let best = Best { bid: one, bid_size: one, ask: two, ask_size: one };
        let cases = [
            (TickKind::Bid { price: one, size: one }, false, false),
            (TickKind::Bid { price: one, size: two }, true, false),
            (TickKind::Ask { price: one, size: one }, true, true),
            (TickKind::Trade { price: two, size: two }, false, false),
        ];
        for (kind, with_sizes, without) in cases {
            let now = best.after(kind);
            assert_eq!(now.is_news(best, Sizes::Count), with_sizes, "{kind:?}");
            assert_eq!(now.is_news(best, Sizes::DoNotCount), without, "{kind:?}");
        }
        assert_eq!(best.middle(), Some(Decimal::new(15, 1)));
        assert_eq!(Best { bid: Decimal::ZERO, ..best }.middle(), None);
    }
}

//! Folding Interactive Brokers' ticks, one field at a time, into the values of a quote.

use domain::decimal::{Price, Quantity};
use domain::quote::{QuoteLevel, QuoteValues};
use ibapi::contracts::tick_types::TickType;
use ibapi::market_data::MarketDataType;
use ibapi::market_data::realtime::TickTypes;
use rust_decimal::Decimal;
use time::OffsetDateTime;

/// How late the data of a subscription is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timeliness {
    Live,
    Delayed,
    Frozen,
}

/// All that was said of an instrument since it was subscribed to.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    increment: Decimal,
    values: QuoteValues,
    /// What the source said about its own delay.
    pub(super) timeliness: Timeliness,
}

#[derive(Clone, Copy)]
enum Field {
    Bid,
    Ask,
    Last,
}

impl Fold {
    /// Nothing known yet of an instrument with this price increment.
    pub(super) fn new(increment: Decimal) -> Self {
        Self { increment, values: QuoteValues::default(), timeliness: Timeliness::Live }
    }

    /// What is known.
    pub(super) fn values(&self) -> &QuoteValues {
        &self.values
    }

    /// Takes a tick in; returns whether it said something about the values.
    pub(super) fn take(&mut self, tick: &TickTypes) -> bool {
        match tick {
            TickTypes::Price(tick) => self.price(tick.tick_type, tick.price, None),
            TickTypes::PriceSize(tick) => self.price(tick.price_tick_type, tick.price, Some(tick.size)),
            TickTypes::Size(tick) => self.size(tick.tick_type, tick.size),
            TickTypes::String(tick) => self.text(tick.tick_type, &tick.value),
            TickTypes::MarketDataType(kind) => {
                self.timeliness = match kind {
                    MarketDataType::Delayed | MarketDataType::DelayedFrozen => Timeliness::Delayed,
                    MarketDataType::Frozen => Timeliness::Frozen,
                    MarketDataType::Realtime | MarketDataType::Unknown => Timeliness::Live,
                };
                false
            }
            TickTypes::Generic(_)
            | TickTypes::OptionComputation(_)
            | TickTypes::SnapshotEnd
            | TickTypes::RequestParameters(_) => false,
        }
    }

    fn price(&mut self, kind: TickType, value: f64, size: Option<f64>) -> bool {
        if is_delayed(kind) {
            self.timeliness = Timeliness::Delayed;
        }
        let field = match kind {
            TickType::Bid | TickType::DelayedBid => Field::Bid,
            TickType::Ask | TickType::DelayedAsk => Field::Ask,
            TickType::Last | TickType::DelayedLast => Field::Last,
            other => return self.day_price(other, value),
        };
        let known = if is_no_quote(value, size) { None } else { Price::from_f64(value, self.increment) };
        let size = size.filter(|size| *size > 0.0).and_then(quantity);
        *self.level(field) = known.map(|price| QuoteLevel { price, size });
        true
    }

    fn day_price(&mut self, kind: TickType, value: f64) -> bool {
        let increment = self.increment;
        let values = &mut self.values;
        let field = match kind {
            TickType::Open | TickType::DelayedOpen => &mut values.open,
            TickType::High | TickType::DelayedHigh => &mut values.high,
            TickType::Low | TickType::DelayedLow => &mut values.low,
            TickType::Close | TickType::DelayedClose => &mut values.previous_close,
            _ => return false,
        };
        *field = if is_no_quote(value, None) { None } else { Price::from_f64(value, increment) };
        true
    }

    fn size(&mut self, kind: TickType, value: f64) -> bool {
        let field = match kind {
            TickType::BidSize | TickType::DelayedBidSize => Field::Bid,
            TickType::AskSize | TickType::DelayedAskSize => Field::Ask,
            TickType::LastSize | TickType::DelayedLastSize => Field::Last,
            TickType::Volume | TickType::DelayedVolume => {
                self.values.volume = quantity(value);
                return true;
            }
            _ => return false,
        };
        // A size without a price says nothing yet: the price follows with its size.
        let Some(level) = self.level(field) else { return false };
        level.size = Some(value).filter(|size| *size > 0.0).and_then(quantity);
        true
    }

    fn text(&mut self, kind: TickType, value: &str) -> bool {
        if !matches!(kind, TickType::LastTimestamp | TickType::DelayedLastTimestamp) {
            return false;
        }
        let moment = value
            .trim()
            .parse::<i64>()
            .ok()
            .filter(|seconds| *seconds > 0)
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
        let Some(moment) = moment else { return false };
        self.values.source_at = Some(moment);
        true
    }

    fn level(&mut self, field: Field) -> &mut Option<QuoteLevel> {
        match field {
            Field::Bid => &mut self.values.bid,
            Field::Ask => &mut self.values.ask,
            Field::Last => &mut self.values.last,
        }
    }
}

/// A size or volume, exact to eight decimals; `None` where the source means "not known".
pub(super) fn quantity(value: f64) -> Option<Quantity> {
    // IB's way of saying "unset" is the largest value of some type, far beyond any market.
    const UNSET: f64 = 9.2e18;
    if value >= UNSET {
        return None;
    }
    Quantity::new(Decimal::from_f64_retain(value)?.round_dp(8).normalize())
}

/// IB says "nobody quotes" as a price of -1 or 0 with no size. With a size, those are prices: of a spread, or of
/// oil in April 2020.
#[allow(clippy::float_cmp, reason = "the wire's marker is exactly this value")]
pub(super) fn is_no_quote(value: f64, size: Option<f64>) -> bool {
    (value == -1.0 || value == 0.0) && size.is_none_or(|size| size <= 0.0)
}

fn is_delayed(kind: TickType) -> bool {
    matches!(kind, TickType::DelayedBid | TickType::DelayedAsk | TickType::DelayedLast)
}

#[cfg(test)]
mod tests {
    use ibapi::market_data::realtime::{TickPrice, TickPriceSize, TickSize, TickString};

    use super::*;

    fn price(kind: TickType, value: f64) -> TickTypes {
        TickTypes::Price(TickPrice { tick_type: kind, price: value, ..TickPrice::default() })
    }

    fn priced(kind: TickType, value: f64, size: f64) -> TickTypes {
        TickTypes::PriceSize(TickPriceSize {
            price_tick_type: kind,
            price: value,
            size,
            ..TickPriceSize::default()
        })
    }

    fn sized(kind: TickType, size: f64) -> TickTypes {
        TickTypes::Size(TickSize { tick_type: kind, size })
    }

    fn stamped(value: &str) -> TickTypes {
        TickTypes::String(TickString { tick_type: TickType::LastTimestamp, value: value.into() })
    }

    fn shown(level: Option<QuoteLevel>) -> String {
        level.map_or_else(
            || "none".into(),
            |level| match level.size {
                Some(size) => format!("{} x {size}", level.price),
                None => level.price.to_string(),
            },
        )
    }

    #[test]
    fn ticks_fold_into_a_level() {
        let cases: [(&[TickTypes], &str); 11] = [
            (&[priced(TickType::Bid, 187.339_999, 300.0)], "187.34 x 300"),
            (&[price(TickType::Bid, 187.34), sized(TickType::BidSize, 2.0)], "187.34 x 2"),
            (&[priced(TickType::Bid, 187.34, 300.0), priced(TickType::Bid, -1.0, 0.0)], "none"),
            (&[priced(TickType::Bid, 187.34, 300.0), price(TickType::Bid, -1.0)], "none"),
            (&[priced(TickType::Bid, 0.0, 0.0)], "none"),
            (&[priced(TickType::Bid, -1.0, 5.0)], "-1.00 x 5"),
            (&[priced(TickType::Bid, -37.63, 5.0)], "-37.63 x 5"),
            (&[priced(TickType::Bid, 187.34, 300.0), sized(TickType::BidSize, 0.0)], "187.34"),
            (&[priced(TickType::DelayedBid, 187.34, 0.5)], "187.34 x 0.5"),
            (&[sized(TickType::BidSize, 300.0)], "none"),
            (&[priced(TickType::Bid, f64::NAN, 300.0)], "none"),
        ];
        for (ticks, expected) in cases {
            let mut fold = Fold::new(Decimal::new(1, 2));
            for tick in ticks {
                fold.take(tick);
            }
            assert_eq!(shown(fold.values().bid), expected, "{ticks:?}");
        }
    }

    #[test]
    fn every_field_has_its_place() {
        let mut fold = Fold::new(Decimal::new(25, 2));
        for tick in [
            priced(TickType::Ask, 5321.25, 12.0),
            priced(TickType::Last, 5321.0, 1.0),
            price(TickType::Open, 5300.0),
            price(TickType::High, 5330.5),
            price(TickType::Low, 5290.25),
            price(TickType::Close, 5310.0),
            sized(TickType::Volume, 1_234_567.0),
            stamped("1795350000"),
        ] {
            assert!(fold.take(&tick), "{tick:?}");
        }
        let values = fold.values();
        assert_eq!(shown(values.ask), "5321.25 x 12");
        assert_eq!(shown(values.last), "5321.00 x 1");
        let day = [values.open, values.high, values.low, values.previous_close];
        assert_eq!(day.map(|price| price.unwrap().to_string()), ["5300.00", "5330.50", "5290.25", "5310.00"]);
        assert_eq!(values.volume.unwrap().to_string(), "1234567");
        assert_eq!(values.source_at.unwrap().unix_timestamp(), 1_795_350_000);
    }

    #[test]
    fn what_says_nothing_changes_nothing() {
        let mut fold = Fold::new(Decimal::new(1, 2));
        for tick in [
            stamped("soon"),
            stamped("0"),
            price(TickType::MarkPrice, 10.0),
            sized(TickType::AvgVolume, 10.0),
            TickTypes::SnapshotEnd,
            TickTypes::MarketDataType(MarketDataType::Realtime),
        ] {
            assert!(!fold.take(&tick), "{tick:?}");
        }
        assert_eq!(*fold.values(), QuoteValues::default());
    }

    #[test]
    fn the_source_says_how_late_it_is() {
        let cases = [
            (TickTypes::MarketDataType(MarketDataType::Delayed), Timeliness::Delayed),
            (TickTypes::MarketDataType(MarketDataType::DelayedFrozen), Timeliness::Delayed),
            (TickTypes::MarketDataType(MarketDataType::Frozen), Timeliness::Frozen),
            (TickTypes::MarketDataType(MarketDataType::Realtime), Timeliness::Live),
            (priced(TickType::DelayedLast, 10.0, 1.0), Timeliness::Delayed),
            (priced(TickType::Last, 10.0, 1.0), Timeliness::Live),
        ];
        for (tick, expected) in cases {
            let mut fold = Fold::new(Decimal::new(1, 2));
            fold.take(&tick);
            assert_eq!(fold.timeliness, expected, "{tick:?}");
        }
    }

    #[test]
    fn an_unset_size_is_not_known() {
        let cases = [
            (300.0, Some("300")),
            (0.1 + 0.2, Some("0.3")),
            (0.0, Some("0")),
            (-1.0, None),
            (f64::MAX, None),
            (f64::NAN, None),
        ];
        for (value, expected) in cases {
            assert_eq!(quantity(value).map(|size| size.to_string()).as_deref(), expected, "{value}");
        }
    }
}

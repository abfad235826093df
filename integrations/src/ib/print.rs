//! Prints of Interactive Brokers, live or of the past, as trades.

use domain::decimal::Price;
use domain::trade::TradeValues;
use ibapi::market_data::{historical, realtime};
use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::tick::quantity;

/// A live print; `None` where its price is no number.
pub(super) fn live(trade: realtime::Trade, increment: Decimal) -> Option<TradeValues> {
    Some(TradeValues {
        price: price(trade.price, increment)?,
        size: size(trade.size),
        exchange: text(trade.exchange),
        conditions: text(trade.special_conditions),
        unreported: trade.trade_attribute.unreported,
        past_limit: trade.trade_attribute.past_limit,
        source_at: moment(trade.time),
    })
}

/// A print of the past; `None` where its price is no number.
pub(super) fn past(tick: historical::TickLast, increment: Decimal) -> Option<TradeValues> {
    Some(TradeValues {
        price: price(tick.price, increment)?,
        size: tick.size.and_then(size),
        exchange: text(tick.exchange),
        conditions: text(tick.special_conditions),
        unreported: tick.tick_attribute_last.unreported,
        past_limit: tick.tick_attribute_last.past_limit,
        source_at: moment(tick.timestamp),
    })
}

/// Unlike a quote, a print may lie between two increments (half a cent at the mid price, an average): it is then told
/// as it is, to eight decimals.
fn price(value: f64, increment: Decimal) -> Option<Price> {
    let stepped = Price::from_f64(value, increment)?;
    let exact = Price::from_f64(value, Decimal::ZERO)?;
    let is_between = (stepped.value() - exact.value()).abs() > increment / Decimal::ONE_THOUSAND;
    Some(if is_between { exact } else { stepped })
}

fn size(value: f64) -> Option<domain::decimal::Quantity> {
    Some(value).filter(|value| *value > 0.0).and_then(quantity)
}

fn text(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

fn moment(time: OffsetDateTime) -> Option<OffsetDateTime> {
    (time.unix_timestamp() > 0).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade(price: f64, size: f64) -> realtime::Trade {
        realtime::Trade {
            time: OffsetDateTime::from_unix_timestamp(1_795_350_000).unwrap(),
            price,
            size,
            trade_attribute: realtime::TradeAttribute { past_limit: false, unreported: true },
            exchange: "DRCTEDGE".into(),
            special_conditions: " T I".into(),
        }
    }

    #[test]
    fn a_price_is_at_its_increment_unless_it_was_not() {
        let cases = [
            (187.34, "0.01", "187.34"),
            (187.339_999_999_9, "0.01", "187.34"),
            (187.345, "0.01", "187.345"),
            (187.3401, "0.01", "187.3401"),
            (0.1 + 0.2, "0.01", "0.30"),
            (5_321.25, "0.25", "5321.25"),
            (5_321.3, "0.25", "5321.3"),
            (-37.63, "0.01", "-37.63"),
        ];
        for (value, increment, expected) in cases {
            let print = live(trade(value, 1.0), increment.parse().unwrap()).unwrap();
            assert_eq!(print.price.to_string(), expected, "{value}");
        }
        for value in [f64::NAN, f64::INFINITY, f64::MAX] {
            assert_eq!(live(trade(value, 1.0), Decimal::ONE), None);
        }
    }

    #[test]
    fn what_is_not_said_is_absent() {
        let said = live(trade(10.0, 0.5), Decimal::ONE).unwrap();
        assert_eq!(said.size.unwrap().to_string(), "0.5");
        assert_eq!((said.exchange.as_deref(), said.conditions.as_deref()), (Some("DRCTEDGE"), Some(" T I")));
        assert!(said.unreported && !said.past_limit);
        assert_eq!(said.source_at.unwrap().unix_timestamp(), 1_795_350_000);
        let bare = realtime::Trade {
            time: OffsetDateTime::UNIX_EPOCH,
            exchange: String::new(),
            special_conditions: " ".into(),
            ..trade(10.0, 0.0)
        };
        let bare = live(bare, Decimal::ONE).unwrap();
        assert_eq!((bare.size, bare.exchange, bare.conditions, bare.source_at), (None, None, None, None));
    }
}

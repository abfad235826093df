//! Where sessions begin.

use time::macros::datetime;
use uuid::Uuid;

use super::dec;
use crate::bar::BarSize;
use crate::indicator::Sessions;
use crate::instrument::{AssetClass, Instrument, InstrumentId};
use crate::world::{ConnectionId, Environment};

pub(super) fn stock(time_zone: &str) -> Instrument {
    Instrument {
        id: InstrumentId::from_uuid(Uuid::nil()),
        connection: ConnectionId::new("ib"),
        environment: Environment::Simulated,
        broker_id: 1,
        symbol: "AAPL".into(),
        name: "APPLE INC".into(),
        asset_class: AssetClass::Stock,
        exchange: "SMART".into(),
        primary_exchange: None,
        currency: "USD".into(),
        price_increment: dec("0.01"),
        multiplier: rust_decimal::Decimal::ONE,
        time_zone: time_zone.into(),
    }
}

#[test]
fn a_session_is_a_day_where_the_exchange_is() {
    let future = |zone| Instrument { asset_class: AssetClass::Future, ..stock(zone) };
    let (late, midnight) = (datetime!(2026-11-20 04:59 UTC), datetime!(2026-11-20 05:00 UTC));
    let (before, evening) = (datetime!(2026-11-19 22:59 UTC), datetime!(2026-11-19 23:00 UTC));
    // (whose, a moment, a later one, whether another session has begun)
    let cases = [
        (stock("America/New_York"), late, midnight, true),
        (stock("America/New_York"), before, evening, false),
        (stock("Asia/Tokyo"), late, midnight, false),
        (stock("UTC"), late, midnight, false),
        (stock("nowhere"), datetime!(2026-11-20 23:59 UTC), datetime!(2026-11-21 00:00 UTC), true),
        // 17:00 in Chicago.
        (future("America/Chicago"), before, evening, true),
        (future("US/Central"), before, evening, true),
        (future("America/Chicago"), late, midnight, false),
        (future("Europe/Berlin"), before, evening, true),
        (future("Europe/Berlin"), datetime!(2026-11-20 15:59 UTC), datetime!(2026-11-20 16:00 UTC), false),
        // Summer time ends on 1 November: midnight is an hour later.
        (stock("America/New_York"), datetime!(2026-10-31 03:59 UTC), datetime!(2026-10-31 04:00 UTC), true),
    ];
    for (instrument, one, other, begins) in cases {
        let sessions = Sessions::of(&instrument, BarSize::Min1);
        let name = (&instrument.time_zone, instrument.asset_class);
        assert_eq!(sessions.number(one) != sessions.number(other), begins, "{name:?} {one} {other}");
    }
}

#[test]
fn a_daily_bar_is_a_session_of_its_own() {
    let sessions = Sessions::of(&stock("America/New_York"), BarSize::Day1);
    assert_ne!(
        sessions.number(datetime!(2026-11-20 00:00 UTC)),
        sessions.number(datetime!(2026-11-21 00:00 UTC))
    );
}

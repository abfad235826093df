//! The futures: which expiries are open on a date, when each expires, and what its market is made from.
//!
//! A contract id is a function of root and delivery month, so it is the same whenever it is computed.
//! All expiries of a root walk one path, apart by a constant that grows with the time to delivery.

use rust_decimal::Decimal;
use time::{Date, Duration, Month, Weekday};

use crate::character::{Character, Step};
use crate::listing::{Listing, ListingKind};
use crate::rhythm::Rhythm;

/// How many expiries of each root are listed.
const LISTED: usize = 3;

/// How a root sets the last trading date from the delivery month.
#[derive(Clone, Copy, Debug)]
enum Expiry {
    /// The third Friday.
    ThirdFriday,
    /// Two business days before the third Wednesday.
    BeforeThirdWednesday,
    /// Three business days before the 25th of the month before.
    BeforeTheMonth,
    /// This many business days before the last business day of the month.
    BeforeMonthEnd(i64),
}

/// A family of futures.
#[derive(Debug)]
struct Root {
    /// Its place in the contract ids; never reused.
    number: i32,
    symbol: &'static str,
    name: &'static str,
    exchange: &'static str,
    time_zone: &'static str,
    industry: &'static str,
    tick: Step,
    market_rule_id: i32,
    multiplier: i64,
    /// The months of delivery.
    months: &'static [u8],
    expiry: Expiry,
    /// The price in ticks when 2026 began.
    anchor: i64,
    /// The listing whose daily moves it shares, scaled to its own volatility.
    leader: i32,
    volatility: i64,
    drift: i64,
    volume: i64,
    half_spread: i64,
    lots: i64,
    /// How much dearer a delivery a year later is, in hundredths of a percent.
    carry: i64,
}

const QUARTERS: &[u8] = &[3, 6, 9, 12];

#[rustfmt::skip]
const ROOTS: [Root; 6] = [
    Root { number: 1, symbol: "ES", name: "E-mini S&P 500", exchange: "CME", time_zone: "America/Chicago", industry: "Indices",
        tick: (25, 2), market_rule_id: 67, multiplier: 50, months: QUARTERS, expiry: Expiry::ThirdFriday,
        anchor: 27_560, leader: 200_001, volatility: 100, drift: 180, volume: 1_500_000, half_spread: 0, lots: 30, carry: 300 },
    Root { number: 2, symbol: "NQ", name: "E-mini Nasdaq-100 Index", exchange: "CME", time_zone: "America/Chicago", industry: "Indices",
        tick: (25, 2), market_rule_id: 67, multiplier: 20, months: QUARTERS, expiry: Expiry::ThirdFriday,
        anchor: 101_600, leader: 200_002, volatility: 130, drift: 180, volume: 600_000, half_spread: 4, lots: 3, carry: 350 },
    Root { number: 3, symbol: "CL", name: "Light Sweet Crude Oil", exchange: "NYMEX", time_zone: "America/New_York", industry: "Energy",
        tick: (1, 2), market_rule_id: 32, multiplier: 1_000, months: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], expiry: Expiry::BeforeTheMonth,
        anchor: 5_742, leader: 400_003, volatility: 210, drift: 0, volume: 320_000, half_spread: 0, lots: 8, carry: -150 },
    Root { number: 4, symbol: "GC", name: "Gold", exchange: "COMEX", time_zone: "America/New_York", industry: "Precious Metals",
        tick: (1, 1), market_rule_id: 33, multiplier: 100, months: &[2, 4, 6, 8, 10, 12], expiry: Expiry::BeforeMonthEnd(2),
        anchor: 43_410, leader: 200_005, volatility: 120, drift: 180, volume: 200_000, half_spread: 1, lots: 4, carry: 400 },
    Root { number: 5, symbol: "ZN", name: "10 Year US Treasury Note", exchange: "CBOT", time_zone: "America/Chicago", industry: "Treasuries",
        tick: (15_625, 6), market_rule_id: 104, multiplier: 1_000, months: QUARTERS, expiry: Expiry::BeforeMonthEnd(7),
        anchor: 7_196, leader: 200_007, volatility: 38, drift: 0, volume: 1_700_000, half_spread: 0, lots: 600, carry: -50 },
    Root { number: 6, symbol: "6E", name: "European Monetary Union Euro", exchange: "CME", time_zone: "America/Chicago", industry: "Currencies",
        tick: (5, 5), market_rule_id: 239, multiplier: 125_000, months: QUARTERS, expiry: Expiry::BeforeThirdWednesday,
        anchor: 23_492, leader: 300_001, volatility: 45, drift: 0, volume: 210_000, half_spread: 0, lots: 25, carry: 180 },
];

/// A future with what its market is made from.
#[derive(Debug)]
pub struct Contract {
    /// What trades.
    pub listing: Listing,
    /// What its market is made from.
    pub character: Character,
    /// Its last trading date.
    pub expiry: Date,
    /// What its path is made from: the same for all expiries of a root.
    pub path: i32,
    /// The listing whose daily moves it shares.
    pub leader: i32,
    /// How far it stands from its root's path, in ticks.
    pub premium: i64,
    /// Days from one expiry to the next, at most.
    pub period: i64,
}

/// The futures that are open on this date: the next three expiries of each root.
pub fn open_on(today: Date) -> Vec<Contract> {
    ROOTS.iter().flat_map(|root| root.open_on(today)).collect()
}

impl Root {
    fn open_on(&self, today: Date) -> Vec<Contract> {
        // A contract of this month may be over already, and oil expires the month before delivery.
        let first = i32::from(u8::from(today.month())) - 1 + today.year() * 12;
        (first..first + 24)
            .filter_map(|month| self.contract(month))
            .filter(|contract| contract.expiry > today)
            .take(LISTED)
            .collect()
    }

    /// The contract of a delivery month, counted from the year 0; `None` where the root has none.
    fn contract(&self, months: i32) -> Option<Contract> {
        let year = months.div_euclid(12);
        let month = u8::try_from(months.rem_euclid(12) + 1).ok()?;
        if !self.months.contains(&month) {
            return None;
        }
        let first = Date::from_calendar_date(year, Month::try_from(month).ok()?, 1).ok()?;
        let expiry = self.expiry.date(first);
        let character = self.character();
        let listing = Listing {
            con_id: 400_000_000 + self.number * 100_000 + months,
            symbol: self.symbol.into(),
            local_symbol: format!("{}{}{}", self.symbol, month_letter(month), year.rem_euclid(10)),
            name: self.name.into(),
            kind: ListingKind::Future,
            exchange: self.exchange.into(),
            primary_exchange: self.exchange.into(),
            currency: "USD".into(),
            tick: character.price(1),
            multiplier: Decimal::from(self.multiplier),
            size_increment: Decimal::ONE,
            time_zone: self.time_zone.into(),
            industry: self.industry.into(),
            market_rule_id: self.market_rule_id,
            expiry: Some(expiry),
        };
        let premium = self.anchor * self.carry * i64::from(months - 2026 * 12) / 120_000;
        Some(Contract {
            listing,
            character,
            expiry,
            path: 400_000 + self.number,
            leader: self.leader,
            premium,
            period: 400 / i64::try_from(self.months.len()).unwrap_or(1),
        })
    }

    fn character(&self) -> Character {
        Character {
            tick: self.tick,
            anchor: self.anchor,
            volatility: self.volatility,
            drift: self.drift,
            half_spread: self.half_spread,
            volume: self.volume,
            events: 100_000,
            lot: 1,
            lots: self.lots,
            rhythm: Rhythm::Futures,
        }
    }
}

/// The letter of a delivery month.
fn month_letter(month: u8) -> char {
    b"FGHJKMNQUVXZ".get(usize::from(month).wrapping_sub(1)).map_or('?', |letter| char::from(*letter))
}

impl Expiry {
    /// The last trading date of the delivery month that starts on `first`. Holidays are not known here.
    fn date(self, first: Date) -> Date {
        let nth = |weekday: Weekday| {
            let ahead = (7 + i64::from(weekday.number_days_from_monday())
                - i64::from(first.weekday().number_days_from_monday()))
                % 7;
            first + Duration::days(ahead + 14)
        };
        match self {
            Self::ThirdFriday => nth(Weekday::Friday),
            Self::BeforeThirdWednesday => back(nth(Weekday::Wednesday), 2),
            Self::BeforeTheMonth => {
                // The 25th, or the business day before it.
                let day = (first - Duration::days(1)).replace_day(25).unwrap_or(first);
                back(back(day + Duration::days(1), 1), 3)
            }
            Self::BeforeMonthEnd(days) => {
                let next = (first + Duration::days(31)).replace_day(1).unwrap_or(first);
                back(next, days + 1)
            }
        }
    }
}

/// The date that is `days` business days before `date`.
fn back(mut date: Date, mut days: i64) -> Date {
    while days > 0 {
        date -= Duration::days(1);
        if !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
            days -= 1;
        }
    }
    date
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn the_next_three_expiries_are_listed() {
        let open: Vec<(String, Option<Date>)> = open_on(date!(2026 - 11 - 22))
            .into_iter()
            .map(|contract| (contract.listing.local_symbol, contract.listing.expiry))
            .collect();
        let expected = [
            ("ESZ6", date!(2026 - 12 - 18)),
            ("ESH7", date!(2027 - 03 - 19)),
            ("ESM7", date!(2027 - 06 - 18)),
            ("NQZ6", date!(2026 - 12 - 18)),
            ("NQH7", date!(2027 - 03 - 19)),
            ("NQM7", date!(2027 - 06 - 18)),
            ("CLF7", date!(2026 - 12 - 22)),
            ("CLG7", date!(2027 - 01 - 20)),
            ("CLH7", date!(2027 - 02 - 22)),
            ("GCZ6", date!(2026 - 12 - 29)),
            ("GCG7", date!(2027 - 02 - 24)),
            ("GCJ7", date!(2027 - 04 - 28)),
            ("ZNZ6", date!(2026 - 12 - 22)),
            ("ZNH7", date!(2027 - 03 - 22)),
            ("ZNM7", date!(2027 - 06 - 21)),
            ("6EZ6", date!(2026 - 12 - 14)),
            ("6EH7", date!(2027 - 03 - 15)),
            ("6EM7", date!(2027 - 06 - 14)),
        ];
        assert_eq!(open, expected.map(|(symbol, expiry)| (symbol.to_owned(), Some(expiry))));
    }

    #[test]
    fn a_contract_keeps_its_id_whenever_it_is_listed() {
        let id = |today| {
            let open = open_on(today);
            open.iter().find(|contract| contract.listing.local_symbol == "ESH7").map(|it| it.listing.con_id)
        };
        let early = id(date!(2026 - 07 - 01));
        assert!(early.is_some());
        assert_eq!(early, id(date!(2027 - 03 - 18)));
        assert_eq!(id(date!(2027 - 03 - 19)), None, "it is over on its last day");
    }
}

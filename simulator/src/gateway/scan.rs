//! The scans that there are, and how listings are ranked by them.

use engine::listing::{Listing, ListingKind};
use rust_decimal::Decimal;

use crate::wire::double;
use crate::wire::scanner::ScannerSubscription;

/// The most rows of a scan.
const MAX_ROWS: usize = 50;

/// What is ranked by, with its code and name.
const SCANS: [(ScanCode, &str, &str); 4] = [
    (ScanCode::Gainers, "TOP_PERC_GAIN", "Top % Gainers"),
    (ScanCode::Losers, "TOP_PERC_LOSE", "Top % Losers"),
    (ScanCode::MostActive, "MOST_ACTIVE", "Most Active"),
    (ScanCode::HotByVolume, "HOT_BY_VOLUME", "Hot by Volume"),
];

/// Where is looked: code, name, and the exchange where it is one.
const LOCATIONS: [(&str, &str, Option<&str>); 5] = [
    ("STK.US", "US Stocks", None),
    ("STK.US.MAJOR", "Listed/NASDAQ", None),
    ("STK.NASDAQ", "NASDAQ", Some("NASDAQ")),
    ("STK.NYSE", "NYSE", Some("NYSE")),
    ("STK.ARCA", "ARCA", Some("ARCA")),
];

/// The one instrument type that is scanned.
const INSTRUMENT: &str = "STK";

/// What a scan ranks by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanCode {
    /// The rise since yesterday's close.
    Gainers,
    /// The fall since yesterday's close.
    Losers,
    /// What was traded today.
    MostActive,
    /// What was traded today, against what usually is.
    HotByVolume,
}

/// A scan, understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ScanQuestion {
    pub(super) code: ScanCode,
    rows: usize,
    exchange: Option<&'static str>,
    kind: Option<ListingKind>,
    above_price: Option<f64>,
    below_price: Option<f64>,
    above_volume: Option<i64>,
}

/// A listing with what it may be ranked by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate<'a> {
    pub(super) listing: &'a Listing,
    pub(super) last: Decimal,
    pub(super) previous_close: Decimal,
    pub(super) volume: Decimal,
    /// What is traded on a usual day; only looked at where it matters.
    pub(super) usual_volume: Decimal,
}

impl ScanQuestion {
    /// Reads what a client asks for, or says what is wrong with it.
    pub(super) fn parse(wanted: &ScannerSubscription) -> Result<Self, String> {
        let text = |field: &Option<String>| field.as_deref().unwrap_or_default().trim().to_uppercase();
        let (instrument, location, code) =
            (text(&wanted.instrument), text(&wanted.location_code), text(&wanted.scan_code));
        if instrument != INSTRUMENT {
            return Err(format!("Invalid scanner instrument '{instrument}'. The only one is: {INSTRUMENT}"));
        }
        let (_, _, exchange) =
            LOCATIONS.into_iter().find(|(known, ..)| *known == location).ok_or_else(|| {
                format!(
                    "Invalid scanner location code '{location}'. {}",
                    legal(&LOCATIONS.map(|(code, ..)| code))
                )
            })?;
        let (code, ..) = SCANS.into_iter().find(|(_, known, _)| *known == code).ok_or_else(|| {
            format!("Invalid scan code '{code}'. {}", legal(&SCANS.map(|(_, code, _)| code)))
        })?;
        let kind = match text(&wanted.stock_type_filter).as_str() {
            "" | "ALL" => None,
            "CORP" | "STOCK" => Some(ListingKind::Stock),
            "ETF" => Some(ListingKind::Etf),
            other => {
                return Err(format!(
                    "Invalid stock type filter '{other}'. {}",
                    legal(&["ALL", "CORP", "ETF"])
                ));
            }
        };
        // Nothing, and less than nothing, mean as many as there may be.
        let rows = usize::try_from(wanted.number_of_rows.unwrap_or(-1)).unwrap_or(MAX_ROWS);
        Ok(Self {
            code,
            rows: rows.min(MAX_ROWS),
            exchange,
            kind,
            above_price: wanted.above_price,
            below_price: wanted.below_price,
            above_volume: wanted.above_volume,
        })
    }

    /// Whether a listing is of the sort that is asked for.
    pub(super) fn is_about(&self, listing: &Listing) -> bool {
        matches!(listing.kind, ListingKind::Stock | ListingKind::Etf)
            && self.kind.is_none_or(|kind| kind == listing.kind)
            && self.exchange.is_none_or(|exchange| exchange == listing.primary_exchange)
    }

    fn passes(&self, candidate: &Candidate<'_>) -> bool {
        let price = double(candidate.last);
        self.above_price.is_none_or(|limit| price > limit)
            && self.below_price.is_none_or(|limit| price < limit)
            && self.above_volume.is_none_or(|limit| candidate.volume > Decimal::from(limit))
    }

    /// The candidates that pass, best first, and no more than asked for.
    pub(super) fn rank<'a>(&self, mut candidates: Vec<Candidate<'a>>) -> Vec<Candidate<'a>> {
        candidates.retain(|candidate| self.passes(candidate));
        candidates.sort_by_key(|candidate| std::cmp::Reverse(self.code.score(candidate)));
        candidates.truncate(self.rows);
        candidates
    }
}

impl ScanCode {
    /// The higher, the better.
    fn score(self, candidate: &Candidate<'_>) -> Decimal {
        let ratio = |part: Decimal, whole: Decimal| part.checked_div(whole).unwrap_or_default();
        let change = ratio(candidate.last - candidate.previous_close, candidate.previous_close);
        match self {
            Self::Gainers => change,
            Self::Losers => -change,
            Self::MostActive => candidate.volume,
            Self::HotByVolume => ratio(candidate.volume, candidate.usual_volume),
        }
    }
}

fn legal(codes: &[&str]) -> String {
    format!("Legal ones are: {}", codes.join(", "))
}

/// What can be scanned for, in the broker's format.
pub(super) fn parameters() -> String {
    let locations = LOCATIONS.map(|(code, name, _)| {
        format!("<Location><displayName>{name}</displayName><locationCode>{code}</locationCode></Location>")
    });
    let scans = SCANS.map(|(_, code, name)| {
        format!(
            "<ScanType><displayName>{name}</displayName><scanCode>{code}</scanCode>\
             <instruments>{INSTRUMENT}</instruments></ScanType>"
        )
    });
    let filters =
        [("abovePrice", "Price Above"), ("belowPrice", "Price Below"), ("aboveVolume", "Volume Above")].map(
            |(code, name)| {
                format!(
                    "<RangeFilter><id>{code}</id><displayName>{name}</displayName>\
                 <AbstractField><code>{code}</code></AbstractField></RangeFilter>"
                )
            },
        );
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ScanParameterResponse><InstrumentList><Instrument>\
         <name>US Stocks</name><type>{INSTRUMENT}</type></Instrument></InstrumentList><LocationTree>{}\
         </LocationTree><ScanTypeList>{}</ScanTypeList><FilterList>{}</FilterList></ScanParameterResponse>\n",
        locations.concat(),
        scans.concat(),
        filters.concat(),
    )
}

#[cfg(test)]
mod tests {
    use engine::market::GeneratedMarket;
    use time::macros::date;

    use super::*;

    fn asked(code: &str) -> ScannerSubscription {
        ScannerSubscription {
            instrument: Some("STK".to_owned()),
            location_code: Some("STK.US.MAJOR".to_owned()),
            scan_code: Some(code.to_owned()),
            ..ScannerSubscription::default()
        }
    }

    fn candidates(market: &GeneratedMarket) -> Vec<Candidate<'_>> {
        let rows = [(110, 100, 5, 5), (90, 100, 9, 18), (101, 100, 7, 1)];
        let listings = market.listings().iter();
        let candidate = |(listing, (last, close, volume, usual))| Candidate {
            listing,
            last: Decimal::from(last),
            previous_close: Decimal::from(close),
            volume: Decimal::from(volume),
            usual_volume: Decimal::from(usual),
        };
        listings.zip(rows).map(candidate).collect()
    }

    #[test]
    fn each_scan_has_its_order() {
        let market = GeneratedMarket::new(7, date!(2026 - 11 - 20));
        let cases: [(&str, [i64; 3]); 4] = [
            ("TOP_PERC_GAIN", [110, 101, 90]),
            ("TOP_PERC_LOSE", [90, 101, 110]),
            ("MOST_ACTIVE", [90, 101, 110]),
            ("HOT_BY_VOLUME", [101, 110, 90]),
        ];
        for (code, expected) in cases {
            let ranked = ScanQuestion::parse(&asked(code)).unwrap().rank(candidates(&market));
            let lasts: Vec<Decimal> = ranked.iter().map(|candidate| candidate.last).collect();
            assert_eq!(lasts, expected.map(Decimal::from), "{code}");
        }
    }

    #[test]
    fn filters_and_rows_narrow_a_scan() {
        let market = GeneratedMarket::new(7, date!(2026 - 11 - 20));
        let cases = [
            (ScannerSubscription { above_price: Some(100.0), ..asked("MOST_ACTIVE") }, 2),
            (ScannerSubscription { below_price: Some(100.0), ..asked("MOST_ACTIVE") }, 1),
            (ScannerSubscription { above_volume: Some(5), ..asked("MOST_ACTIVE") }, 2),
            (ScannerSubscription { number_of_rows: Some(1), ..asked("MOST_ACTIVE") }, 1),
            (ScannerSubscription { number_of_rows: Some(0), ..asked("MOST_ACTIVE") }, 0),
            (ScannerSubscription { number_of_rows: Some(-1), ..asked("MOST_ACTIVE") }, 3),
        ];
        for (wanted, expected) in cases {
            let ranked = ScanQuestion::parse(&wanted).unwrap().rank(candidates(&market));
            assert_eq!(ranked.len(), expected, "{wanted:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let some = |text: &str| Some(text.to_owned());
        let cases = [
            (asked("TOP_SECRET"), "Invalid scan code 'TOP_SECRET'. Legal ones are: TOP_PERC_GAIN"),
            (ScannerSubscription { instrument: some("BOND"), ..asked("MOST_ACTIVE") }, "instrument 'BOND'"),
            (
                ScannerSubscription { location_code: some("STK.MARS"), ..asked("MOST_ACTIVE") },
                "location code",
            ),
            (
                ScannerSubscription { stock_type_filter: some("X"), ..asked("MOST_ACTIVE") },
                "stock type filter",
            ),
        ];
        for (wanted, words) in cases {
            let error = ScanQuestion::parse(&wanted).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn the_parameters_name_every_scan() {
        let xml = parameters();
        for (_, code, _) in SCANS {
            assert!(xml.contains(&format!("<scanCode>{code}</scanCode>")), "{xml}");
        }
        assert_eq!(xml.matches('<').count(), xml.matches('>').count());
    }
}

//! At which prices the volume of some bars was traded.
//!
//! The range from the lowest to the highest price is cut into rows of equal height, a whole number of price increments. What a
//! bar traded counts evenly over the prices that it spans. The point of control is the row with the most volume (of
//! equals the lowest). The value area grows from it, always by the neighbour with more volume (of equals the upper one),
//! until it holds at least 70 % of all.

use rust_decimal::Decimal;

use crate::bar::Bar;
use crate::decimal::Quantity;
use crate::error::{Refusal, RefusalCode};

/// The most rows.
pub const MAX_ROWS: usize = 200;

/// The part of all volume that the value area holds at least, in percent.
const VALUE_AREA: i64 = 70;

/// How many decimal places of a row's volume are told.
const PLACES: u32 = 8;

/// Prices and what was traded at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeProfileRow {
    /// The lowest price.
    pub low: Decimal,
    /// The first price above; of the highest row, the highest price.
    pub high: Decimal,
    /// What was traded from the one to the other.
    pub volume: Decimal,
}

/// The volume of some bars, by price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeProfile {
    /// From the lowest price to the highest; empty where nothing was traded, or no volume is known.
    pub rows: Vec<VolumeProfileRow>,
    /// The middle of the row with the most volume.
    pub point_of_control: Option<Decimal>,
    /// The lowest price of the value area.
    pub value_area_low: Option<Decimal>,
    /// The highest price of the value area.
    pub value_area_high: Option<Decimal>,
}

/// How many rows were asked for.
pub fn parse_rows(given: i32) -> Result<usize, Refusal> {
    usize::try_from(given).ok().filter(|rows| (1..=MAX_ROWS).contains(rows)).ok_or_else(|| {
        Refusal::of("rows", RefusalCode::Invalid, format!("'rows' must be from 1 to {MAX_ROWS}"))
    })
}

impl VolumeProfile {
    /// The profile of these bars, in at most so many rows of whole price increments.
    pub fn of(bars: &[Bar], rows: usize, increment: Decimal) -> Self {
        let Some(mut scale) = Scale::of(bars, rows, increment) else { return Self::default() };
        for bar in bars {
            scale.add(bar);
        }
        scale.profile()
    }
}

/// The rows while volume is put into them.
struct Scale {
    low: Decimal,
    high: Decimal,
    height: Decimal,
    /// With how many decimal places prices are told.
    places: u32,
    /// What was put into single rows.
    parts: Vec<Decimal>,
    /// What every row from this one on gets besides, against the one before: whole rows that a bar spans.
    steps: Vec<Decimal>,
}

impl Scale {
    fn of(bars: &[Bar], rows: usize, increment: Decimal) -> Option<Self> {
        let traded = || bars.iter().filter(|bar| bar.volume.is_some_and(|volume| !volume.value().is_zero()));
        let low = traded().map(|bar| bar.low.value()).min()?;
        let high = traded().map(|bar| bar.high.value()).max()?.max(low);
        let increment = if increment > Decimal::ZERO { increment } else { Decimal::new(1, PLACES) };
        let span = high.checked_sub(low)?;
        let steps =
            span.checked_div(increment)?.checked_div(Decimal::from(rows.max(1)))?.ceil().max(Decimal::ONE);
        let height = steps.checked_mul(increment)?;
        let needed = usize::try_from(span.checked_div(height)?.ceil()).ok()?.clamp(1, rows.max(1));
        let parts = vec![Decimal::ZERO; needed];
        let places = increment.normalize().scale().max(low.normalize().scale()).max(high.normalize().scale());
        Some(Self { low, high, height, places, steps: vec![Decimal::ZERO; needed + 1], parts })
    }

    /// The row of a price inside the range.
    fn row(&self, price: Decimal) -> usize {
        let last = self.parts.len() - 1;
        let above = price.saturating_sub(self.low).checked_div(self.height).unwrap_or_default().floor();
        usize::try_from(above).unwrap_or(0).min(last)
    }

    fn start(&self, row: usize) -> Decimal {
        self.height.saturating_mul(Decimal::from(row)).saturating_add(self.low)
    }

    fn told(&self, mut price: Decimal) -> Decimal {
        price.rescale(self.places);
        price
    }

    fn add(&mut self, bar: &Bar) {
        let Some(volume) = bar.volume.map(Quantity::value).filter(|volume| !volume.is_zero()) else {
            return;
        };
        let (low, high) = (bar.low.value(), bar.high.value());
        let (first, last) = (self.row(low), self.row(high));
        // A bar of one row or of one price, or one whose numbers are too large to be divided.
        let Some(per_price) = volume.checked_div(high.saturating_sub(low)).filter(|_| first < last) else {
            self.parts[first] = self.parts[first].saturating_add(volume);
            return;
        };
        let bottom = per_price.saturating_mul(self.start(first + 1).saturating_sub(low));
        let whole = per_price.saturating_mul(self.height);
        let between = Decimal::from(last - first - 1);
        let top = volume.saturating_sub(bottom).saturating_sub(whole.saturating_mul(between));
        self.parts[first] = self.parts[first].saturating_add(bottom);
        self.parts[last] = self.parts[last].saturating_add(top);
        self.steps[first + 1] = self.steps[first + 1].saturating_add(whole);
        self.steps[last] = self.steps[last].saturating_sub(whole);
    }

    fn profile(&self) -> VolumeProfile {
        let mut besides = Decimal::ZERO;
        let mut rows = Vec::with_capacity(self.parts.len());
        for (row, (part, step)) in self.parts.iter().zip(&self.steps).enumerate() {
            besides = besides.saturating_add(*step);
            let volume = part.saturating_add(besides).max(Decimal::ZERO).round_dp(PLACES).normalize();
            let high = if row + 1 == self.parts.len() { self.high } else { self.start(row + 1) };
            rows.push(VolumeProfileRow { low: self.told(self.start(row)), high: self.told(high), volume });
        }
        let most = most(&rows);
        let (lowest, highest) = value_area(&rows, most);
        let middle = |row: &VolumeProfileRow| row.low.saturating_add(row.high) / Decimal::TWO;
        VolumeProfile {
            point_of_control: rows.get(most).map(middle),
            value_area_low: rows.get(lowest).map(|row| row.low),
            value_area_high: rows.get(highest).map(|row| row.high),
            rows,
        }
    }
}

/// The row with the most volume; of equals the lowest.
fn most(rows: &[VolumeProfileRow]) -> usize {
    let mut most = 0;
    for (row, candidate) in rows.iter().enumerate() {
        if candidate.volume > rows[most].volume {
            most = row;
        }
    }
    most
}

/// The lowest and the highest row of the value area.
fn value_area(rows: &[VolumeProfileRow], most: usize) -> (usize, usize) {
    let all = rows.iter().fold(Decimal::ZERO, |sum, row| sum.saturating_add(row.volume));
    let wanted = all.saturating_mul(Decimal::new(VALUE_AREA, 2));
    let (mut lowest, mut highest) = (most, most);
    let mut held = rows.get(most).map_or(Decimal::ZERO, |row| row.volume);
    while held < wanted {
        let above = rows.get(highest + 1);
        let below = lowest.checked_sub(1).and_then(|row| rows.get(row));
        let next = match (above, below) {
            (Some(above), below) if below.is_none_or(|below| below.volume <= above.volume) => {
                highest += 1;
                above
            }
            (_, Some(below)) => {
                lowest -= 1;
                below
            }
            (_, None) => break,
        };
        held = held.saturating_add(next.volume);
    }
    (lowest, highest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::OffsetDateTime;

    use super::*;
    use crate::decimal::Price;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn bar(low: Decimal, high: Decimal, volume: Option<Decimal>) -> Bar {
        let (low, high) = (Price::new(low), Price::new(high));
        let volume = volume.and_then(Quantity::new);
        Bar { time: OffsetDateTime::UNIX_EPOCH, open: low, high, low, close: high, volume }
    }

    fn volumes(profile: &VolumeProfile) -> Vec<Decimal> {
        profile.rows.iter().map(|row| row.volume).collect()
    }

    #[test]
    fn volume_counts_evenly_over_the_prices_of_a_bar() {
        let bars = [
            bar(dec("10"), dec("14"), Some(dec("400"))),
            bar(dec("11.50"), dec("12.50"), Some(dec("100"))),
            bar(dec("13"), dec("13"), Some(dec("7"))),
            bar(dec("14"), dec("14"), Some(dec("1"))),
            bar(dec("1"), dec("99"), None),
            bar(dec("1"), dec("99"), Some(dec("0"))),
        ];
        let profile = VolumeProfile::of(&bars, 4, dec("0.01"));
        assert_eq!(volumes(&profile), [dec("100"), dec("150"), dec("150"), dec("108")]);
        assert_eq!(profile.rows[1].low, dec("11"));
        assert_eq!((profile.rows[3].low, profile.rows[3].high), (dec("13"), dec("14")));
        assert_eq!(profile.point_of_control, Some(dec("11.5")), "of equals the lowest");
        // 150 of 508, then 150 above, then 108 above (more than the 100 below): 408 is more than 355.6.
        assert_eq!((profile.value_area_low, profile.value_area_high), (Some(dec("11")), Some(dec("14"))));
    }

    #[test]
    fn rows_are_whole_price_increments() {
        let profile = VolumeProfile::of(&[bar(dec("100"), dec("101"), Some(dec("300")))], 3, dec("0.25"));
        let bounds: Vec<_> = profile.rows.iter().map(|row| (row.low, row.high)).collect();
        assert_eq!(bounds, [(dec("100"), dec("100.50")), (dec("100.50"), dec("101"))]);
        assert_eq!(volumes(&profile), [dec("150"), dec("150")]);
    }

    #[test]
    fn without_volume_there_is_no_profile() {
        assert_eq!(VolumeProfile::of(&[], 24, dec("0.01")), VolumeProfile::default());
        assert_eq!(
            VolumeProfile::of(&[bar(dec("1"), dec("2"), None)], 24, dec("0.01")),
            VolumeProfile::default()
        );
        let single = VolumeProfile::of(&[bar(dec("5"), dec("5"), Some(dec("3")))], 24, dec("0.01"));
        assert_eq!((single.rows.len(), single.point_of_control), (1, Some(dec("5"))));
        for bad in [0, -1, 201] {
            assert_eq!(parse_rows(bad).unwrap_err().field, Some("rows"));
        }
    }

    #[test]
    fn numbers_that_are_too_large_harm_nobody() {
        let bars =
            [bar(Decimal::MIN, Decimal::MAX, Some(Decimal::MAX)), bar(dec("0"), dec("1"), Some(dec("1")))];
        let _ = VolumeProfile::of(&bars, 200, dec("0.01"));
        let bars = [
            bar(dec("0"), Decimal::new(1, 28), Some(Decimal::MAX)),
            bar(dec("0"), Decimal::MAX, Some(dec("1"))),
        ];
        let _ = VolumeProfile::of(&bars, 200, Decimal::new(1, 28));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_the_value_area_holds_its_part(
            bars in prop::collection::vec((0_i64..10_000, 0_i64..500, 0_i64..1_000_000), 1..60),
            rows in 1_usize..200,
        ) {
            let bars: Vec<Bar> = bars
                .into_iter()
                .map(|(low, span, volume)| {
                    bar(Decimal::new(low, 2), Decimal::new(low + span, 2), Some(Decimal::from(volume)))
                })
                .collect();
            let profile = VolumeProfile::of(&bars, rows, dec("0.01"));
            let all: Decimal = bars.iter().filter_map(|bar| bar.volume).map(Quantity::value).sum();
            let told: Decimal = volumes(&profile).into_iter().sum();
            prop_assert!((all - told).abs() < dec("0.00001"), "{all} {told}");
            prop_assert!(profile.rows.len() <= rows);
            prop_assert!(profile.rows.windows(2).all(|pair| pair[0].high == pair[1].low));
            let (Some(low), Some(high)) = (profile.value_area_low, profile.value_area_high) else { return Ok(()) };
            let inside: Decimal =
                profile.rows.iter().filter(|row| row.low >= low && row.high <= high).map(|row| row.volume).sum();
            prop_assert!(inside >= told * dec("0.7"));
        }
    }
}

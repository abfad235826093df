//! A stretch of time with its open, high, low, close, volume and number of events, and how it is split
//! into shorter ones that add up to it.
//!
//! A stretch is a promise about the events in it. With one event all its prices are equal; with two,
//! high and low are among open and close; with three, one of them may lie outside; from four on, both.
//! [`split`] keeps each promise exactly: it lays a random path ([`wander`]) that has as many points as the
//! children can have prices of their own (at most four each), and cuts it. An event is a stretch of one
//! event.

use crate::noise::Stream;
use crate::wander::{deviation_of, wander};

/// Fractions of a path unit.
pub const FINE: i64 = 256;

/// What happened in a stretch of time; prices are in path units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The price of the first event.
    pub open: i64,
    /// The highest price.
    pub high: i64,
    /// The lowest price.
    pub low: i64,
    /// The price of the last event.
    pub close: i64,
    /// What was traded; at least `count`.
    pub volume: i64,
    /// How many events there were; with none, the prices mean nothing.
    pub count: i64,
    /// How far the price usually moves in such a stretch, in [`FINE`] fractions of a path unit.
    pub deviation: i64,
}

/// How busy a child is, relative to its siblings.
#[derive(Clone, Copy, Debug)]
pub struct Weight {
    /// Its part of the events.
    pub pace: i64,
    /// How much each of its events moves the price, squared, and trades.
    pub intensity: i64,
}

impl Weight {
    /// The weight of children that are all alike.
    pub const EVEN: Self = Self { pace: 1, intensity: 1 };
}

/// Splits a stretch into one child per weight. Opens, closes, highs and lows agree; volumes and counts
/// sum exactly.
pub fn split(parent: Stretch, weights: &[Weight], noise: &mut Stream) -> Vec<Stretch> {
    let paces: Vec<i64> = weights.iter().map(|weight| weight.pace * noise.about()).collect();
    let counts = apportion(parent.count, &paces);
    lay(parent, &counts, weights, noise, Stream::about)
}

/// Splits a stretch into its events.
pub fn events(parent: Stretch, noise: &mut Stream) -> Vec<Stretch> {
    if parent.count == 1 {
        return vec![parent];
    }
    let alone = vec![1; usize::try_from(parent.count).unwrap_or(0)];
    let weights = vec![Weight::EVEN; alone.len()];
    lay(parent, &alone, &weights, noise, Stream::uneven)
}

/// Lays the path of the parent and cuts it into children of these counts; `vary` says how much their
/// volumes differ.
fn lay(
    parent: Stretch,
    counts: &[i64],
    weights: &[Weight],
    noise: &mut Stream,
    vary: fn(&mut Stream) -> i64,
) -> Vec<Stretch> {
    let energies: Vec<i64> =
        counts.iter().zip(weights).map(|(count, weight)| count * weight.intensity).collect();
    let shares: Vec<i64> = energies.iter().map(|energy| energy * vary(noise)).collect();
    let extra = apportion(parent.volume - parent.count, &shares);
    let all = energies.iter().sum::<i64>().max(1);
    let points = wander(parent, counts, &energies, noise);
    let mut rest = points.as_slice();
    let mut children = Vec::with_capacity(counts.len());
    for ((&count, &energy), extra) in counts.iter().zip(&energies).zip(extra) {
        let (own, others) = rest.split_at(places(count));
        rest = others;
        children.push(Stretch {
            open: own.first().copied().unwrap_or_default(),
            high: own.iter().copied().max().unwrap_or_default(),
            low: own.iter().copied().min().unwrap_or_default(),
            close: own.last().copied().unwrap_or_default(),
            volume: count + extra,
            count,
            deviation: deviation_of(parent.deviation, energy, all),
        });
    }
    children
}

/// How many prices of its own a stretch of `count` events can have.
pub fn places(count: i64) -> usize {
    match count {
        ..=0 => 0,
        1 => 1,
        2 => 2,
        3 => 3,
        _ => 4,
    }
}

/// Divides `total` (less than 2^31) in proportion to `weights`, in whole numbers whose sum is `total`.
fn apportion(total: i64, weights: &[i64]) -> Vec<i64> {
    let all = weights.iter().sum::<i64>().max(1);
    // With 31 bits of the weights, no product overflows.
    let excess = (64 - all.leading_zeros()).saturating_sub(31);
    let (mut passed, mut given) = (0, 0);
    weights
        .iter()
        .map(|weight| {
            passed += weight;
            let until = total * (passed >> excess) / (all >> excess);
            let part = until - given;
            given = until;
            part
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any promise that can be kept.
    fn stretches() -> impl Strategy<Value = Stretch> {
        let prices = (1_000_i64..5_000_000, -3_000_i64..3_000, 0_i64..2_000, 0_i64..2_000);
        (prices, 0_i64..2_000_000, prop_oneof![1_i64..6, 1_i64..300_000], 0_i64..400_000_000).prop_map(
            |((open, change, up, down), deviation, count, extra)| {
                let close = if count == 1 { open } else { (open + change).max(1) };
                let up = if count < 3 { 0 } else { up };
                let down = if count < 3 || (count == 3 && up > 0) { 0 } else { down };
                Stretch {
                    open,
                    high: open.max(close) + up,
                    low: (open.min(close) - down).max(1).min(open.min(close)),
                    close,
                    volume: count + extra,
                    count,
                    deviation,
                }
            },
        )
    }

    fn sum(parent: Stretch, children: &[Stretch]) -> Stretch {
        let alive: Vec<&Stretch> = children.iter().filter(|child| child.count > 0).collect();
        Stretch {
            open: alive.first().unwrap().open,
            high: alive.iter().map(|child| child.high).max().unwrap(),
            low: alive.iter().map(|child| child.low).min().unwrap(),
            close: alive.last().unwrap().close,
            volume: children.iter().map(|child| child.volume).sum(),
            count: children.iter().map(|child| child.count).sum(),
            ..parent
        }
    }

    fn can_be_kept(stretch: Stretch) -> bool {
        let Stretch { open, high, low, close, volume, count, .. } = stretch;
        let (top, bottom) = (open.max(close), open.min(close));
        let outside = i64::from(high > top) + i64::from(low < bottom);
        high >= top
            && low <= bottom
            && volume >= count
            && match count {
                0 => volume == 0,
                1 => high == low,
                count => outside <= count - 2,
            }
    }

    proptest! {
        #[test]
        fn children_add_up_to_their_parent(
            parent in stretches(),
            weights in prop::collection::vec((1_i64..50, 1_i64..50), 1..61),
            key: u64,
        ) {
            let weights: Vec<Weight> =
                weights.into_iter().map(|(pace, intensity)| Weight { pace, intensity }).collect();
            let children = split(parent, &weights, &mut Stream::of(key, 0, 0));
            prop_assert_eq!(children.len(), weights.len());
            prop_assert_eq!(sum(parent, &children), parent);
            for child in children {
                prop_assert!(can_be_kept(child), "{child:?}");
            }
        }

        #[test]
        fn events_add_up_to_their_second(mut parent in stretches(), key: u64) {
            if parent.count > 500 {
                parent.count = 4 + parent.count % 500;
            }
            let events = events(parent, &mut Stream::of(key, 0, 0));
            prop_assert_eq!(events.len(), usize::try_from(parent.count).unwrap());
            prop_assert_eq!(sum(parent, &events), parent);
            prop_assert!(events.iter().all(|event| event.count == 1 && event.high == event.low && event.volume > 0));
        }

        #[test]
        fn nothing_is_lost_in_apportioning(
            total in 0_i64..(1 << 31),
            weights in prop::collection::vec(1_i64..(1 << 40), 1..100),
        ) {
            let parts = apportion(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            prop_assert!(parts.iter().all(|part| *part >= 0));
        }
    }
}

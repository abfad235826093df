//! A random path that starts at a stretch's open, ends at its close, never leaves its high and low, and
//! touches both.
//!
//! The path is a random walk with a knot at the first and the last event of each child. It is pinned to
//! the open and the close, and to the high and the low at moments that suit them (a high near the open
//! comes early), so that it approaches its extremes step by step and does not jump to them. Between the
//! pins it is a bridge, folded back at high and low. Each child then gets excursions of its own.

use crate::noise::{ONE, Stream};
use crate::stretch::{FINE, Stretch, places};

/// Where a random walk stands, once this much of its energy is spent.
#[derive(Clone, Copy, Debug)]
struct Knot {
    spent: i64,
    at: i64,
}

/// The usual move of a part that has `energy` of the energy of `all`.
pub fn deviation_of(deviation: i64, energy: i64, all: i64) -> i64 {
    (deviation * ((energy << 32) / all).isqrt()) >> 16
}

/// The points of the path, in path units: for each child of `counts` events its first, up to two
/// excursions, and its last, as far as the child has [`places`] for them. `energies` say how much of the
/// parent's movement is in each child.
pub fn wander(parent: Stretch, counts: &[i64], energies: &[i64], noise: &mut Stream) -> Vec<i64> {
    let all = energies.iter().sum::<i64>().max(1);
    let knots = walk(parent.deviation, counts, energies, noise);
    let pins = pins(parent, &knots, noise);
    let mut values = bridge(parent, &knots, &pins).into_iter();
    let fold = |value: i64| fold(value, parent.low * FINE, parent.high * FINE);
    let mut points = Vec::with_capacity(counts.len() * 4);
    for (&count, &energy) in counts.iter().zip(energies).filter(|(count, _)| **count > 0) {
        let Some(first) = values.next() else { break };
        points.push(first);
        if count == 1 {
            continue;
        }
        let Some(last) = values.next() else { break };
        let reach = deviation_of(parent.deviation, energy, all);
        let (top, bottom) = (first.max(last), first.min(last));
        let up = fold(top + reach * noise.normal().abs() / (2 * ONE)).max(top);
        let down = fold(bottom - reach * noise.normal().abs() / (2 * ONE)).min(bottom);
        let excursions = if noise.below(2) == 0 { [up, down] } else { [down, up] };
        points.extend(&excursions[..places(count) - 2]);
        points.push(last);
    }
    for point in &mut points {
        *point = point.div_euclid(FINE);
    }
    touch(&mut points, parent);
    points
}

/// A free random walk: its knots are the first and the last event of each child, one where they are the
/// same. Of a child's steps one leads to it, the others lie within it.
fn walk(deviation: i64, counts: &[i64], energies: &[i64], noise: &mut Stream) -> Vec<Knot> {
    let all = energies.iter().sum::<i64>().max(1);
    let mut knots = Vec::with_capacity(counts.len() * 2);
    let mut knot = Knot { spent: 0, at: 0 };
    for (&count, &energy) in counts.iter().zip(energies).filter(|(count, _)| **count > 0) {
        let before = if knots.is_empty() { 0 } else { energy / count };
        let within = energy - energy / count;
        for step in [before, within].into_iter().take(places(count).min(2)) {
            knot.at += deviation_of(deviation, step, all) * noise.normal() / ONE;
            knot.spent += step;
            knots.push(knot);
        }
    }
    knots
}

/// The knots whose values are fixed, in order, with their values in path units.
fn pins(parent: Stretch, knots: &[Knot], noise: &mut Stream) -> Vec<(usize, i64)> {
    let last = knots.len().saturating_sub(1);
    let all = knots.last().map_or(0, |knot| knot.spent);
    let (high, low) =
        apart(all, moment(parent, all, parent.high, noise), moment(parent, all, parent.low, noise));
    let at = |spent| knots.partition_point(|knot| knot.spent < spent).clamp(1, last.max(2) - 1);
    let mut pins = vec![(0, parent.open)];
    if parent.high > parent.open.max(parent.close) && at(high) < last {
        pins.push((at(high), parent.high));
    }
    if parent.low < parent.open.min(parent.close) {
        let low = at(low);
        let free =
            |index: &usize| *index > 0 && *index < last && pins.iter().all(|(taken, _)| taken != index);
        if let Some(index) = [low, low + 1, low - 1].into_iter().find(free) {
            pins.push((index, parent.low));
        }
    }
    pins.push((last, parent.close));
    pins.sort_unstable();
    pins
}

/// When the path reaches an extreme: the nearer that is to the open, the earlier.
fn moment(parent: Stretch, all: i64, extreme: i64, noise: &mut Stream) -> i64 {
    let from_open = (extreme - parent.open).abs() * noise.uneven();
    let to_close = (extreme - parent.close).abs() * noise.uneven();
    all * from_open / (from_open + to_close).max(1)
}

/// Two moments with room between them, since no price falls from its high to its low at once.
const fn apart(all: i64, one: i64, other: i64) -> (i64, i64) {
    if (one - other).abs() >= all / 4 {
        (one, other)
    } else if one < other {
        (one / 2, i64::midpoint(all, other))
    } else {
        (i64::midpoint(all, one), other / 2)
    }
}

/// The walk bent so that it passes through the pins, in fractions of a path unit.
fn bridge(parent: Stretch, knots: &[Knot], pins: &[(usize, i64)]) -> Vec<i64> {
    let mut values = vec![parent.open * FINE; knots.len()];
    for pair in pins.windows(2) {
        let [(from, start), (to, end)] = *pair else { continue };
        let (Some(first), Some(last)) = (knots.get(from), knots.get(to)) else { continue };
        let miss = (last.at - first.at) - (end - start) * FINE;
        let length = (last.spent - first.spent).max(1);
        for (value, knot) in values.iter_mut().zip(knots).take(to).skip(from + 1) {
            let bent = start * FINE + knot.at - first.at - (knot.spent - first.spent) * miss / length;
            *value = fold(bent, parent.low * FINE, parent.high * FINE);
        }
        if let Some(value) = values.get_mut(to) {
            *value = end * FINE;
        }
    }
    values
}

/// Mirrors a value at the bounds until it lies between them.
fn fold(value: i64, low: i64, high: i64) -> i64 {
    let range = high - low;
    if range == 0 {
        return low;
    }
    let ahead = (value - low).rem_euclid(2 * range);
    low + ahead.min(2 * range - ahead)
}

/// Moves the highest and the lowest of the inner points to the high and the low, where no end is there.
/// The two differ: the first of the highest and the last of the lowest.
fn touch(points: &mut [i64], parent: Stretch) {
    let [_, between @ .., _] = points else { return };
    let highest = (0..between.len()).rev().max_by_key(|index| between[*index]);
    if let (Some(highest), true) = (highest, parent.high > parent.open.max(parent.close)) {
        between[highest] = parent.high;
    }
    let lowest = (0..between.len()).rev().min_by_key(|index| between[*index]);
    if let (Some(lowest), true) = (lowest, parent.low < parent.open.min(parent.close)) {
        between[lowest] = parent.low;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_mirrored_at_its_bounds() {
        let cases = [(5, 5), (10, 10), (12, 8), (-3, 3), (21, 1), (-11, 9), (0, 0)];
        for (value, folded) in cases {
            assert_eq!(fold(value, 0, 10), folded, "{value}");
        }
        assert_eq!(fold(99, 4, 4), 4);
    }

    #[test]
    fn a_path_does_not_jump_to_its_extremes() {
        let parent = Stretch {
            open: 10_000,
            high: 11_000,
            low: 9_500,
            close: 10_200,
            volume: 3_600,
            count: 3_600,
            deviation: 900 * FINE,
        };
        for key in 0..200 {
            let points = wander(parent, &[60; 60], &[60; 60], &mut Stream::of(key, 0, 0));
            assert!(points.contains(&11_000) && points.contains(&9_500));
            let most = points.windows(2).map(|pair| (pair[1] - pair[0]).abs()).max();
            // A sixtieth of the energy moves by 116 usually; both excursions of a child are next to each other.
            assert!(most.is_some_and(|most| most < 900), "{key}: most {most:?}");
        }
    }
}

//! What a list costs: what stands below it, as often as it may be long.
//!
//! Where a list has no argument for its length, a usual length stands in its field's annotation. Every list needs
//! one; a test walks the schema for it.

/// How many points of a time series cost as much as one object: they come from one question.
const POINTS: usize = 250;

/// A page of at most `bound`, of which a client asks for so many.
pub fn of_page(asked: Option<i32>, bound: usize, child: usize) -> usize {
    let count = asked.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(bound);
    count.clamp(1, bound).saturating_mul(child).saturating_add(1)
}

/// A time series of at most `bound` points, of which a client asks for so many.
pub fn of_series(asked: Option<i32>, bound: usize, child: usize) -> usize {
    let points = asked.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(bound).clamp(1, bound);
    points.div_ceil(POINTS).saturating_mul(child).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_costs_as_much_as_it_may_be_long() {
        // (asked for, cost of a page of at most 20, cost of a series of at most 5,000)
        let cases = [
            (None, 61, 61),
            (Some(1), 4, 4),
            (Some(10), 31, 4),
            (Some(251), 61, 7),
            (Some(5_000), 61, 61),
            (Some(i32::MAX), 61, 61),
            (Some(0), 4, 4),
            (Some(-1), 61, 61),
        ];
        for (asked, page, series) in cases {
            assert_eq!((of_page(asked, 20, 3), of_series(asked, 5_000, 3)), (page, series), "{asked:?}");
        }
        assert_eq!(of_page(None, 100, usize::MAX), usize::MAX);
    }
}

//! The rows of a book as a client holds them, and the changes that lead from one to the next.
//!
//! A client keeps a list for each side and is told what to do with it, place by place: insert, update,
//! delete. Clients disagree on whether an insert in the midst of a list moves the rows below it or replaces
//! what stands there, and likewise of a delete. So rows are inserted and deleted at the end alone, and
//! whatever else changes is an update of its place, which every client understands alike.

use engine::depth::DepthLevel;

/// What is to be done with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Put it at the end of the list.
    Insert,
    /// Put it in the place of what stands there.
    Update,
    /// Take it away from the end of the list.
    Delete,
}

impl Operation {
    /// Its number on the wire.
    pub(super) const fn number(self) -> i32 {
        match self {
            Self::Insert => 0,
            Self::Update => 1,
            Self::Delete => 2,
        }
    }
}

/// One thing to be done with the rows of a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// What.
    pub(super) operation: Operation,
    /// Where.
    pub(super) position: usize,
    /// The row that comes, or goes.
    pub(super) row: DepthLevel,
}

/// The changes from one list of rows to another.
pub(super) fn changes(before: &[DepthLevel], now: &[DepthLevel]) -> Vec<Change> {
    let change = |operation, position, row: &DepthLevel| Change { operation, position, row: row.clone() };
    let gone = before.iter().enumerate().skip(now.len()).rev();
    let mut changes: Vec<Change> =
        gone.map(|(position, row)| change(Operation::Delete, position, row)).collect();
    for (position, row) in now.iter().enumerate() {
        match before.get(position) {
            Some(old) if old == row => {}
            Some(_) => changes.push(change(Operation::Update, position, row)),
            None => changes.push(change(Operation::Insert, position, row)),
        }
    }
    changes
}

/// The rows of one exchange: what stands at a price is one row.
pub(super) fn merged(levels: &[DepthLevel], exchange: &str) -> Vec<DepthLevel> {
    let mut rows: Vec<DepthLevel> = Vec::with_capacity(levels.len());
    for level in levels {
        match rows.last_mut() {
            Some(row) if row.price == level.price => row.size += level.size,
            _ => rows.push(DepthLevel { exchange: exchange.to_owned(), ..level.clone() }),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use engine::depth::ladder;
    use engine::market::GeneratedMarket;
    use rust_decimal::Decimal;
    use time::Duration;
    use time::macros::{date, datetime};

    use super::*;

    fn row(price: i64, size: i64, exchange: &str) -> DepthLevel {
        DepthLevel { price: Decimal::from(price), size: Decimal::from(size), exchange: exchange.to_owned() }
    }

    /// What a client does, and how long its list gets meanwhile.
    fn apply(rows: &mut Vec<DepthLevel>, changes: &[Change]) -> usize {
        let mut longest = rows.len();
        for Change { operation, position, row } in changes {
            match operation {
                Operation::Insert => {
                    assert_eq!(*position, rows.len());
                    rows.push(row.clone());
                }
                Operation::Update => rows[*position] = row.clone(),
                Operation::Delete => {
                    assert_eq!(*position + 1, rows.len());
                    rows.pop();
                }
            }
            longest = longest.max(rows.len());
        }
        longest
    }

    #[test]
    fn only_what_changed_is_told() {
        let before = [row(10, 1, "A"), row(10, 2, "B"), row(9, 3, "A")];
        let cases = [
            (before.to_vec(), vec![]),
            (vec![row(10, 1, "A"), row(10, 5, "B"), row(9, 3, "A")], vec![(Operation::Update, 1)]),
            (vec![row(11, 1, "B"), row(10, 2, "B")], vec![(Operation::Delete, 2), (Operation::Update, 0)]),
            ([&before[..], &[row(8, 1, "A")]].concat(), vec![(Operation::Insert, 3)]),
            (vec![], vec![(Operation::Delete, 2), (Operation::Delete, 1), (Operation::Delete, 0)]),
        ];
        for (now, expected) in cases {
            let changes = changes(&before, &now);
            let told: Vec<_> = changes.iter().map(|change| (change.operation, change.position)).collect();
            assert_eq!(told, expected);
            let mut rows = before.to_vec();
            apply(&mut rows, &changes);
            assert_eq!(rows, now);
        }
    }

    #[test]
    fn a_client_that_follows_holds_the_book() {
        let market = GeneratedMarket::new(7, date!(2026 - 11 - 20));
        let aapl = &market.listings()[0];
        let mut at = datetime!(2026-11-20 15:00 UTC);
        let mut sides = [Vec::new(), Vec::new()];
        for _ in 0..200 {
            at += Duration::milliseconds(250);
            let depth = ladder(aapl, &market.snapshot(aapl.con_id, at).unwrap(), at);
            for (rows, levels) in sides.iter_mut().zip([depth.bids, depth.asks]) {
                let now: Vec<_> = levels.into_iter().take(10).collect();
                let longest = apply(rows, &changes(rows, &now));
                assert_eq!(*rows, now);
                assert!(longest <= 10, "{longest}");
            }
        }
    }

    #[test]
    fn one_exchange_has_one_row_a_price() {
        let rows = merged(&[row(10, 1, "A"), row(10, 2, "B"), row(9, 3, "A")], "NYSE");
        assert_eq!(rows, [row(10, 3, "NYSE"), row(9, 3, "NYSE")]);
    }
}

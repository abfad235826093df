//! From one-sided rows to a best bid and offer.
//!
//! **What the rows are.** Each change of the *national* best quote is written as two rows of one millisecond, the bid and
//! then the ask, each with the exchange that shows it at that price. An exchange that no longer has the best price gets
//! no row. So an exchange's own latest row is no evidence that it still stands there: a book that keeps the latest
//! row per exchange and takes the best of them is crossed nearly always, and agrees with 3 to 9 % of the minute files.
//!
//! **The rule.** A row moves its side: its price and size are the best from now on, and whatever was better before, at any
//! exchange, is gone. What another exchange showed at the same price or a worse one stays behind the best, as
//! the last that is known of it ([`BestQuotes::behind`]). A price of zero is absent: it says nothing of that side, and
//! removes nothing. Suspicious rows are left out, and so are each exchange's opening and closing quotes, which are
//! announcements (conditions 800 and 8; one each a day). A row that changes nothing is not told again. Before the first
//! row of a side, that side is unknown; nothing is carried over from the day before. Sides are never bent: the national
//! best is locked (1 to 3 % of pairs) and even crossed (at most 0.08 %) at times, and is told so.
//!
//! **How well it agrees** with the quote files of AIG, BAC and IBM, bar by bar, all ten fields equal: minutes of 7 and 8
//! October 2013: 3,461 of 3,461; seconds of 7 October: 50,266 of 50,268. The two are of IBM around 10:46:33, where the
//! file has not the last ask of a second, which crossed the bid. A test holds it where the data is.

use super::Level;
use super::tick::QuoteTick;

/// The conditions of an exchange's opening quote (800) and closing quote (8).
const ANNOUNCEMENT: u32 = 0x808;

/// Which side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Those who buy.
    Bid,
    /// Those who sell.
    Ask,
}

/// A change of the best of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Milliseconds since the exchange's midnight.
    pub time: i64,
    /// Which side.
    pub side: Side,
    /// Its best from now on.
    pub best: Level,
    /// The letter of the exchange that shows it.
    pub exchange: char,
}

/// The best bid and offer, and what is known to stand behind them.
#[derive(Clone, Debug, Default)]
pub struct BestQuotes {
    bids: Ranks,
    asks: Ranks,
    suspicious: usize,
    announcements: usize,
}

/// What each exchange showed last on one side, the newest first: the newest is the best.
type Ranks = Vec<(char, Level)>;

impl BestQuotes {
    /// Takes in a row; returns what it changed, bid before ask.
    pub fn take(&mut self, row: &QuoteTick) -> impl Iterator<Item = Change> + use<> {
        let QuoteTick { time, exchange, .. } = *row;
        let is_announcement = row.conditions & ANNOUNCEMENT != 0;
        self.suspicious += usize::from(row.suspicious);
        self.announcements += usize::from(is_announcement && !row.suspicious);
        let mut side = |side, level: Option<Level>| {
            let best = level.filter(|_| !row.suspicious && !is_announcement)?;
            let ranks = if side == Side::Bid { &mut self.bids } else { &mut self.asks };
            if ranks.first() == Some(&(exchange, best)) {
                return None;
            }
            let worse = |other: &Level| match side {
                Side::Bid => other.price <= best.price,
                Side::Ask => other.price >= best.price,
            };
            ranks.retain(|(who, level)| *who != exchange && worse(level));
            ranks.insert(0, (exchange, best));
            Some(Change { time, side, best, exchange })
        };
        let changes = [side(Side::Bid, row.bid), side(Side::Ask, row.ask)];
        changes.into_iter().flatten()
    }

    /// The best of a side.
    pub fn best(&self, side: Side) -> Option<Level> {
        self.behind(side).first().map(|(_, level)| *level)
    }

    /// The best of a side and what stands behind it, each with the letter of its exchange, the newest first.
    pub fn behind(&self, side: Side) -> &[(char, Level)] {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }

    /// How many suspicious rows were left out.
    pub const fn suspicious(&self) -> usize {
        self.suspicious
    }

    /// How many opening and closing quotes were left out.
    pub const fn announcements(&self) -> usize {
        self.announcements
    }
}

#[cfg(test)]
mod tests {
    use super::super::Price;
    use super::*;

    fn level(price: i64, size: i64) -> Option<Level> {
        Price::new(price).map(|price| Level { price, size })
    }

    fn row(exchange: char, bid: i64, ask: i64) -> QuoteTick {
        let (bid, ask) = (level(bid, 1), level(ask, 1));
        QuoteTick { time: 0, bid, ask, exchange, conditions: 1, suspicious: false }
    }

    fn bests(rows: &[QuoteTick]) -> (Option<i64>, Option<i64>) {
        let mut quotes = BestQuotes::default();
        for row in rows {
            drop(quotes.take(row));
        }
        let price = |side| quotes.best(side).map(|level| level.price.ten_thousandths());
        (price(Side::Bid), price(Side::Ask))
    }

    #[test]
    fn the_rule() {
        let doubted = QuoteTick { suspicious: true, ..row('Q', 50, 50) };
        let cases: [(&str, &[QuoteTick], _); 7] = [
            ("nothing is known at first", &[], (None, None)),
            ("a side alone", &[row('P', 0, 20)], (None, Some(20))),
            ("zero says nothing", &[row('P', 10, 20), row('P', 0, 21)], (Some(10), Some(21))),
            ("the newest is the best", &[row('P', 10, 20), row('Q', 9, 0)], (Some(9), Some(20))),
            ("what was worse stays behind", &[row('P', 10, 20), row('Q', 11, 19)], (Some(11), Some(19))),
            ("doubted rows are left out", &[row('P', 10, 20), doubted], (Some(10), Some(20))),
            ("a locked market is told", &[row('P', 10, 20), row('Q', 20, 0)], (Some(20), Some(20))),
        ];
        for (what, rows, expected) in cases {
            assert_eq!(bests(rows), expected, "{what}");
        }
    }

    #[test]
    fn what_was_better_is_gone_and_what_was_worse_stays() {
        let mut quotes = BestQuotes::default();
        for row in [row('P', 10, 0), row('Q', 12, 0), row('N', 11, 0), row('P', 11, 0)] {
            drop(quotes.take(&row));
        }
        let bids: Vec<_> = quotes.behind(Side::Bid).iter().map(|(who, it)| (*who, it.price.0)).collect();
        assert_eq!(bids, [('P', 11), ('N', 11)]);
    }

    #[test]
    fn only_changes_are_told() {
        let mut quotes = BestQuotes::default();
        let told: Vec<_> = [row('P', 10, 20), row('P', 10, 21), row('P', 10, 21)]
            .iter()
            .map(|row| quotes.take(row).count())
            .collect();
        assert_eq!(told, [2, 1, 0]);
    }
}

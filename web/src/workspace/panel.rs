//! What a panel is: its kind, its link, and what was set in it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The number of a panel within its arrangement.
pub type PanelId = u32;

/// What a panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PanelKind {
    /// Watchlists with live quotes.
    Watchlist,
    /// Bars over time.
    Chart,
    /// One instrument's quote in full.
    Quote,
    /// The order book.
    Depth,
    /// Every print.
    Trades,
    /// Price alerts and what they did.
    Alerts,
    /// What happens in the system.
    News,
}

impl PanelKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Watchlist, Self::Chart, Self::Quote, Self::Depth, Self::Trades, Self::Alerts, Self::News];

    /// Whether it shows or chooses an instrument.
    pub fn has_instrument(self) -> bool {
        self != Self::News
    }
}

/// A colour that links panels: those of one colour follow one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the colours")]
pub enum Colour {
    Blue,
    Orange,
    Green,
    Purple,
    Pink,
    Teal,
}

impl Colour {
    /// Every colour with its letter, which tells it to those who see colours otherwise.
    pub const ALL: [(Self, char); 6] = [
        (Self::Blue, 'A'),
        (Self::Orange, 'B'),
        (Self::Green, 'C'),
        (Self::Purple, 'D'),
        (Self::Pink, 'E'),
        (Self::Teal, 'F'),
    ];

    /// Its letter.
    pub fn letter(self) -> char {
        Self::ALL.into_iter().find(|(colour, _)| *colour == self).map_or('?', |(_, letter)| letter)
    }

    /// Its class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Blue => "link-blue",
            Self::Orange => "link-orange",
            Self::Green => "link-green",
            Self::Purple => "link-purple",
            Self::Pink => "link-pink",
            Self::Teal => "link-teal",
        }
    }

    /// The link after this one; after the last, none.
    pub fn next(link: Option<Self>) -> Option<Self> {
        let all = Self::ALL.map(|(colour, _)| colour);
        match link {
            None => Some(Self::Blue),
            Some(link) => {
                all.iter().position(|colour| *colour == link).and_then(|at| all.get(at + 1)).copied()
            }
        }
    }
}

/// A column of a watchlist, besides the symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the columns")]
pub enum Column {
    Last,
    Change,
    Percent,
    Bid,
    Ask,
    Spread,
    Volume,
    Open,
    High,
    Low,
    Close,
    Age,
}

impl Column {
    /// Every column, in the order in which they stand.
    pub const ALL: [Self; 12] = [
        Self::Last,
        Self::Change,
        Self::Percent,
        Self::Bid,
        Self::Ask,
        Self::Spread,
        Self::Volume,
        Self::Open,
        Self::High,
        Self::Low,
        Self::Close,
        Self::Age,
    ];

    /// Those that are shown before anything was chosen.
    pub const USUAL: [Self; 4] = [Self::Last, Self::Percent, Self::Bid, Self::Ask];
}

/// What a watchlist is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortKey {
    /// The symbol.
    Symbol,
    /// A column.
    Column(Column),
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The smallest first.
    Ascending,
    /// The largest first.
    Descending,
}

/// How a watchlist is sorted; the owner's order where it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// By what.
    pub by: SortKey,
    /// Which way.
    pub direction: Direction,
}

impl Sort {
    /// What a click on a column's head makes of it: numbers begin with the largest, the third click undoes.
    pub fn after_click(before: Option<Self>, by: SortKey) -> Option<Self> {
        let first = if by == SortKey::Symbol { Direction::Ascending } else { Direction::Descending };
        match before.filter(|sort| sort.by == by) {
            None => Some(Self { by, direction: first }),
            Some(sort) if sort.direction == first => {
                let direction = match first {
                    Direction::Ascending => Direction::Descending,
                    Direction::Descending => Direction::Ascending,
                };
                Some(Self { by, direction })
            }
            Some(_) => None,
        }
    }
}

/// What was set in a panel; what was not has its usual value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Which watchlist is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// The columns of the watchlist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Column>>,
    /// How the watchlist is sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    /// How many levels of the book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<i32>,
    /// The least size of a print that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<String>,
    /// What the chart keeps, as it wrote it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub chart: Value,
}

/// One panel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    /// Its number.
    pub id: PanelId,
    /// What it shows.
    pub kind: PanelKind,
    /// The colour that links it; without one it has an instrument of its own.
    #[serde(default)]
    pub link: Option<Colour>,
    /// What was set in it.
    #[serde(default)]
    pub settings: Settings,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_go_round() {
        let mut link = None;
        for _ in 0..Colour::ALL.len() {
            link = Colour::next(link);
            assert!(link.is_some());
        }
        assert_eq!(Colour::next(link), None);
    }

    #[test]
    fn clicks_on_a_head_turn_the_order_and_then_undo_it() {
        let by = SortKey::Column(Column::Percent);
        let first = Sort::after_click(None, by);
        assert_eq!(first, Some(Sort { by, direction: Direction::Descending }));
        let second = Sort::after_click(first, by);
        assert_eq!(second, Some(Sort { by, direction: Direction::Ascending }));
        assert_eq!(Sort::after_click(second, by), None);
        let symbol = Sort::after_click(second, SortKey::Symbol);
        assert_eq!(symbol, Some(Sort { by: SortKey::Symbol, direction: Direction::Ascending }));
    }
}

//! Pages of instruments, as Relay's connections.

use std::sync::Arc;

use async_graphql::SimpleObject;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::error::{Refusal, RefusalCode};

use crate::graphql::instrument::Instrument;

/// The most that a page holds.
const MAX_PAGE: i32 = 100;

/// A page of instruments.
#[derive(SimpleObject)]
pub struct InstrumentConnection {
    /// The instruments with their cursors.
    edges: Vec<InstrumentEdge>,
    /// The instruments.
    nodes: Vec<Instrument>,
    /// What lies before and after this page.
    page_info: PageInfo,
}

/// An instrument in a page.
#[derive(SimpleObject)]
pub struct InstrumentEdge {
    /// Where this stands; `after` takes it.
    cursor: String,
    /// The instrument.
    node: Instrument,
}

/// What lies before and after a page.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// Whether something comes after this page.
    pub has_next_page: bool,
    /// Whether something comes before this page.
    pub has_previous_page: bool,
    /// The cursor of the first of this page.
    pub start_cursor: Option<String>,
    /// The cursor of the last of this page.
    pub end_cursor: Option<String>,
}

/// Which part of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    start: usize,
    count: usize,
}

impl Page {
    /// Checks the arguments of a connection.
    pub fn parse(first: Option<i32>, after: Option<&str>) -> Result<Self, Refusal> {
        let first = first.unwrap_or(MAX_PAGE);
        let count = usize::try_from(first).ok().filter(|_| (1..=MAX_PAGE).contains(&first));
        let count = count
            .ok_or_else(|| Refusal::of("first", RefusalCode::Invalid, "'first' must be from 1 to 100"))?;
        let bad_cursor =
            || Refusal::of("after", RefusalCode::Invalid, "this is not a cursor that this server gave out");
        let start = after.map(|cursor| read_cursor(cursor).ok_or_else(bad_cursor)).transpose()?;
        Ok(Self { start: start.map_or(0, |index| index + 1), count })
    }

    /// This part of what was found.
    pub fn of(&self, found: Vec<domain::instrument::Instrument>) -> InstrumentConnection {
        let total = found.len();
        let edges: Vec<InstrumentEdge> = found
            .into_iter()
            .enumerate()
            .skip(self.start)
            .take(self.count)
            .map(|(index, instrument)| InstrumentEdge {
                cursor: write_cursor(index),
                node: Instrument(Arc::new(instrument)),
            })
            .collect();
        let page_info = PageInfo {
            has_next_page: self.start + edges.len() < total,
            has_previous_page: self.start > 0 && total > 0,
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: edges.last().map(|edge| edge.cursor.clone()),
        };
        InstrumentConnection { nodes: edges.iter().map(|edge| edge.node.clone()).collect(), edges, page_info }
    }
}

fn write_cursor(index: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("search:{index}"))
}

fn read_cursor(cursor: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let index = std::str::from_utf8(&bytes).ok()?.strip_prefix("search:")?.parse().ok()?;
    (index < 1_000).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_bounded() {
        let cursor = write_cursor(4);
        assert_eq!(Page::parse(None, None).unwrap(), Page { start: 0, count: 100 });
        assert_eq!(Page::parse(Some(2), Some(&cursor)).unwrap(), Page { start: 5, count: 2 });
        for (first, after) in
            [(Some(0), None), (Some(-1), None), (Some(101), None), (None, Some("x")), (None, Some(""))]
        {
            assert_eq!(
                Page::parse(first, after).unwrap_err().code,
                RefusalCode::Invalid,
                "{first:?} {after:?}"
            );
        }
    }
}

//! Lists that come page by page.

use super::schema;

/// What lies after a page.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct PageInfo {
    /// Whether there is more.
    pub has_next_page: bool,
    /// The cursor of the last of this page.
    pub end_cursor: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins; none where this is the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of the contract's connections.
    pub fn new(items: Vec<T>, info: PageInfo) -> Self {
        Self { items, next: info.end_cursor.filter(|_| info.has_next_page) }
    }
}

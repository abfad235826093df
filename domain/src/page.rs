//! Pages of long lists: so many from one side, or from where another page ended.

/// From which side a page is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first of the list, or those after the cursor.
    First,
    /// The last of the list, or those before the cursor.
    Last,
}

/// Which part of a list is asked for. `C` says where an entry stands in the list's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<C> {
    /// From which side it is counted.
    pub side: Side,
    /// Where the page begins, this entry itself left out; from the end of the list where there is none.
    pub cursor: Option<C>,
    /// The most entries that it may hold.
    pub count: u64,
}

/// A page as it was found, in the list's order whatever the side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Whether more follow in the direction in which was counted.
    pub more: bool,
}

impl<T> Found<T> {
    /// The same page of something that is made of each entry.
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> Found<U> {
        Found { items: self.items.into_iter().map(make).collect(), more: self.more }
    }
}

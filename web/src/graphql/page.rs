//! Lists that come page by page.

use std::future::Future;

use super::failure::Failure;
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

/// What is on the first so many pages: fewer where the list ends before, or where one could not be read.
pub async fn first_pages<T, R>(most: usize, fetch: impl Fn(Option<String>) -> R) -> Vec<T>
where
    R: Future<Output = Result<Page<T>, Failure>>,
{
    let (mut items, mut after) = (Vec::new(), None);
    for _ in 0..most {
        let Ok(page) = fetch(after).await else { break };
        items.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use futures::executor::block_on;

    use super::*;

    #[test]
    fn pages_are_read_to_the_end_of_the_list_or_of_our_patience() {
        let page = |after: Option<String>| {
            let number = after.map_or(0, |after| after.parse::<u32>().unwrap()) + 1;
            let next = (number < 4).then(|| number.to_string());
            ready(Ok(Page { items: vec![number], next }))
        };
        let check = |most: usize, expect: &[u32]| {
            assert_eq!(block_on(first_pages(most, page)), expect, "{most}");
        };
        check(0, &[]);
        check(1, &[1]);
        check(3, &[1, 2, 3]);
        check(4, &[1, 2, 3, 4]);
        check(9, &[1, 2, 3, 4]);
    }

    #[test]
    fn what_was_read_before_a_failure_counts() {
        let page = |after: Option<String>| {
            ready(match after {
                None => Ok(Page { items: vec!["ann"], next: Some("ann".into()) }),
                Some(_) => Err(Failure::Unreachable),
            })
        };
        assert_eq!(block_on(first_pages(9, page)), ["ann"]);
    }
}

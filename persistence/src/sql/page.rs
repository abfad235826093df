//! Pages of long lists, by keyset: a page begins where another ended, whatever was added or deleted meanwhile.

use domain::page::{Found, Page, Side};
use sea_orm::{ConnectionTrait, Cursor, FromQueryResult, SelectModel, SelectorTrait, sea_query};
use sea_query::IntoValueTuple;

use super::failure::Failure;

/// The rows of a page. One more is read, to know whether more follow.
pub(super) async fn read<M, V>(
    connection: &impl ConnectionTrait,
    mut cursor: Cursor<SelectModel<M>>,
    page: Page<V>,
) -> Result<Found<M>, Failure>
where
    M: FromQueryResult + Send + Sync,
    V: IntoValueTuple,
    SelectModel<M>: SelectorTrait<Item = M>,
{
    let Page { side, cursor: start, count } = page;
    let and_one = count.saturating_add(1);
    match side {
        Side::First => cursor.first(and_one),
        Side::Last => cursor.last(and_one),
    };
    match (side, start) {
        (Side::First, Some(start)) => cursor.after(start),
        (Side::Last, Some(start)) => cursor.before(start),
        (_, None) => &mut cursor,
    };
    let mut items = cursor.all(connection).await?;
    let more = items.len() as u64 > count;
    if more {
        match side {
            Side::First => items.pop(),
            Side::Last => Some(items.remove(0)),
        };
    }
    Ok(Found { items, more })
}

/// The same page, its cursor in the form that the database compares.
pub(super) fn by<C, V>(page: &Page<C>, key: impl FnOnce(&C) -> V) -> Page<V> {
    Page { side: page.side, cursor: page.cursor.as_ref().map(key), count: page.count }
}

/// The page with what its rows hold.
pub(super) fn map<M, T>(
    found: Found<M>,
    content: impl FnMut(M) -> Result<T, Failure>,
) -> Result<Found<T>, Failure> {
    let items = found.items.into_iter().map(content).collect::<Result<_, _>>()?;
    Ok(Found { items, more: found.more })
}

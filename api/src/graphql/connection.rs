//! Pages of people, sessions and audit lines, as Relay's connections. A cursor says where an entry stands, so that
//! what comes or goes meanwhile shifts nothing.

use async_graphql::SimpleObject;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::alert::AlertId;
use domain::audit::AuditLineId;
use domain::error::{Refusal, RefusalCode};
use domain::page::{Found, Page, Side};
use domain::session::{SessionCursor, SessionId};
use domain::user::Username;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::graphql::alert::{Alert, AlertEvent};
use crate::graphql::audit::AuditLine;
use crate::graphql::page::PageInfo;
use crate::graphql::session::OpenSession;
use crate::graphql::user::User;

/// The most that a page holds.
pub const MAX_PAGE: u8 = 100;

/// A connection of one kind of entry: the library has no generic types that hold others.
macro_rules! connection {
    ($connection:ident, $edge:ident, $entry:ident, $docs:literal) => {
        #[doc = concat!("A page of ", $docs, ".")]
        #[derive(SimpleObject)]
        pub struct $connection {
            /// The entries with their cursors.
            edges: Vec<$edge>,
            /// The entries.
            nodes: Vec<$entry>,
            /// What lies before and after this page.
            page_info: PageInfo,
        }

        #[doc = concat!("An entry in a page of ", $docs, ".")]
        #[derive(SimpleObject)]
        pub struct $edge {
            /// Where this stands; `after` and `before` take it.
            cursor: String,
            /// The entry.
            node: $entry,
        }

        impl $connection {
            /// What was found for this page, each entry with where it stands.
            pub fn of<C: Cursor>(page: &Page<C>, found: Found<(C, $entry)>) -> Self {
                let Found { items, more } = found;
                let items = items.into_iter().map(|(cursor, node)| $edge { cursor: write(&cursor), node });
                let edges: Vec<$edge> = items.collect();
                let mut page_info = around(page, more);
                page_info.start_cursor = edges.first().map(|edge| edge.cursor.clone());
                page_info.end_cursor = edges.last().map(|edge| edge.cursor.clone());
                Self { nodes: edges.iter().map(|edge| edge.node.clone()).collect(), edges, page_info }
            }
        }
    };
}

connection!(UserConnection, UserEdge, User, "people");
connection!(OpenSessionConnection, OpenSessionEdge, OpenSession, "sessions");
connection!(AuditLineConnection, AuditLineEdge, AuditLine, "the audit log");
connection!(AlertConnection, AlertEdge, Alert, "alerts");
connection!(AlertEventConnection, AlertEventEdge, AlertEvent, "what alerts said");

/// What lies around a page of which more was found in the direction in which was counted.
fn around<C>(page: &Page<C>, more: bool) -> PageInfo {
    let cut = page.cursor.is_some();
    let (has_next_page, has_previous_page) = match page.side {
        Side::First => (more, cut),
        Side::Last => (cut, more),
    };
    PageInfo { has_next_page, has_previous_page, start_cursor: None, end_cursor: None }
}

/// The arguments of a connection.
#[derive(Debug, Default)]
pub struct PageArguments {
    /// How many from the start.
    pub first: Option<i32>,
    /// The cursor after which the page begins.
    pub after: Option<String>,
    /// How many from the end.
    pub last: Option<i32>,
    /// The cursor before which the page ends.
    pub before: Option<String>,
}

impl PageArguments {
    /// The page that they ask for.
    pub fn page<C: Cursor>(self) -> Result<Page<C>, Refusal> {
        let invalid = |field, message| Err(Refusal::of(field, RefusalCode::Invalid, message));
        let backwards = self.last.is_some() || self.before.is_some();
        if backwards && (self.first.is_some() || self.after.is_some()) {
            return invalid(
                "first",
                "ask for 'first' with 'after', or for 'last' with 'before', not for both",
            );
        }
        let (side, field, count, cursor) = if backwards {
            (Side::Last, "last", self.last, self.before)
        } else {
            (Side::First, "first", self.first, self.after)
        };
        let most = i32::from(MAX_PAGE);
        let count = count.unwrap_or(most);
        let Some(count) = u64::try_from(count).ok().filter(|_| (1..=most).contains(&count)) else {
            return invalid(field, "ask for 1 to 100 entries");
        };
        let field = if backwards { "before" } else { "after" };
        let read = |text: String| {
            let bad =
                || Refusal::of(field, RefusalCode::Invalid, "this is not a cursor that this list gave out");
            read(&text).ok_or_else(bad)
        };
        let cursor = cursor.map(read).transpose()?;
        Ok(Page { side, cursor, count })
    }
}

/// Where an entry stands in its list.
pub trait Cursor: Sized {
    /// Which list it is.
    const LIST: &str;

    /// As text.
    fn write(&self) -> String;

    /// The one of this text.
    fn read(text: &str) -> Option<Self>;
}

fn write<C: Cursor>(cursor: &C) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{}", C::LIST, cursor.write()))
}

fn read<C: Cursor>(text: &str) -> Option<C> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (list, place) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    C::read(place).filter(|_| list == C::LIST)
}

impl Cursor for Username {
    const LIST: &str = "users";

    fn write(&self) -> String {
        self.as_str().to_owned()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

impl Cursor for AuditLineId {
    const LIST: &str = "audit";

    fn write(&self) -> String {
        self.0.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl Cursor for AlertId {
    const LIST: &str = "alerts";

    fn write(&self) -> String {
        self.0.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

/// The number of an event.
impl Cursor for u64 {
    const LIST: &str = "alert-events";

    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Cursor for SessionCursor {
    const LIST: &str = "sessions";

    fn write(&self) -> String {
        format!("{}:{}", self.last_used_at.unix_timestamp_nanos(), self.id.0)
    }

    fn read(text: &str) -> Option<Self> {
        let (nanos, id) = text.split_once(':')?;
        let last_used_at = OffsetDateTime::from_unix_timestamp_nanos(nanos.parse().ok()?).ok()?;
        Some(Self { last_used_at, id: SessionId(Uuid::try_parse(id).ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(
        first: Option<i32>,
        after: Option<&str>,
        last: Option<i32>,
        before: Option<&str>,
    ) -> PageArguments {
        PageArguments { first, after: after.map(str::to_owned), last, before: before.map(str::to_owned) }
    }

    #[test]
    fn a_page_is_asked_for_from_one_side() {
        let ann = Username::parse("ann").unwrap();
        let cursor = write(&ann);
        let page = |side, cursor: Option<&Username>, count| Page { side, cursor: cursor.cloned(), count };
        let cases = [
            (arguments(None, None, None, None), page(Side::First, None, 100)),
            (arguments(Some(2), Some(&cursor), None, None), page(Side::First, Some(&ann), 2)),
            (arguments(None, None, Some(3), Some(&cursor)), page(Side::Last, Some(&ann), 3)),
            (arguments(None, None, None, Some(&cursor)), page(Side::Last, Some(&ann), 100)),
        ];
        for (given, expected) in cases {
            assert_eq!(given.page(), Ok(expected));
        }
        let of_another_list = write(&AuditLineId(Uuid::nil()));
        for (given, field) in [
            (arguments(Some(1), None, Some(1), None), "first"),
            (arguments(None, Some(&cursor), None, Some(&cursor)), "first"),
            (arguments(Some(0), None, None, None), "first"),
            (arguments(Some(101), None, None, None), "first"),
            (arguments(None, None, Some(-1), None), "last"),
            (arguments(None, Some("x"), None, None), "after"),
            (arguments(None, None, None, Some(&of_another_list)), "before"),
        ] {
            assert_eq!(given.page::<Username>().unwrap_err().field, Some(field));
        }
    }

    #[test]
    fn a_cursor_is_read_back_as_what_it_was() {
        let last_used_at = OffsetDateTime::from_unix_timestamp_nanos(1_795_000_000_123_456_000).unwrap();
        let session = SessionCursor { last_used_at, id: SessionId(Uuid::from_u128(7)) };
        assert_eq!(read(&write(&session)), Some(session));
        let alert = AlertId(Uuid::from_u128(9));
        assert_eq!(read(&write(&alert)), Some(alert));
        assert_eq!(read(&write(&7_u64)), Some(7_u64));
        let line = AuditLineId(Uuid::from_u128(8));
        assert_eq!(read(&write(&line)), Some(line));
    }
}

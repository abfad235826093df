//! Layouts: how a user arranged the dashboard. Their content is the dashboard's own; here it is a JSON object as text.

use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::name;
use crate::random::{Random, new_id};
use crate::store::StoreError;
use crate::user::UserId;

/// The most layouts that a user keeps.
pub const MAX_LAYOUTS: u64 = 50;

/// The largest content of a layout, in bytes.
pub const MAX_LAYOUT: usize = 64 * 1_024;

/// The id of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayoutId(pub Uuid);

/// What a user called a layout: 1 to 60 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutName(String);

impl LayoutName {
    /// Checks and trims a name that a person typed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        name::parse(text, 60, "a layout").map(Self)
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A JSON object as text, of bounded size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content(String);

/// Tells JSON objects from other texts.
pub type IsJsonObject = fn(&str) -> bool;

impl Content {
    /// Checks a text of at most `most` bytes.
    pub fn parse(text: String, most: usize, is_object: IsJsonObject) -> Result<Self, Refusal> {
        let refuse = |code, message: String| Err(Refusal::of("content", code, message));
        if text.len() > most {
            let message = format!("the content has {} bytes; it may have at most {most}", text.len());
            return refuse(RefusalCode::LimitReached, message);
        }
        if !is_object(&text) {
            return refuse(
                RefusalCode::Invalid,
                "the content is a JSON object as text, such as \"{}\"".into(),
            );
        }
        Ok(Self(text))
    }

    /// One that was checked when it was kept.
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a user arranged the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Ours.
    pub id: LayoutId,
    /// Whose.
    pub owner: UserId,
    /// What its owner called it.
    pub name: LayoutName,
    /// The arrangement.
    pub content: Content,
    /// Grows with each change, from 1.
    pub version: u32,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayoutChange {
    /// It was done; this is the layout now.
    Done(Layout),
    /// The owner has no such layout.
    NotFound,
    /// The owner has as many as there can be.
    LimitReached,
    /// It was changed in the meantime.
    Outdated,
}

/// Where layouts are kept. Every method sees only the layouts of `owner`.
#[async_trait]
pub trait LayoutStore: Send + Sync {
    /// The owner's layouts, oldest first.
    async fn list(&self, owner: UserId) -> Result<Vec<Layout>, StoreError>;

    /// One layout.
    async fn find(&self, owner: UserId, id: LayoutId) -> Result<Option<Layout>, StoreError>;

    /// Adds a layout, at most [`MAX_LAYOUTS`].
    async fn create(&self, layout: &Layout) -> Result<LayoutChange, StoreError>;

    /// Changes name and content, at `updated_at`; its version must still be `expected`, where that is given, and grows.
    async fn update(&self, layout: &Layout, expected: Option<u32>) -> Result<LayoutChange, StoreError>;

    /// Deletes a layout; returns whether there was one.
    async fn delete(&self, owner: UserId, id: LayoutId) -> Result<bool, StoreError>;
}

/// What can be done with layouts.
pub struct Layouts {
    /// Where they are kept.
    pub store: Arc<dyn LayoutStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
}

/// A layout as its owner wants it.
pub struct LayoutWanted {
    /// Which; a new one where there is none.
    pub id: Option<LayoutId>,
    /// What to call it.
    pub name: String,
    /// The arrangement.
    pub content: Content,
    /// The version that the change was made to.
    pub expected: Option<u32>,
}

impl Layouts {
    /// The owner's layouts, oldest first.
    pub async fn list(&self, owner: UserId) -> Result<Vec<Layout>, Error> {
        Ok(self.store.list(owner).await?)
    }

    /// One layout of the owner.
    pub async fn find(&self, owner: UserId, id: LayoutId) -> Result<Option<Layout>, Error> {
        Ok(self.store.find(owner, id).await?)
    }

    /// Makes a layout, or changes one.
    pub async fn save(&self, owner: UserId, wanted: LayoutWanted) -> Result<Layout, Error> {
        let updated_at = self.clock.now();
        let name = LayoutName::parse(&wanted.name)?;
        let id = wanted.id.unwrap_or_else(|| LayoutId(new_id(updated_at, self.random.as_ref())));
        let layout = Layout { id, owner, name, content: wanted.content, version: 1, updated_at };
        let change = match wanted.id {
            Some(_) => self.store.update(&layout, wanted.expected).await?,
            None => self.store.create(&layout).await?,
        };
        let refusal = match change {
            LayoutChange::Done(layout) => return Ok(layout),
            LayoutChange::NotFound => not_found(),
            LayoutChange::LimitReached => {
                let message =
                    format!("you have {MAX_LAYOUTS} layouts, the most there can be; delete one first");
                Refusal::whole(RefusalCode::LimitReached, message)
            }
            LayoutChange::Outdated => {
                outdated("the layout was changed in the meantime, perhaps in another window")
            }
        };
        Err(refusal.into())
    }

    /// Deletes a layout.
    pub async fn delete(&self, owner: UserId, id: LayoutId) -> Result<(), Error> {
        if self.store.delete(owner, id).await? { Ok(()) } else { Err(not_found().into()) }
    }
}

fn not_found() -> Refusal {
    Refusal::of("layout", RefusalCode::NotFound, "there is no such layout")
}

/// The refusal of a change to what is no longer as it was.
pub(crate) fn outdated(what: &str) -> Refusal {
    Refusal::of("expectedVersion", RefusalCode::Outdated, format!("{what}; read it again and repeat"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_bounded_and_an_object() {
        let parse = |text: &str| Content::parse(text.to_owned(), 5, |text| text.starts_with('{'));
        assert_eq!(parse("{}").unwrap().as_str(), "{}");
        assert_eq!(parse("[]").unwrap_err().code, RefusalCode::Invalid);
        assert_eq!(parse("{    }").unwrap_err().code, RefusalCode::LimitReached);
    }
}

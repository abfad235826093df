//! Layouts and preferences: how a user arranged and set up the dashboard.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::error::{Error as DomainError, Refusal, RefusalCode};
use domain::layout::{Content, LayoutWanted, MAX_LAYOUT};
use domain::preferences::MAX_PREFERENCES;
use domain::user::Permission;
use serde::de::IgnoredAny;

use crate::graphql::core;
use crate::graphql::error::{UserError, payload, top_level};
use crate::graphql::guard::{Requires, permitted, user};
use crate::graphql::node::{GlobalId, given};
use crate::graphql::scalar::DateTime;

/// How a user arranged the dashboard.
pub struct Layout(domain::layout::Layout);

impl From<domain::layout::Layout> for Layout {
    fn from(layout: domain::layout::Layout) -> Self {
        Self(layout)
    }
}

/// How a user arranged the dashboard.
#[Object]
impl Layout {
    /// The opaque id; `node` follows it.
    pub async fn id(&self) -> ID {
        GlobalId::Layout(self.0.id).encode()
    }

    /// What its owner called it.
    async fn name(&self) -> &str {
        self.0.name.as_str()
    }

    /// The arrangement: a JSON object as text.
    async fn content(&self) -> &str {
        self.0.content.as_str()
    }

    /// Grows with each change, from 1.
    async fn version(&self) -> i32 {
        shown(self.0.version)
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }
}

/// What a user set up in the dashboard.
#[derive(SimpleObject)]
pub struct Preferences {
    /// What was set: a JSON object as text, `{}` before the first time.
    content: String,
    /// Grows with each change; 0 before the first.
    version: i32,
}

impl From<domain::preferences::Preferences> for Preferences {
    fn from(preferences: domain::preferences::Preferences) -> Self {
        let content = preferences.content.as_str().to_owned();
        Self { content, version: shown(preferences.version) }
    }
}

fn shown(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}

/// A layout as it is to be.
#[derive(InputObject)]
pub struct LayoutSaveInput {
    /// The id of the layout; a new one where it is left out.
    layout: Option<ID>,
    /// What to call it: 1 to 60 characters.
    name: String,
    /// The arrangement: a JSON object as text, at most 64 KiB.
    content: String,
    /// The version that you changed; another one is OUTDATED. Where it is left out, the last to save wins.
    expected_version: Option<i32>,
}

/// A layout that goes away.
#[derive(InputObject)]
pub struct LayoutDeleteInput {
    /// The id of the layout.
    layout: ID,
}

/// Preferences as they are to be.
#[derive(InputObject)]
pub struct PreferencesSaveInput {
    /// What is set: a JSON object as text, at most 16 KiB.
    content: String,
    /// The version that you changed; another one is OUTDATED. Where it is left out, the last to save wins.
    expected_version: Option<i32>,
}

/// What became of saving a layout.
#[derive(SimpleObject)]
pub struct LayoutSavePayload {
    /// The layout as it is now; null where it was refused.
    layout: Option<Layout>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

/// What became of a deletion.
#[derive(SimpleObject)]
pub struct LayoutDeletePayload {
    /// The id of the layout that is no more; null where the deletion was refused.
    deleted_layout_id: Option<ID>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

/// What became of saving preferences.
#[derive(SimpleObject)]
pub struct PreferencesSavePayload {
    /// The preferences as they are now; null where they were refused.
    preferences: Option<Preferences>,
    /// Why they were refused; empty where they were not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct LayoutQuery;

#[Object]
impl LayoutQuery {
    /// Your layouts, oldest first; at most 50.
    #[graphql(complexity = "1 + 10 * child_complexity")]
    async fn layouts(&self, context: &Context<'_>) -> Option<Result<Vec<Layout>>> {
        permitted(context, Permission::ManageSelf, async {
            let found = core(context).services.layouts.list(user(context)?.id).await.map_err(top_level)?;
            Ok(Some(found.into_iter().map(Layout).collect()))
        })
        .await
    }

    /// What you set up in the dashboard.
    async fn preferences(&self, context: &Context<'_>) -> Option<Result<Preferences>> {
        permitted(context, Permission::ManageSelf, async {
            let preferences = &core(context).services.preferences;
            let found = preferences.find(user(context)?.id).await.map_err(top_level)?;
            Ok(Some(found.into()))
        })
        .await
    }
}

#[derive(Default)]
pub struct LayoutMutation;

#[Object]
impl LayoutMutation {
    /// Makes a layout, or changes one.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn layout_save(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The layout.")] input: LayoutSaveInput,
    ) -> Result<LayoutSavePayload> {
        let owner = user(context)?.id;
        let saved = async {
            let wanted = LayoutWanted {
                id: input.layout.as_ref().map(|id| given("layout", id)).transpose()?,
                name: input.name,
                content: Content::parse(input.content, MAX_LAYOUT, is_json_object)?,
                expected: expected(input.expected_version)?,
            };
            core(context).services.layouts.save(owner, wanted).await
        };
        let (layout, user_errors) = payload(saved.await)?;
        Ok(LayoutSavePayload { layout: layout.map(Layout), user_errors })
    }

    /// Deletes a layout.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn layout_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] input: LayoutDeleteInput,
    ) -> Result<LayoutDeletePayload> {
        let owner = user(context)?.id;
        let deleted =
            async { core(context).services.layouts.delete(owner, given("layout", &input.layout)?).await };
        let (done, user_errors) = payload(deleted.await)?;
        Ok(LayoutDeletePayload { deleted_layout_id: done.map(|()| input.layout), user_errors })
    }

    /// Replaces what you set up in the dashboard.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn preferences_save(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The preferences.")] input: PreferencesSaveInput,
    ) -> Result<PreferencesSavePayload> {
        let owner = user(context)?.id;
        let saved = async {
            let wanted = Content::parse(input.content, MAX_PREFERENCES, is_json_object)?;
            let expected = expected(input.expected_version)?;
            core(context).services.preferences.save(owner, &wanted, expected).await
        };
        let (preferences, user_errors) = payload(saved.await)?;
        Ok(PreferencesSavePayload { preferences: preferences.map(Into::into), user_errors })
    }
}

fn expected(version: Option<i32>) -> Result<Option<u32>, DomainError> {
    let invalid = |_| Refusal::of("expectedVersion", RefusalCode::Invalid, "a version is not negative");
    Ok(version.map(u32::try_from).transpose().map_err(invalid)?)
}

/// Whether a text is a JSON object, however deeply nested: nothing of it is kept but the text.
#[allow(clippy::zero_sized_map_values, reason = "a set is read from an array")]
fn is_json_object(text: &str) -> bool {
    serde_json::from_str::<HashMap<String, IgnoredAny>>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_objects_are_told_from_other_texts() {
        let deep = |levels: usize| format!("{{\"a\":{}1{}}}", "[".repeat(levels), "]".repeat(levels));
        let cases = [
            ("{}", true),
            (r#" {"panels":[1,{"a":null}]} "#, true),
            (&deep(100), true),
            (&deep(10_000), true),
            ("", false),
            ("[]", false),
            ("null", false),
            ("{", false),
            ("{} {}", false),
            ("{\"a\":NaN}", false),
            ("{a:1}", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_json_object(text), expected, "{}", &text[..text.len().min(40)]);
        }
    }
}

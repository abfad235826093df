//! Saved layouts: what the workspace holds, as the server keeps it.

use cynic::{MutationBuilder, QueryBuilder};

use super::document::{mutation, query};
use super::failure::Failure;
use super::schema;
use super::user_error::{Refusal, UserError};
use crate::session::Session;

/// The id of a layout.
pub type LayoutId = cynic::Id;

/// A layout as the server keeps it.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Its id.
    pub id: LayoutId,
    /// What its owner called it.
    pub name: String,
    /// What it holds, as JSON.
    pub content: String,
    /// Grows with every change.
    pub version: i32,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
struct AllLayouts {
    layouts: Option<Vec<Layout>>,
}

/// Every layout of the user.
pub async fn all(session: Session) -> Result<Vec<Layout>, Failure> {
    session.call(&AllLayouts::build(())).await?.layouts.ok_or(Failure::Unreachable)
}

/// A layout to be kept: a new one without an id.
#[derive(cynic::InputObject, Clone, Debug)]
pub struct LayoutSaveInput {
    /// Which; a new one where there is none.
    pub layout: Option<LayoutId>,
    /// Its name.
    pub name: String,
    /// What it holds, as JSON.
    pub content: String,
    /// The version on which the change builds.
    pub expected_version: Option<i32>,
}

#[derive(cynic::QueryVariables)]
struct LayoutSaveVariables {
    input: LayoutSaveInput,
}

#[derive(cynic::QueryFragment)]
struct LayoutSavePayload {
    layout: Option<Layout>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "LayoutSaveVariables")]
struct LayoutSave {
    #[arguments(input: $input)]
    layout_save: LayoutSavePayload,
}

/// Keeps a layout.
pub async fn save(session: Session, input: LayoutSaveInput) -> Result<Layout, Refusal> {
    let payload = session.call(&LayoutSave::build(LayoutSaveVariables { input })).await?.layout_save;
    payload.layout.ok_or(Refusal::User(payload.user_errors))
}

#[derive(cynic::InputObject)]
struct LayoutDeleteInput {
    layout: LayoutId,
}

#[derive(cynic::QueryVariables)]
struct LayoutDeleteVariables {
    input: LayoutDeleteInput,
}

#[derive(cynic::QueryFragment)]
struct LayoutDeletePayload {
    deleted_layout_id: Option<LayoutId>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "LayoutDeleteVariables")]
struct LayoutDelete {
    #[arguments(input: $input)]
    layout_delete: LayoutDeletePayload,
}

/// Deletes a layout.
pub async fn delete(session: Session, layout: LayoutId) -> Result<(), Refusal> {
    let operation = LayoutDelete::build(LayoutDeleteVariables { input: LayoutDeleteInput { layout } });
    let payload = session.call(&operation).await?.layout_delete;
    payload.deleted_layout_id.map(|_| ()).ok_or(Refusal::User(payload.user_errors))
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![
        query::<AllLayouts, ()>(),
        mutation::<LayoutSave, LayoutSaveVariables>(),
        mutation::<LayoutDelete, LayoutDeleteVariables>(),
    ]
}

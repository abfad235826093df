//! Watchlists, and what is done with them.

use cynic::{MutationBuilder, QueryBuilder};

use super::document::{mutation, query};
use super::failure::Failure;
use super::instrument::{Instrument, InstrumentId};
use super::schema;
use super::user_error::{Refusal, UserError};
use crate::session::Session;

/// The id of a watchlist.
pub type WatchlistId = cynic::Id;

/// A list of instruments, in its owner's order.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct Watchlist {
    /// Its id.
    pub id: WatchlistId,
    /// What its owner called it.
    pub name: String,
    /// What is in it.
    pub instruments: Vec<Instrument>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
struct All {
    watchlists: Option<Vec<Watchlist>>,
}

/// Every watchlist of the user.
pub async fn all(session: Session) -> Result<Vec<Watchlist>, Failure> {
    session.call(&All::build(())).await?.watchlists.ok_or(Failure::Unreachable)
}

fn changed(watchlist: Option<Watchlist>, errors: Vec<UserError>) -> Result<Watchlist, Refusal> {
    watchlist.ok_or(Refusal::User(errors))
}

#[derive(cynic::InputObject)]
struct WatchlistCreateInput {
    name: String,
    instruments: Option<Vec<InstrumentId>>,
}

#[derive(cynic::QueryVariables)]
struct CreateVariables {
    input: WatchlistCreateInput,
}

#[derive(cynic::QueryFragment)]
struct WatchlistCreatePayload {
    watchlist: Option<Watchlist>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CreateVariables")]
struct Create {
    #[arguments(input: $input)]
    watchlist_create: WatchlistCreatePayload,
}

/// Makes an empty list.
pub async fn create(session: Session, name: String) -> Result<Watchlist, Refusal> {
    let operation =
        Create::build(CreateVariables { input: WatchlistCreateInput { name, instruments: None } });
    let payload = session.call(&operation).await?.watchlist_create;
    changed(payload.watchlist, payload.user_errors)
}

#[derive(cynic::InputObject)]
struct WatchlistRenameInput {
    watchlist: WatchlistId,
    name: String,
}

#[derive(cynic::QueryVariables)]
struct RenameVariables {
    input: WatchlistRenameInput,
}

#[derive(cynic::QueryFragment)]
struct WatchlistRenamePayload {
    watchlist: Option<Watchlist>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RenameVariables")]
struct Rename {
    #[arguments(input: $input)]
    watchlist_rename: WatchlistRenamePayload,
}

/// Renames a list.
pub async fn rename(session: Session, watchlist: WatchlistId, name: String) -> Result<Watchlist, Refusal> {
    let operation = Rename::build(RenameVariables { input: WatchlistRenameInput { watchlist, name } });
    let payload = session.call(&operation).await?.watchlist_rename;
    changed(payload.watchlist, payload.user_errors)
}

#[derive(cynic::InputObject)]
struct WatchlistAddInput {
    watchlist: WatchlistId,
    instrument: InstrumentId,
}

#[derive(cynic::QueryVariables)]
struct AddVariables {
    input: WatchlistAddInput,
}

#[derive(cynic::QueryFragment)]
struct WatchlistAddPayload {
    watchlist: Option<Watchlist>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "AddVariables")]
struct Add {
    #[arguments(input: $input)]
    watchlist_add: WatchlistAddPayload,
}

/// Puts an instrument at the end of a list.
pub async fn add(
    session: Session,
    watchlist: WatchlistId,
    instrument: InstrumentId,
) -> Result<Watchlist, Refusal> {
    let operation = Add::build(AddVariables { input: WatchlistAddInput { watchlist, instrument } });
    let payload = session.call(&operation).await?.watchlist_add;
    changed(payload.watchlist, payload.user_errors)
}

#[derive(cynic::InputObject)]
struct WatchlistRemoveInput {
    watchlist: WatchlistId,
    instrument: InstrumentId,
}

#[derive(cynic::QueryVariables)]
struct RemoveVariables {
    input: WatchlistRemoveInput,
}

#[derive(cynic::QueryFragment)]
struct WatchlistRemovePayload {
    watchlist: Option<Watchlist>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RemoveVariables")]
struct Remove {
    #[arguments(input: $input)]
    watchlist_remove: WatchlistRemovePayload,
}

/// Takes an instrument out of a list.
pub async fn remove(
    session: Session,
    watchlist: WatchlistId,
    instrument: InstrumentId,
) -> Result<Watchlist, Refusal> {
    let operation = Remove::build(RemoveVariables { input: WatchlistRemoveInput { watchlist, instrument } });
    let payload = session.call(&operation).await?.watchlist_remove;
    changed(payload.watchlist, payload.user_errors)
}

#[derive(cynic::InputObject)]
struct WatchlistReorderInput {
    watchlist: WatchlistId,
    instruments: Vec<InstrumentId>,
}

#[derive(cynic::QueryVariables)]
struct ReorderVariables {
    input: WatchlistReorderInput,
}

#[derive(cynic::QueryFragment)]
struct WatchlistReorderPayload {
    watchlist: Option<Watchlist>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "ReorderVariables")]
struct Reorder {
    #[arguments(input: $input)]
    watchlist_reorder: WatchlistReorderPayload,
}

/// Puts the instruments of a list in this order.
pub async fn reorder(
    session: Session,
    watchlist: WatchlistId,
    instruments: Vec<InstrumentId>,
) -> Result<Watchlist, Refusal> {
    let operation =
        Reorder::build(ReorderVariables { input: WatchlistReorderInput { watchlist, instruments } });
    let payload = session.call(&operation).await?.watchlist_reorder;
    changed(payload.watchlist, payload.user_errors)
}

#[derive(cynic::InputObject)]
struct WatchlistDeleteInput {
    watchlist: WatchlistId,
}

#[derive(cynic::QueryVariables)]
struct DeleteVariables {
    input: WatchlistDeleteInput,
}

#[derive(cynic::QueryFragment)]
struct WatchlistDeletePayload {
    deleted_watchlist_id: Option<WatchlistId>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "DeleteVariables")]
struct Delete {
    #[arguments(input: $input)]
    watchlist_delete: WatchlistDeletePayload,
}

/// Deletes a list.
pub async fn delete(session: Session, watchlist: WatchlistId) -> Result<(), Refusal> {
    let operation = Delete::build(DeleteVariables { input: WatchlistDeleteInput { watchlist } });
    let payload = session.call(&operation).await?.watchlist_delete;
    payload.deleted_watchlist_id.map(|_| ()).ok_or(Refusal::User(payload.user_errors))
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![
        query::<All, ()>(),
        mutation::<Create, CreateVariables>(),
        mutation::<Rename, RenameVariables>(),
        mutation::<Add, AddVariables>(),
        mutation::<Remove, RemoveVariables>(),
        mutation::<Reorder, ReorderVariables>(),
        mutation::<Delete, DeleteVariables>(),
    ]
}

//! The GraphQL schema, by noun. A resolver parses its input, calls a use case and wraps the result.

use std::sync::Arc;

use async_graphql::extensions::ExtensionFactory;
use async_graphql::{Context, MergedObject, MergedSubscription, SDLExportOptions};

use crate::core::Core;
use crate::http::Caller;

pub mod alert;
pub mod api_key;
pub mod audit;
pub mod bar;
pub mod complexity;
pub mod connection;
pub mod depth;
pub mod error;
pub mod guard;
pub mod indicator;
pub mod instrument;
pub mod layout;
pub mod loader;
pub mod node;
pub mod page;
pub mod password;
pub mod quote;
pub mod scalar;
pub mod second_factor;
pub mod session;
pub mod starter;
pub mod system;
pub mod trade;
pub mod user;
pub mod volume_profile;
pub mod watchlist;
pub mod webhook;

/// The deepest nesting of fields; the usual introspection query has 15.
const MAX_DEPTH: usize = 20;

/// The most aliases in one operation.
const MAX_ALIASES: usize = 30;

/// The most directives on one field.
const MAX_DIRECTIVES: usize = 5;

/// What can be asked.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct Query(
    user::UserQuery,
    audit::AuditQuery,
    node::NodeQuery,
    instrument::InstrumentQuery,
    quote::QuoteQuery,
    bar::BarQuery,
    trade::TradeQuery,
    depth::DepthQuery,
    indicator::IndicatorQuery,
    volume_profile::VolumeProfileQuery,
    watchlist::WatchlistQuery,
    alert::AlertQuery,
    alert::AlertEventQuery,
    webhook::WebhookQuery,
    layout::LayoutQuery,
    system::SystemQuery,
);

/// What can be done.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct Mutation(
    user::UserMutation,
    user::AdministrationMutation,
    password::PasswordMutation,
    session::SessionMutation,
    session::OpenSessionMutation,
    api_key::ApiKeyMutation,
    second_factor::SecondFactorMutation,
    watchlist::WatchlistMutation,
    alert::AlertMutation,
    alert::AlertEventMutation,
    webhook::WebhookMutation,
    user::EmailMutation,
    layout::LayoutMutation,
);

/// What can be followed. An operation has one root field.
#[derive(MergedSubscription, Default)]
#[graphql(name = "Subscription")]
pub struct Subscription(
    quote::QuoteSubscription,
    bar::BarSubscription,
    trade::TradeSubscription,
    depth::DepthSubscription,
    indicator::IndicatorSubscription,
    alert::AlertEventSubscription,
    system::SystemSubscription,
);

/// The schema with everything it needs.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .limit_depth(MAX_DEPTH)
        .limit_aliases(MAX_ALIASES)
        .limit_directives(MAX_DIRECTIVES)
        .disable_suggestions()
}

/// The schema over these services.
pub(crate) fn schema(core: Arc<Core>) -> Schema {
    builder()
        .data(loader::instruments(&core))
        .data(loader::quotes(&core))
        .data(loader::users(&core))
        .data(loader::keys(&core))
        .data(loader::keys_of_users(&core))
        .data(loader::alerts_of_users(&core))
        .data(loader::webhooks_of_users(&core))
        .data(loader::mailboxes(&core))
        .data(core)
        .finish()
}

/// A schema over nothing, for an extension that ends each request before it is executed.
pub(crate) fn measuring(extension: impl ExtensionFactory) -> Schema {
    builder().extension(extension).finish()
}

/// The contract: the schema in GraphQL's own language, as committed in `schema.graphql`.
pub fn sdl() -> String {
    let options =
        SDLExportOptions::new().include_specified_by().prefer_single_line_descriptions().use_space_ident();
    let printed = builder().finish().sdl_with_options(options);
    format!("{}\n", printed.trim_end())
}

/// What every resolver reaches the rest through.
pub(crate) fn core<'c>(context: &Context<'c>) -> &'c Arc<Core> {
    context.data_unchecked::<Arc<Core>>()
}

/// Who is asking.
pub(crate) fn caller<'c>(context: &Context<'c>) -> &'c Caller {
    context.data_unchecked::<Caller>()
}

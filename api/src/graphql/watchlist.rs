//! Watchlists: the instruments that a user keeps an eye on.

use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::error::{Error as DomainError, Refusal, RefusalCode};
use domain::instrument::InstrumentId;
use domain::user::Permission;
use domain::watchlist::MAX_INSTRUMENTS;

use crate::graphql::core;
use crate::graphql::error::{UserError, payload, top_level};
use crate::graphql::guard::{Requires, permitted, user};
use crate::graphql::instrument::Instrument;
use crate::graphql::loader::Instruments;
use crate::graphql::node::{GlobalId, given};
use crate::graphql::scalar::DateTime;

/// The instruments that a user keeps an eye on, in the user's order.
pub struct Watchlist(domain::watchlist::Watchlist);

impl From<domain::watchlist::Watchlist> for Watchlist {
    fn from(watchlist: domain::watchlist::Watchlist) -> Self {
        Self(watchlist)
    }
}

/// The instruments that a user keeps an eye on, in the user's order.
#[Object]
impl Watchlist {
    /// The opaque id; `node` follows it.
    pub async fn id(&self) -> ID {
        GlobalId::Watchlist(self.0.id).encode()
    }

    /// What its owner called it.
    async fn name(&self) -> &str {
        self.0.name.as_str()
    }

    /// What is in it, each once; at most 200.
    #[graphql(complexity = "1 + 20 * child_complexity")]
    async fn instruments(&self, context: &Context<'_>) -> Result<Vec<Instrument>> {
        let loader = context.data_unchecked::<DataLoader<Instruments>>();
        let found = loader.load_many(self.0.instruments.iter().copied()).await?;
        Ok(self
            .0
            .instruments
            .iter()
            .filter_map(|id| found.get(id))
            .map(|one| Instrument(Arc::clone(one)))
            .collect())
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

/// A new watchlist.
#[derive(InputObject)]
pub struct WatchlistCreateInput {
    /// What to call it: 1 to 60 characters, unique among your lists.
    name: String,
    /// The ids of what is in it from the start; at most 200.
    instruments: Option<Vec<ID>>,
}

/// A new name for a watchlist.
#[derive(InputObject)]
pub struct WatchlistRenameInput {
    /// The id of the watchlist.
    watchlist: ID,
    /// What to call it: 1 to 60 characters, unique among your lists.
    name: String,
}

/// A watchlist that goes away.
#[derive(InputObject)]
pub struct WatchlistDeleteInput {
    /// The id of the watchlist.
    watchlist: ID,
}

/// An instrument for a watchlist.
#[derive(InputObject)]
pub struct WatchlistAddInput {
    /// The id of the watchlist.
    watchlist: ID,
    /// The id of the instrument.
    instrument: ID,
}

/// An instrument that leaves a watchlist.
#[derive(InputObject)]
pub struct WatchlistRemoveInput {
    /// The id of the watchlist.
    watchlist: ID,
    /// The id of the instrument.
    instrument: ID,
}

/// A new order for a watchlist.
#[derive(InputObject)]
pub struct WatchlistReorderInput {
    /// The id of the watchlist.
    watchlist: ID,
    /// The ids of exactly the instruments that are in it, each once, in the new order.
    instruments: Vec<ID>,
}

macro_rules! watchlist_payload {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The watchlist as it is now; null where the change was refused.
            watchlist: Option<Watchlist>,
            /// Why it was refused; empty where it was not.
            user_errors: Vec<UserError>,
        }

        impl $name {
            fn of(changed: Result<domain::watchlist::Watchlist, DomainError>) -> Result<Self> {
                let (watchlist, user_errors) = payload(changed)?;
                Ok(Self { watchlist: watchlist.map(Watchlist), user_errors })
            }
        }
    };
}

watchlist_payload! {
    /// What became of a new watchlist.
    WatchlistCreatePayload
}
watchlist_payload! {
    /// What became of a new name.
    WatchlistRenamePayload
}
watchlist_payload! {
    /// What became of an addition.
    WatchlistAddPayload
}
watchlist_payload! {
    /// What became of a removal.
    WatchlistRemovePayload
}
watchlist_payload! {
    /// What became of a new order.
    WatchlistReorderPayload
}

/// What became of a deletion.
#[derive(SimpleObject)]
pub struct WatchlistDeletePayload {
    /// The id of the list that is no more; null where the deletion was refused.
    deleted_watchlist_id: Option<ID>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct WatchlistQuery;

#[Object]
impl WatchlistQuery {
    /// Your watchlists, oldest first; at most 50.
    #[graphql(complexity = "1 + 10 * child_complexity")]
    async fn watchlists(&self, context: &Context<'_>) -> Option<Result<Vec<Watchlist>>> {
        permitted(context, Permission::ReadMarket, list(context)).await
    }
}

async fn list(context: &Context<'_>) -> Result<Option<Vec<Watchlist>>> {
    let lists = core(context).services.watchlists.list(user(context)?.id).await.map_err(top_level)?;
    Ok(Some(lists.into_iter().map(Watchlist).collect()))
}

#[derive(Default)]
pub struct WatchlistMutation;

#[Object]
impl WatchlistMutation {
    /// Makes a watchlist.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn watchlist_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new watchlist.")] input: WatchlistCreateInput,
    ) -> Result<WatchlistCreatePayload> {
        let owner = user(context)?.id;
        let created = async {
            let instruments = known(context, &input.instruments.unwrap_or_default()).await?;
            core(context).services.watchlists.create(owner, &input.name, instruments).await
        };
        WatchlistCreatePayload::of(created.await)
    }

    /// Renames a watchlist.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn watchlist_rename(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which, and its new name.")] input: WatchlistRenameInput,
    ) -> Result<WatchlistRenamePayload> {
        let owner = user(context)?.id;
        let renamed = async {
            let id = given("watchlist", &input.watchlist)?;
            core(context).services.watchlists.rename(owner, id, &input.name).await
        };
        WatchlistRenamePayload::of(renamed.await)
    }

    /// Deletes a watchlist.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn watchlist_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] input: WatchlistDeleteInput,
    ) -> Result<WatchlistDeletePayload> {
        let owner = user(context)?.id;
        let deleted = async {
            core(context).services.watchlists.delete(owner, given("watchlist", &input.watchlist)?).await
        };
        let (done, user_errors) = payload(deleted.await)?;
        Ok(WatchlistDeletePayload { deleted_watchlist_id: done.map(|()| input.watchlist), user_errors })
    }

    /// Puts an instrument at the end of a watchlist; one that is in it already stays where it is.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn watchlist_add(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which, and what to add.")] input: WatchlistAddInput,
    ) -> Result<WatchlistAddPayload> {
        let owner = user(context)?.id;
        let added = async {
            let id = given("watchlist", &input.watchlist)?;
            let instrument = given("instrument", &input.instrument)?;
            core(context).services.watchlists.add(owner, id, instrument).await
        };
        WatchlistAddPayload::of(added.await)
    }

    /// Takes an instrument out of a watchlist; one that is not in it is no error.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn watchlist_remove(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which, and what to take out.")] input: WatchlistRemoveInput,
    ) -> Result<WatchlistRemovePayload> {
        let owner = user(context)?.id;
        let removed = async {
            let id = given("watchlist", &input.watchlist)?;
            let instrument = given("instrument", &input.instrument)?;
            core(context).services.watchlists.remove(owner, id, instrument).await
        };
        WatchlistRemovePayload::of(removed.await)
    }

    /// Puts the instruments of a watchlist in another order.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn watchlist_reorder(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which, and the new order.")] input: WatchlistReorderInput,
    ) -> Result<WatchlistReorderPayload> {
        let owner = user(context)?.id;
        let reordered = async {
            let id = given("watchlist", &input.watchlist)?;
            let instruments = instruments(&input.instruments)?;
            core(context).services.watchlists.reorder(owner, id, &instruments).await
        };
        WatchlistReorderPayload::of(reordered.await)
    }
}

fn instruments(ids: &[ID]) -> Result<Vec<InstrumentId>, Refusal> {
    if ids.len() > MAX_INSTRUMENTS {
        let message = format!("a watchlist has at most {MAX_INSTRUMENTS} instruments");
        return Err(Refusal::of("instruments", RefusalCode::LimitReached, message));
    }
    ids.iter().map(|id| given("instruments", id)).collect()
}

/// The instruments that these ids name, each once; all must be known.
async fn known(context: &Context<'_>, ids: &[ID]) -> Result<Vec<InstrumentId>, DomainError> {
    let mut unique = Vec::with_capacity(ids.len());
    for id in instruments(ids)? {
        if !unique.contains(&id) {
            unique.push(id);
        }
    }
    let found = core(context).services.instruments.find(&unique).await?;
    if found.len() < unique.len() {
        let message = "one of these instruments is not known; find it with `instruments` first";
        return Err(Refusal::of("instruments", RefusalCode::NotFound, message).into());
    }
    Ok(unique)
}

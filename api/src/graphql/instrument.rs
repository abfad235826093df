//! Instruments: what can be quoted and traded, and how to find it.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, ID, Object, Result};
use domain::desk::{DeskAnswer, DeskQuestion};
use domain::error::{Refusal, RefusalCode};
use domain::instrument::InstrumentId;
use domain::user::Permission;

use crate::graphql::complexity::of_page;
use crate::graphql::core;
use crate::graphql::error::{internal, top_level};
use crate::graphql::guard::permitted;
use crate::graphql::loader::{Instruments, Quotes};
use crate::graphql::node::{GlobalId, asked};
use crate::graphql::page::{InstrumentConnection, Page};
use crate::graphql::quote::Quote;
use crate::graphql::scalar::Decimal;

/// How long the desk may take for a search.
const SEARCH_DEADLINE: Duration = Duration::from_secs(10);

/// The most that a search finds.
const MAX_FOUND: usize = 20;

/// The longest text that is searched for.
const MAX_SEARCH: usize = 64;

/// What kind of thing an instrument is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::instrument::AssetClass")]
pub enum AssetClass {
    /// A share of a company.
    Stock,
    /// An exchange-traded fund.
    Etf,
    /// A currency pair.
    Fx,
    /// A future.
    Future,
    /// An index: quoted, not traded.
    Index,
    /// An option.
    Option,
    /// A bond.
    Bond,
    /// A crypto currency.
    Crypto,
}

/// Whether money is at stake.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::world::Environment")]
pub enum Environment {
    /// Generated or replayed markets; no broker is involved.
    Simulated,
    /// A broker's paper account.
    Paper,
    /// A broker's live account: real money.
    Live,
}

/// An instrument as one broker connection knows it.
#[derive(Clone)]
pub struct Instrument(pub Arc<domain::instrument::Instrument>);

/// An instrument as one broker connection knows it.
#[Object]
impl Instrument {
    /// The opaque id; `node` follows it.
    pub async fn id(&self) -> ID {
        GlobalId::Instrument(self.0.id).encode()
    }

    /// The symbol as traders write it: `AAPL`, `EUR.USD`, `ESZ6`.
    async fn symbol(&self) -> &str {
        &self.0.symbol
    }

    /// The full name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What kind of thing it is.
    async fn asset_class(&self) -> AssetClass {
        self.0.asset_class.into()
    }

    /// Where it is quoted: `SMART`, `IDEALPRO`, `CME`.
    async fn exchange(&self) -> &str {
        &self.0.exchange
    }

    /// Its home exchange, where the broker names one.
    async fn primary_exchange(&self) -> Option<&str> {
        self.0.primary_exchange.as_deref()
    }

    /// The currency of its price, ISO 4217.
    async fn currency(&self) -> &str {
        &self.0.currency
    }

    /// The smallest step of its price.
    async fn price_increment(&self) -> Decimal {
        self.0.price_increment.into()
    }

    /// How many units of the underlying one contract stands for; 1 for shares.
    async fn multiplier(&self) -> Decimal {
        self.0.multiplier.into()
    }

    /// The IANA time zone of its trading day: `America/New_York`.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// The broker connection that knows it.
    async fn connection(&self) -> &str {
        self.0.connection.as_str()
    }

    /// The world it belongs to.
    async fn environment(&self) -> Environment {
        self.0.environment.into()
    }

    /// The latest quote; null where none is known.
    async fn quote(&self, context: &Context<'_>) -> Option<Result<Quote>> {
        let loaded = context.data_unchecked::<DataLoader<Quotes>>().load_one(self.0.id).await.transpose()?;
        Some(loaded.map(|shown| Quote { instrument: Arc::clone(&self.0), shown }))
    }
}

/// The instrument that `id` names; `None` where it is not known.
pub async fn find(context: &Context<'_>, id: InstrumentId) -> Result<Option<Instrument>> {
    Ok(context.data_unchecked::<DataLoader<Instruments>>().load_one(id).await?.map(Instrument))
}

/// The instrument that a client names by its opaque id; an error where it is not known.
pub async fn named(context: &Context<'_>, id: &ID) -> Result<Instrument> {
    find(context, asked(id)?).await?.ok_or_else(not_found)
}

/// The error for an instrument that nobody found yet.
pub fn not_found() -> async_graphql::Error {
    let message = "there is no such instrument; find it with `instruments` first";
    top_level(Refusal::of("instrument", RefusalCode::NotFound, message).into())
}

#[derive(Default)]
pub struct InstrumentQuery;

#[Object]
impl InstrumentQuery {
    /// The instrument of this id; null where it is not known.
    async fn instrument(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of an instrument.")] id: ID,
    ) -> Option<Result<Instrument>> {
        permitted(context, Permission::ReadMarket, async { find(context, asked(&id)?).await }).await
    }

    /// Asks the broker for instruments whose symbol or name matches; at most 20, the best match first.
    #[graphql(complexity = "of_page(first, MAX_FOUND, child_complexity)")]
    async fn instruments(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A symbol, its beginning, or a part of the name: 1 to 64 characters.")]
        search: String,
        #[graphql(desc = "How many at most: 1 to 100; all by default.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins.")] after: Option<String>,
    ) -> Option<Result<InstrumentConnection>> {
        let found = search_page(context, &search, first, after.as_deref());
        permitted(context, Permission::ReadMarket, async { found.await.map(Some) }).await
    }
}

async fn search_page(
    context: &Context<'_>,
    search: &str,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<InstrumentConnection> {
    let page = Page::parse(first, after).map_err(|refusal| top_level(refusal.into()))?;
    let text = parse_search(search).map_err(|refusal| top_level(refusal.into()))?;
    let services = &core(context).services;
    let answer = services.desk.ask(DeskQuestion::Search(text), SEARCH_DEADLINE).await;
    let found = match answer.map_err(|error| top_level(error.into()))? {
        DeskAnswer::Instruments(found) => found,
        DeskAnswer::Bars(_) | DeskAnswer::Ticks(_) => return Err(internal(&WrongAnswer)),
    };
    services.instruments.put(&found).await.map_err(|error| top_level(error.into()))?;
    Ok(page.of(found))
}

/// The desk answered a question that was not asked.
#[derive(Debug, thiserror::Error)]
#[error("the desk's answer does not fit the question")]
pub struct WrongAnswer;

fn parse_search(search: &str) -> Result<String, Refusal> {
    let text = search.trim();
    let refuse = |message| Err(Refusal::of("search", RefusalCode::Invalid, message));
    if text.is_empty() || text.chars().count() > MAX_SEARCH {
        return refuse("give 1 to 64 characters to search for");
    }
    if text.chars().any(char::is_control) {
        return refuse("a search has no control characters");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_has_something_to_search_for() {
        assert_eq!(parse_search(" aapl ").unwrap(), "aapl");
        for bad in ["", "  ", "a\u{0}b", &"x".repeat(65)] {
            assert!(parse_search(bad).is_err(), "{bad:?}");
        }
    }
}

//! Instruments, and the search for them.

use cynic::QueryBuilder;

use super::document::query;
use super::failure::Failure;
use super::scalar::Decimal;
use super::schema;
use super::system::Environment;
use crate::session::Session;

/// The id of an instrument.
pub type InstrumentId = cynic::Id;

/// What kind of thing it is.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum AssetClass {
    Stock,
    Etf,
    Fx,
    Future,
    Index,
    Option,
    Bond,
    Crypto,
}

/// Something that has a price.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Its id.
    pub id: InstrumentId,
    /// Its ticker.
    pub symbol: String,
    /// Its full name.
    pub name: String,
    /// Its kind.
    pub asset_class: AssetClass,
    /// Where orders for it go.
    pub exchange: String,
    /// Where it is listed.
    pub primary_exchange: Option<String>,
    /// What its price is in.
    pub currency: String,
    /// The smallest step of its price.
    pub price_increment: Decimal,
    /// Its world.
    pub environment: Environment,
}

impl Instrument {
    /// Where it is listed, else where orders for it go.
    pub fn market(&self) -> &str {
        self.primary_exchange.as_deref().unwrap_or(&self.exchange)
    }
}

/// What to look for.
#[derive(cynic::QueryVariables)]
struct SearchVariables {
    search: String,
    first: Option<i32>,
}

#[derive(cynic::QueryFragment)]
struct InstrumentConnection {
    nodes: Vec<Instrument>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "SearchVariables")]
struct Search {
    #[arguments(search: $search, first: $first)]
    instruments: Option<InstrumentConnection>,
}

/// The best matches of a ticker or a name.
pub async fn search(session: Session, text: String) -> Result<Vec<Instrument>, Failure> {
    let operation = Search::build(SearchVariables { search: text, first: Some(12) });
    let found = session.call(&operation).await?.instruments.ok_or(Failure::Unreachable)?;
    Ok(found.nodes)
}

#[derive(cynic::QueryVariables)]
struct ByIdVariables {
    id: InstrumentId,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ByIdVariables")]
struct InstrumentById {
    #[arguments(id: $id)]
    instrument: Option<Instrument>,
}

/// The instrument of this id; none where it is not known any more.
pub async fn by_id(session: Session, id: InstrumentId) -> Result<Option<Instrument>, Failure> {
    Ok(session.call(&InstrumentById::build(ByIdVariables { id })).await?.instrument)
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![query::<Search, SearchVariables>(), query::<InstrumentById, ByIdVariables>()]
}

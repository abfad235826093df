//! Finding instruments by what a trader types.
//!
//! IB's own search knows symbols and company names, but neither currency pairs nor single futures: those are
//! asked for beside it. Every find is completed to a full instrument by its contract details.

mod wording;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::instrument::{AssetClass, Instrument};
use domain::market_data::SourceError;
use domain::world::Environment;
use futures::stream::{self, StreamExt};
use futures::{FutureExt, future};
use ibapi::contracts::{Contract, ContractDescription, ContractDetails, SecurityType};
use time::Date;
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;
use super::contract::{contract_by_id, instrument_of};
use super::link::Session;
use super::refusal::{is_unknown_contract, source_error};
use wording::{contract_named, local_symbol_of, pair_of, parse, rank};

const MAX_RESULTS: usize = 20;
const MAX_EXPIRIES: usize = 4;
/// The most roots whose futures are looked up for one search.
const MAX_ROOTS: usize = 3;
const CONCURRENCY: usize = 8;
/// Contract details change rarely: a name, a tick size.
const KEPT_FOR: Duration = Duration::from_hours(12);
const MOST_KEPT: usize = 5_000;

/// The search, and the contracts that it has met.
pub(super) struct Search {
    connection: Arc<Connection>,
    known: Mutex<HashMap<(Environment, i32), (Instrument, Instant)>>,
    next_turn: Mutex<Instant>,
}

/// A find, and the symbol of what it derives from.
struct Find {
    instrument: Instrument,
    root: String,
}

impl Search {
    /// A search through this connection.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, known: Mutex::default(), next_turn: Mutex::new(Instant::now()) }
    }

    /// What matches `text`, best match first.
    pub(super) async fn find(&self, text: &str) -> Result<Vec<Instrument>, SourceError> {
        let text = parse(text)?;
        let session = self.connection.session().await?;
        let (described, pair, future) = future::join3(
            self.described(&session, &text),
            self.look_up(&session, pair_of(&text)),
            self.look_up(&session, local_symbol_of(&text)),
        )
        .await;
        let mut finds = Gathered::default();
        finds.add(pair);
        finds.add(future);
        finds.add(described);
        finds.best(&text)
    }

    /// The instruments of exactly these symbols and classes, in their order.
    pub(super) async fn named(
        &self,
        wanted: &[(String, AssetClass)],
    ) -> Result<Vec<Instrument>, SourceError> {
        let session = self.connection.session().await?;
        let lookups =
            wanted.iter().map(|(symbol, class)| self.look_up(&session, contract_named(symbol, *class)));
        let mut gathered = Gathered::default();
        for finds in future::join_all(lookups).await {
            gathered.add(finds.map(|finds| finds.into_iter().take(1).collect()));
        }
        Ok(gathered.finds()?.into_iter().map(|find| find.instrument).collect())
    }

    /// What IB's own search finds, completed.
    async fn described(&self, session: &Session, text: &str) -> Result<Vec<Find>, SourceError> {
        let descriptions = self.match_symbols(session, text).await?;
        let roots: Vec<Contract> = descriptions
            .iter()
            .filter(|description| is_root(description, text))
            .take(MAX_ROOTS)
            .map(futures_of)
            .collect();
        let ids: Vec<i32> = descriptions
            .iter()
            .map(|description| description.contract.contract_id)
            .filter(|id| *id > 0)
            .collect();
        let matches =
            stream::iter(ids).map(|id| self.by_id(session, id)).buffered(CONCURRENCY).collect::<Vec<_>>();
        let futures = future::join_all(roots.into_iter().map(|root| self.look_up(session, Some(root))));
        let (matches, futures) = future::join(matches, futures).await;
        let mut gathered = Gathered::default();
        matches.into_iter().chain(futures).for_each(|finds| gathered.add(finds));
        gathered.finds()
    }

    async fn match_symbols(
        &self,
        session: &Session,
        text: &str,
    ) -> Result<Vec<ContractDescription>, SourceError> {
        self.take_turn().await?;
        let pattern = text.to_owned();
        let asked = self
            .connection
            .ask(session, |client| async move { client.matching_symbols(&pattern).await }.boxed());
        asked.await.map_err(|error| source_error(&error, "the symbol search"))
    }

    /// IB allows one symbol search a second. Whoever would wait for longer than an answer is worth is told at once.
    async fn take_turn(&self) -> Result<(), SourceError> {
        let turn = {
            let mut next = lock(&self.next_turn);
            let now = Instant::now();
            let turn = (*next).max(now);
            if turn - now > self.connection.timings.answer {
                let message = "too many searches at this moment; try again shortly";
                return Err(SourceError::Unavailable(message.into()));
            }
            *next = turn + self.connection.timings.search_interval;
            turn
        };
        sleep_until(turn).await;
        Ok(())
    }

    async fn by_id(&self, session: &Session, id: i32) -> Result<Vec<Find>, SourceError> {
        if let Some(instrument) = self.known(session.environment, id) {
            return Ok(vec![Find { root: instrument.symbol.clone(), instrument }]);
        }
        self.look_up(session, Some(contract_by_id(id))).await
    }

    /// All that IB knows under this description; nothing where there is none.
    async fn look_up(&self, session: &Session, contract: Option<Contract>) -> Result<Vec<Find>, SourceError> {
        let Some(contract) = contract else { return Ok(Vec::new()) };
        let wait = self.connection.timings.answer;
        let asked = self.connection.ask(session, |client| {
            async move {
                client.contract_details_stream(&contract).subscribe().await?.collect_to_end_within(wait).await
            }
            .boxed()
        });
        match asked.await {
            Ok(details) => Ok(self.complete(session, details)),
            Err(error) if is_unknown_contract(&error) => Ok(Vec::new()),
            Err(error) => Err(source_error(&error, "the contract search")),
        }
    }

    fn complete(&self, session: &Session, mut details: Vec<ContractDetails>) -> Vec<Find> {
        let today = self.connection.now().date();
        if details.iter().any(|row| row.contract.security_type == SecurityType::Future) {
            details.retain(|row| expiry_of(row).is_none_or(|expiry| expiry >= today));
            details.sort_by_key(expiry_of);
            details.truncate(MAX_EXPIRIES);
        }
        let finds = details.iter().filter_map(|row| {
            let instrument = instrument_of(row, &self.connection.id, session.environment)?;
            self.keep(&instrument, row.contract.contract_id);
            Some(Find { instrument, root: row.contract.symbol.to_string() })
        });
        finds.collect()
    }

    fn known(&self, environment: Environment, id: i32) -> Option<Instrument> {
        let known = lock(&self.known);
        let (instrument, since) = known.get(&(environment, id))?;
        (since.elapsed() < KEPT_FOR).then(|| instrument.clone())
    }

    fn keep(&self, instrument: &Instrument, id: i32) {
        let mut known = lock(&self.known);
        if known.len() >= MOST_KEPT {
            known.clear();
        }
        known.insert((instrument.environment, id), (instrument.clone(), Instant::now()));
    }
}

/// What several lookups found. One that failed only matters where nothing was found at all.
#[derive(Default)]
struct Gathered {
    finds: Vec<Find>,
    failure: Option<SourceError>,
}

impl Gathered {
    fn add(&mut self, finds: Result<Vec<Find>, SourceError>) {
        match finds {
            Ok(finds) => self.finds.extend(finds),
            Err(error) => {
                tracing::info!(%error, "a part of a search failed");
                self.failure = Some(error);
            }
        }
    }

    fn finds(self) -> Result<Vec<Find>, SourceError> {
        match self.failure {
            Some(error) if self.finds.is_empty() => Err(error),
            _ => Ok(self.finds),
        }
    }

    fn best(self, text: &str) -> Result<Vec<Instrument>, SourceError> {
        let mut finds = self.finds()?;
        finds.sort_by_key(|find| rank(&find.instrument, &find.root, text));
        let mut best: Vec<Instrument> = Vec::new();
        for find in finds {
            if best.len() < MAX_RESULTS && best.iter().all(|other| other.id != find.instrument.id) {
                best.push(find.instrument);
            }
        }
        Ok(best)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether futures of this match are wanted: of an index or a future's root, or of exactly what was typed.
fn is_root(description: &ContractDescription, text: &str) -> bool {
    let contract = &description.contract;
    let has_futures = description.derivative_security_types.iter().any(|kind| kind == "FUT");
    let exact = contract.symbol.as_str().eq_ignore_ascii_case(text);
    has_futures && (exact || contract.security_type == SecurityType::Index)
}

fn futures_of(description: &ContractDescription) -> Contract {
    Contract {
        symbol: description.contract.symbol.clone(),
        security_type: SecurityType::Future,
        exchange: "".into(),
        currency: "".into(),
        ..Contract::default()
    }
}

/// The last trading day: `20261218`, or `20261218 08:30:00 US/Central`.
fn expiry_of(details: &ContractDetails) -> Option<Date> {
    let format = time::macros::format_description!("[year][month][day]");
    let text = &details.contract.last_trade_date_or_contract_month;
    details
        .contract
        .last_trade_date
        .or_else(|| Date::parse(text.get(..8)?, format).ok())
        .or_else(|| Date::parse(&details.real_expiration_date, format).ok())
}

#[cfg(test)]
mod tests {
    use domain::instrument::InstrumentId;
    use domain::world::ConnectionId;
    use rust_decimal::Decimal;

    use super::*;

    fn find(symbol: &str, root: &str, name: &str, asset_class: AssetClass) -> Find {
        let connection = ConnectionId::new("ib");
        let broker_id = symbol.bytes().fold(7, |id, byte| id * 31 % 1_000_003 + i64::from(byte));
        let instrument = Instrument {
            id: InstrumentId::derive(&connection, Environment::Simulated, broker_id),
            connection,
            environment: Environment::Simulated,
            broker_id,
            symbol: symbol.into(),
            name: name.into(),
            asset_class,
            exchange: "SMART".into(),
            primary_exchange: None,
            currency: "USD".into(),
            price_increment: Decimal::new(1, 2),
            multiplier: Decimal::ONE,
            time_zone: "America/New_York".into(),
        };
        Find { instrument, root: root.into() }
    }

    #[test]
    fn the_best_match_comes_first() {
        let gathered = Gathered {
            finds: vec![
                find("DIAX", "DIAX", "ESTATE FUND", AssetClass::Etf),
                find("ESTC", "ESTC", "ELASTIC NV", AssetClass::Stock),
                find("ESZ6", "ES", "E-mini S&P 500", AssetClass::Future),
                find("XX", "XX", "WESTERN", AssetClass::Stock),
                find("ES.", "ES", "E-mini S&P 500", AssetClass::Index),
                find("ES", "ES", "EVERSOURCE ENERGY", AssetClass::Stock),
                find("ES", "ES", "EVERSOURCE ENERGY", AssetClass::Stock),
            ],
            failure: Some(SourceError::Unavailable("one of them failed".into())),
        };
        let best = gathered.best("es").unwrap();
        let symbols: Vec<&str> = best.iter().map(|instrument| instrument.symbol.as_str()).collect();
        assert_eq!(symbols, ["ES", "ESZ6", "ES.", "ESTC", "DIAX", "XX"]);
    }

    #[test]
    fn a_failure_counts_where_nothing_was_found() {
        let failed = || Some(SourceError::Unavailable("late".into()));
        assert!(Gathered { finds: Vec::new(), failure: failed() }.best("x").is_err());
        assert_eq!(Gathered::default().best("x").unwrap(), Vec::new());
    }

    #[test]
    fn an_expiry_is_read_from_what_there_is() {
        let details = |text: &str, real: &str| ContractDetails {
            contract: Contract { last_trade_date_or_contract_month: text.into(), ..Contract::default() },
            real_expiration_date: real.into(),
            ..ContractDetails::default()
        };
        let december = time::macros::date!(2026 - 12 - 18);
        let cases = [
            (details("20261218", ""), Some(december)),
            (details("20261218 08:30:00 US/Central", ""), Some(december)),
            (details("202612", "20261218"), Some(december)),
            (details("", ""), None),
        ];
        for (details, expected) in cases {
            assert_eq!(expiry_of(&details), expected);
        }
    }
}

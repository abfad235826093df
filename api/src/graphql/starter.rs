//! The first watchlist: well-known instruments, so that a new desk has something to look at.

use std::sync::Arc;
use std::time::Duration;

use domain::desk::{DeskAnswer, DeskQuestion};
use domain::instrument::{AssetClass, Instrument};
use domain::user::UserId;

use crate::core::Core;

/// Each with the class that tells it from others of the same symbol.
const STARTERS: [(&str, AssetClass); 9] = [
    ("AAPL", AssetClass::Stock),
    ("MSFT", AssetClass::Stock),
    ("NVDA", AssetClass::Stock),
    ("AMZN", AssetClass::Stock),
    ("TSLA", AssetClass::Stock),
    ("SPY", AssetClass::Etf),
    ("QQQ", AssetClass::Etf),
    ("EUR.USD", AssetClass::Fx),
    ("ES", AssetClass::Future),
];

/// How long the user waits for it at most.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the desk may take for one search, so that the rest still fits into [`PATIENCE`].
const SEARCH: Duration = Duration::from_secs(4);

/// Makes the watchlist as well as can be done within five seconds: it stays empty where the desk is away.
pub async fn make_watchlist(core: Arc<Core>, owner: UserId) {
    let work = async {
        let searches = STARTERS.map(|(symbol, class)| find(&core, symbol, class));
        let found: Vec<Instrument> = futures::future::join_all(searches).await.into_iter().flatten().collect();
        let ids = match core.services.instruments.put(&found).await {
            Ok(()) => found.iter().map(|instrument| instrument.id).collect(),
            Err(error) => {
                tracing::warn!(%error, "the starter instruments could not be kept");
                Vec::new()
            }
        };
        if let Err(error) = core.services.watchlists.create(owner, "Watchlist", ids).await {
            tracing::warn!(%error, "the first watchlist could not be made");
        }
    };
    if tokio::time::timeout(PATIENCE, work).await.is_err() {
        tracing::warn!("the first watchlist could not be made in time");
    }
}

async fn find(core: &Core, symbol: &str, class: AssetClass) -> Option<Instrument> {
    match core.services.desk.ask(DeskQuestion::Search(symbol.to_owned()), SEARCH).await {
        Ok(DeskAnswer::Instruments(found)) => best_match(symbol, class, found),
        Ok(DeskAnswer::Bars(_)) => None,
        Err(error) => {
            tracing::info!(symbol, %error, "not found for the first watchlist");
            None
        }
    }
}

/// The first of exactly this symbol (of a future: its first contract), of the right class where there is one.
fn best_match(symbol: &str, class: AssetClass, found: Vec<Instrument>) -> Option<Instrument> {
    let mut exact: Vec<Instrument> =
        found.into_iter().filter(|instrument| instrument.symbol == symbol || is_contract(instrument, symbol)).collect();
    // The sort is stable: the best match stays first among equals.
    exact.sort_by_key(|instrument| instrument.asset_class != class);
    exact.into_iter().next()
}

/// Whether this is a contract of the future `root`: its symbol goes on with the month's letter and the year.
fn is_contract(instrument: &Instrument, root: &str) -> bool {
    let rest = instrument.symbol.strip_prefix(root).unwrap_or_default();
    let (month, year) = (rest.get(..1).unwrap_or_default(), rest.get(1..).unwrap_or_default());
    instrument.asset_class == AssetClass::Future
        && !month.is_empty()
        && "FGHJKMNQUVXZ".contains(month)
        && (1..=2).contains(&year.len())
        && year.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use domain::instrument::InstrumentId;
    use domain::world::{ConnectionId, Environment};
    use rust_decimal::Decimal;

    use super::*;

    fn instrument(symbol: &str, asset_class: AssetClass) -> Instrument {
        let connection = ConnectionId::new("ib");
        Instrument {
            id: InstrumentId::derive(&connection, Environment::Simulated, 1),
            connection,
            environment: Environment::Simulated,
            broker_id: 1,
            symbol: symbol.to_owned(),
            name: symbol.to_owned(),
            asset_class,
            exchange: "SMART".into(),
            primary_exchange: None,
            currency: "USD".into(),
            price_increment: Decimal::ONE,
            multiplier: Decimal::ONE,
            time_zone: "UTC".into(),
        }
    }

    #[test]
    fn the_right_instrument_is_taken() {
        use AssetClass::{Etf, Future, Stock};
        let cases = [
            ("AAPL", Stock, vec![("AAPLW", Stock), ("AAPL", Stock)], Some("AAPL")),
            ("ES", Future, vec![("ES", Stock), ("ESTX50", Future), ("ESZ6", Future), ("ESH7", Future)], Some("ESZ6")),
            ("ES", Future, vec![("ES", Stock)], Some("ES")),
            ("SPY", Etf, vec![("SPYG", Etf), ("SP", Stock)], None),
        ];
        for (symbol, class, found, expected) in cases {
            let found = found.into_iter().map(|(symbol, class)| instrument(symbol, class)).collect();
            let best = best_match(symbol, class, found).map(|instrument| instrument.symbol);
            assert_eq!(best.as_deref(), expected, "{symbol}");
        }
    }
}

//! The first watchlist: well-known instruments, so that a new desk has something to look at.

use std::sync::Arc;
use std::time::Duration;

use domain::desk::{DeskAnswer, DeskQuestion};
use domain::instrument::{AssetClass, Instrument};
use domain::user::UserId;

use crate::core::Core;

const SYMBOLS: [&str; 9] = ["AAPL", "MSFT", "NVDA", "AMZN", "TSLA", "SPY", "QQQ", "EUR.USD", "ES"];

/// How long the user waits for it at most.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the desk may take for one search, so that the rest still fits into [`PATIENCE`].
const SEARCH: Duration = Duration::from_secs(4);

/// Makes the watchlist as well as can be done within five seconds: it stays empty where the desk is away.
pub async fn make_watchlist(core: Arc<Core>, owner: UserId) {
    let work = async {
        let searches = SYMBOLS.map(|symbol| find(&core, symbol));
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

async fn find(core: &Core, symbol: &str) -> Option<Instrument> {
    match core.services.desk.ask(DeskQuestion::Search(symbol.to_owned()), SEARCH).await {
        Ok(DeskAnswer::Instruments(found)) => best_match(symbol, found),
        Ok(DeskAnswer::Bars(_)) => None,
        Err(error) => {
            tracing::info!(symbol, %error, "not found for the first watchlist");
            None
        }
    }
}

/// The instrument of exactly this symbol or, for the root of a future, the first of its contracts.
fn best_match(symbol: &str, found: Vec<Instrument>) -> Option<Instrument> {
    let contract = |instrument: &Instrument| {
        instrument.asset_class == AssetClass::Future
            && instrument.symbol.strip_prefix(symbol).is_some_and(|rest| {
                let mut letters = rest.chars();
                letters.next().is_some_and(|month| "FGHJKMNQUVXZ".contains(month))
                    && (1..=2).contains(&letters.as_str().len())
                    && letters.as_str().bytes().all(|byte| byte.is_ascii_digit())
            })
    };
    let position = found
        .iter()
        .position(|instrument| instrument.symbol == symbol && symbol != "ES")
        .or_else(|| found.iter().position(contract))
        .or_else(|| found.iter().position(|instrument| instrument.symbol == symbol))?;
    found.into_iter().nth(position)
}

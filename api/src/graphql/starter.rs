//! The first watchlist: well-known instruments, so that a new desk has something to look at.

use std::sync::Arc;
use std::time::Duration;

use domain::desk::{DeskAnswer, DeskQuestion};
use domain::error::Error;
use domain::instrument::{AssetClass, InstrumentId};
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

/// How long the desk may take to find the instruments, so that the rest still fits into [`PATIENCE`].
const DESK: Duration = Duration::from_secs(4);

/// Makes the watchlist as well as can be done within five seconds: it stays empty where the desk is away.
pub async fn make_watchlist(core: Arc<Core>, owner: UserId) {
    let work = async {
        let instruments = find(&core).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the first watchlist stays empty");
            Vec::new()
        });
        core.services.watchlists.create(owner, "Watchlist", instruments).await
    };
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the first watchlist could not be made"),
        Err(_) => tracing::warn!("the first watchlist could not be made in time"),
    }
}

/// The same for somebody who may have watchlists already.
pub async fn make_watchlist_where_none(core: Arc<Core>, owner: UserId) {
    match core.services.watchlists.list(owner).await {
        Ok(lists) if lists.is_empty() => make_watchlist(core, owner).await,
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the first watchlist could not be made"),
    }
}

async fn find(core: &Core) -> Result<Vec<InstrumentId>, Error> {
    let wanted = STARTERS.map(|(symbol, class)| (symbol.to_owned(), class)).to_vec();
    let DeskAnswer::Instruments(found) = core.services.desk.ask(DeskQuestion::Named(wanted), DESK).await?
    else {
        return Ok(Vec::new());
    };
    core.services.instruments.put(&found).await?;
    Ok(found.iter().map(|instrument| instrument.id).collect())
}

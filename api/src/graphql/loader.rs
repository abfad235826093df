//! Batched look-ups for child lists: what a whole response asks for goes to the store or the bus at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Error;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::{TokioSpawner, TokioTimer};
use domain::instrument::{Instrument, InstrumentId};

use crate::core::Core;
use crate::feed::Shown;
use crate::graphql::error::top_level;

/// Instruments by id.
pub struct Instruments(Arc<Core>);

impl Loader<InstrumentId> for Instruments {
    type Value = Arc<Instrument>;
    type Error = Error;

    async fn load(&self, ids: &[InstrumentId]) -> Result<HashMap<InstrumentId, Self::Value>, Error> {
        let found = self.0.services.instruments.find(ids).await.map_err(|error| top_level(error.into()))?;
        Ok(found.into_iter().map(|instrument| (instrument.id, Arc::new(instrument))).collect())
    }
}

/// The latest quotes by instrument.
pub struct Quotes(Arc<Core>);

impl Loader<InstrumentId> for Quotes {
    type Value = Shown<domain::quote::Quote>;
    type Error = Error;

    async fn load(&self, ids: &[InstrumentId]) -> Result<HashMap<InstrumentId, Self::Value>, Error> {
        let latest = self.0.feed.latest(ids).await.map_err(top_level)?;
        Ok(latest.into_iter().map(|shown| (shown.value.instrument, shown)).collect())
    }
}

/// A loader of instruments.
pub fn instruments(core: &Arc<Core>) -> DataLoader<Instruments> {
    DataLoader::new(Instruments(Arc::clone(core)), TokioSpawner::current(), TokioTimer::default())
}

/// A loader of quotes.
pub fn quotes(core: &Arc<Core>) -> DataLoader<Quotes> {
    DataLoader::new(Quotes(Arc::clone(core)), TokioSpawner::current(), TokioTimer::default())
}

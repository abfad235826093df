//! The lines of one kind: how many there are, and how they are given back.

use std::sync::Arc;
use std::time::Duration;

use domain::RefusalCode;
use domain::instrument::Instrument;
use domain::market_data::{LineKind, SourceError, SourceEvent};
use futures::stream::{BoxStream, StreamExt, unfold};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::Line;
use super::flow::{Flow, Wire};
use super::interval::Interval;
use crate::ib::budget::Class;
use crate::ib::connection::Connection;

/// The right to hold one line, given back when its last holder lets go.
pub(super) type Slot = Arc<OwnedSemaphorePermit>;

/// What the lines of one kind share.
#[derive(Clone)]
pub(in crate::ib) struct Lines {
    pub(super) connection: Arc<Connection>,
    limit: usize,
    pub(super) slots: Arc<Semaphore>,
    pub(super) interval: Arc<Interval>,
    pub(super) runtime: Handle,
}

impl Lines {
    /// So many lines of one kind, none of them in use; for each instrument they are asked for at this interval at most.
    pub(in crate::ib) fn new(connection: Arc<Connection>, limit: usize, interval: Duration) -> Self {
        Self {
            connection,
            limit,
            slots: Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS))),
            interval: Arc::new(Interval::new(interval)),
            runtime: Handle::current(),
        }
    }

    /// How many there are.
    pub(in crate::ib) fn limit(&self) -> usize {
        self.limit
    }

    /// The stream of an instrument.
    pub(in crate::ib) fn stream<F: Flow>(
        &self,
        instrument: &Instrument,
    ) -> BoxStream<'static, SourceEvent<F::Values>> {
        let line = Line::<F>::new(self.clone(), instrument.clone());
        unfold(line, |mut line| async move { line.next().await.map(|event| (event, line)) }).boxed()
    }
}

/// Cancels a subscription within the budget; its line is free once that is done.
pub(super) async fn take_back<T>(lines: Lines, ticks: Box<dyn Wire<T>>, slot: Option<Slot>) {
    lines.connection.budget.acquire(Class::Cancel).await;
    ticks.cancel().await;
    drop((ticks, slot));
}

/// Waits until a subscription that is given up has been cancelled.
pub(super) async fn gone(leaving: Option<JoinHandle<()>>) {
    if let Some(leaving) = leaving {
        // One that could not be cancelled is over with its session.
        let _ = leaving.await;
    }
}

pub(super) fn exhausted(kind: LineKind, symbol: &str) -> SourceError {
    SourceError::Rejected {
        code: RefusalCode::MarketDataLinesExhausted,
        message: format!(
            "every {kind} line of the account is in use, there is none for {symbol}: close another one first"
        ),
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn the_next_subscription_waits_for_the_cancel_of_the_one_before() {
        let (cancelled, cancel) = oneshot::channel::<()>();
        let mut waiting = Box::pin(gone(Some(tokio::spawn(async move { drop(cancel.await) }))));
        assert!(waiting.as_mut().now_or_never().is_none());
        cancelled.send(()).unwrap();
        waiting.await;
        gone(None).await;
    }
}

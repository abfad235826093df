//! What the kinds of lines differ in: what is asked of the gateway, and what is made of its ticks.

use std::sync::Arc;

use domain::instrument::Instrument;
use domain::market_data::LineKind;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::Stream;
use ibapi::Error;
use ibapi::contracts::Contract;
use ibapi::market_data::realtime::{MarketDepths, TickTypes, Trade};
use ibapi::subscriptions::{Subscription, SubscriptionItem};
use tokio::time::Instant;

use crate::ib::link::Session;
use crate::ib::tick::Timeliness;

/// One kind of line.
pub(in crate::ib) trait Flow: Send + Sync + 'static {
    /// Which.
    const KIND: LineKind;
    /// What a loss of ticks means for those that follow.
    const AFTER_LOSS: AfterLoss;
    /// Whether values tell of the moment at which they come, so that the state has to be told before them.
    const STATE: StateOrder;
    /// What the gateway sends.
    type Tick: Send + 'static;
    /// What is told.
    type Values: Send + Sync + 'static;

    /// Nothing has come yet.
    fn new(instrument: &Instrument) -> Self;

    /// Asks the gateway.
    fn subscribe(session: Arc<Session>, contract: Contract) -> Asking<Self::Tick>;

    /// Takes a tick in.
    fn take(&mut self, tick: Self::Tick) -> Result<(), Unreadable>;

    /// What is to be told of what was taken in since the last time.
    fn news(&mut self) -> Vec<Self::Values>;

    /// Until when it is waited for the rest, where what was taken in is only a part of what is to be told.
    fn partial_until(&self) -> Option<Instant> {
        None
    }

    /// The rest did not come: what was taken in is all there is.
    fn settle(&mut self) {}

    /// How late the data is.
    fn timeliness(&self) -> Timeliness;

    /// The gateway says that the data is delayed.
    fn mark_delayed(&mut self);
}

/// What a loss of ticks means for those that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ib) enum AfterLoss {
    /// Each stands for itself.
    GoOn,
    /// They cannot be understood: everything is asked for anew.
    AskAnew,
}

/// Whether the state is told before or after the values that prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ib) enum StateOrder {
    /// So that nothing old counts as live.
    AfterValues,
    /// The values are of now.
    BeforeValues,
}

/// A tick that makes no sense.
#[derive(Debug)]
pub(in crate::ib) struct Unreadable;

/// A request on its way.
pub(in crate::ib) type Asking<T> = BoxFuture<'static, Result<Box<dyn Wire<T>>, Error>>;

/// A subscription of the client crate, whatever it carries.
pub(in crate::ib) trait Wire<T>:
    Stream<Item = Result<SubscriptionItem<T>, Error>> + Send + Sync + Unpin
{
    /// Tells the gateway that it is over.
    fn cancel(&self) -> BoxFuture<'_, ()>;
}

macro_rules! wires {
    ($($tick:ty),*) => {$(
        impl Wire<$tick> for Subscription<$tick> {
            fn cancel(&self) -> BoxFuture<'_, ()> {
                Self::cancel(self).boxed()
            }
        }
    )*};
}

wires!(TickTypes, Trade, MarketDepths);

//! Requests for level-1 data: streams and snapshots.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::listing::Listing;

use super::Hub;
use super::quote::{self, TickTypes, Voice};
use super::reference::BBO_EXCHANGE;
use super::search;
use super::session::{Outcome, Session, decode};
use crate::exchange::{Feed, Update, Watch};
use crate::faults::MarketDataRefusal;
use crate::notice::{Notice, words};
use crate::wire::market_data::{
    MarketDataRequest, MarketDataType, MarketDataTypeRequest, TickReqParams, TickSnapshotEnd,
};
use crate::wire::session::ById;
use crate::wire::{Body, decimal, ids};

/// The generic tick of news, to which the user is not subscribed: `292`, or `292:` and a provider.
const NEWS: &str = "292";

/// One of the user's market-data lines, in use while this lives.
pub(super) struct Slot(Arc<Hub>);

impl Slot {
    pub(super) fn take(hub: &Arc<Hub>) -> Option<Self> {
        let limit = hub.options.market_data_lines;
        let more = |used: usize| (used < limit).then_some(used + 1);
        hub.lines.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Self(hub.clone()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.lines.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream of level-1 data, until it is dropped.
pub(super) struct Line {
    watch: Watch,
    _slot: Slot,
}

impl Line {
    /// Sends all prices again.
    pub(super) fn refresh(&self) {
        self.watch.refresh();
    }
}

/// The market data type of a market that is closed: its last prices.
const FROZEN: i32 = 2;

/// The two ways in which data is served.
fn feed_of(refusal: Option<MarketDataRefusal>) -> (Feed, TickTypes, i32) {
    match refusal {
        Some(MarketDataRefusal::Delayed) => (Feed::Delayed, quote::DELAYED, 3),
        _ => (Feed::Live, quote::LIVE, 1),
    }
}

impl Session {
    /// Answers a request for level-1 data.
    pub(super) fn answer_market_data(&mut self, id: i32, body: Body<'_>) -> Outcome {
        match id {
            ids::MARKET_DATA => self.open_line(&decode(id, body)?),
            ids::CANCEL_MARKET_DATA => {
                let request_id = decode::<ById>(id, body)?.req_id.unwrap_or_default();
                let words = || format!("Can't find EId with tickerId:{request_id}");
                let line = self.lines.remove(&request_id);
                line.map(drop).ok_or_else(|| Notice::refusal(request_id, 300, words()))
            }
            _ => self.choose_type(decode(id, body)?),
        }
    }

    /// The user is subscribed to everything and the market never closes: whatever type a client wants,
    /// as with the real gateway it gets live data, and each line says so.
    #[allow(clippy::unused_self, reason = "it answers like its neighbours")]
    fn choose_type(&self, request: MarketDataTypeRequest) -> Outcome {
        let wanted = request.market_data_type.unwrap_or_default();
        if (1..=4).contains(&wanted) {
            return Ok(());
        }
        Err(Notice::invalid(crate::notice::NO_REQUEST, &format!("Invalid market data type: {wanted}")))
    }

    fn open_line(&mut self, request: &MarketDataRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        if self.lines.contains_key(&request_id) {
            return Err(Notice::refusal(request_id, 102, words(102)));
        }
        let is_snapshot =
            request.snapshot.unwrap_or_default() || request.regulatory_snapshot.unwrap_or_default();
        let generic_ticks = request.generic_tick_list.as_deref().unwrap_or_default();
        if is_snapshot && !generic_ticks.is_empty() {
            let cause = "Snapshot market data subscription is not applicable to generic ticks";
            return Err(Notice::invalid(request_id, cause));
        }
        if generic_ticks.split(',').any(|tick| tick.trim().starts_with(NEWS)) {
            return Err(Notice::refusal(request_id, 10276, words(10276)));
        }
        let hub = self.hub.clone();
        let listing = search::resolve(hub.exchange.market(), request_id, request.contract.as_ref())?;
        let refusal = hub.faults.market_data_refusal();
        match refusal {
            Some(refusal) if refusal != MarketDataRefusal::Delayed => {
                return Err(Notice::refusal(request_id, refusal.code(), words(refusal.code())));
            }
            Some(refusal) => {
                self.out.tell(&Notice::refusal(request_id, refusal.code(), words(refusal.code())));
            }
            None => {}
        }
        if is_snapshot {
            return self.send_snapshot(request_id, listing, refusal);
        }
        let Some(slot) = Slot::take(&hub) else {
            return Err(Notice::refusal(request_id, 101, words(101)));
        };
        let (feed, types, _) = feed_of(refusal);
        let voice = Voice { request_id, types };
        self.announce(request_id, listing, refusal);
        let (out, shared) = (self.out.clone(), hub.clone());
        let is_frozen = AtomicBool::new(hub.exchange.is_over());
        let tell = move |update: &Update| {
            if shared.market_data_flows() {
                out.send_batch(quote::ticks(update, voice, out.batch()));
            }
            if shared.exchange.is_over() && !is_frozen.swap(true, Ordering::Relaxed) {
                out.send(&MarketDataType { req_id: Some(request_id), market_data_type: Some(FROZEN) });
            }
        };
        let no_listing = || Notice::refusal(request_id, 200, words(200));
        let watch = hub.exchange.watch(listing.con_id, feed, tell).ok_or_else(no_listing)?;
        self.lines.insert(request_id, Line { watch, _slot: slot });
        Ok(())
    }

    /// What precedes the ticks.
    fn announce(&self, request_id: i32, listing: &Listing, refusal: Option<MarketDataRefusal>) {
        let (.., data_type) = feed_of(refusal);
        let data_type = if self.hub.exchange.is_over() { FROZEN } else { data_type };
        self.out.send(&MarketDataType { req_id: Some(request_id), market_data_type: Some(data_type) });
        self.out.send(&TickReqParams {
            req_id: Some(request_id),
            min_tick: Some(decimal(listing.tick)),
            bbo_exchange: Some(BBO_EXCHANGE.to_owned()),
            snapshot_permissions: Some(3),
            last_price_precision: Some(decimal(listing.tick)),
            last_size_precision: Some(decimal(listing.size_increment)),
        });
    }

    fn send_snapshot(
        &self,
        request_id: i32,
        listing: &Listing,
        refusal: Option<MarketDataRefusal>,
    ) -> Outcome {
        self.need_broker(request_id)?;
        let (feed, types, _) = feed_of(refusal);
        self.announce(request_id, listing, refusal);
        if let Some(now) = self.hub.exchange.snapshot(listing.con_id, feed) {
            let until = self.hub.exchange.now();
            let update = Update { before: None, now, tick: None, until };
            self.out.send_batch(quote::ticks(&update, Voice { request_id, types }, self.out.batch()));
        }
        self.out.send(&TickSnapshotEnd { req_id: Some(request_id) });
        Ok(())
    }
}

//! Market depth: the book of a listing, followed row by row.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::depth::{Depth, DepthLevel};
use engine::listing::{Listing, ListingKind};

use super::outbox::Outbox;
use super::rows::{Change, Operation, changes, merged};
use super::seat::Seat;
use super::session::{Outcome, Session, decode};
use super::{Hub, search};
use crate::exchange::{Feed, Update, Watch};
use crate::faults::MarketDataRefusal;
use crate::notice::{Notice, words};
use crate::wire::depth::{MarketDepth, MarketDepthData, MarketDepthL2, MarketDepthRequest};
use crate::wire::session::ById;
use crate::wire::{Batch, Body, decimal, double, ids};

/// Where shares trade under one name wherever their order goes.
const SMART: &str = "SMART";

/// How many books a client may follow, whatever their instruments.
const MAX_BOOKS: usize = 50;

/// A book that a client follows, until this is dropped.
pub(super) struct FollowedBook {
    teller: Arc<Teller>,
    watch: Watch,
    _seat: Seat,
}

impl FollowedBook {
    /// Tells what the client does not know yet.
    pub(super) fn refresh(&self) {
        self.watch.refresh();
    }

    /// Lets the client throw its rows away (317), and tells them all again.
    pub(super) fn reset(&self) {
        {
            let mut shown = self.teller.shown();
            self.teller.out.tell(&Notice::refusal(self.teller.request_id, 317, words(317)));
            *shown = Depth::default();
        }
        self.refresh();
    }
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Each with its exchange, all exchanges together.
    Smart,
    /// Each with its exchange, which is one.
    Named,
    /// Without.
    Anonymous,
}

/// What one request is told.
struct Teller {
    hub: Arc<Hub>,
    out: Outbox,
    request_id: i32,
    con_id: i32,
    form: Form,
    exchange: String,
    rows: usize,
    /// The rows that the client holds.
    shown: Mutex<Depth>,
}

impl Session {
    /// Answers a request for market depth.
    pub(super) fn answer_depth(&mut self, id: i32, body: Body<'_>) -> Outcome {
        if id == ids::MARKET_DEPTH {
            return self.follow_book(&decode(id, body)?);
        }
        let request_id = decode::<ById>(id, body)?.req_id.unwrap_or_default();
        let words = || format!("Can't find the subscribed market depth with tickerId:{request_id}");
        let book = self.streams.books.remove(&request_id);
        book.map(drop).ok_or_else(|| Notice::refusal(request_id, 310, words()))
    }

    fn follow_book(&mut self, request: &MarketDepthRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        if self.streams.books.contains_key(&request_id) {
            return Err(Notice::refusal(request_id, 102, words(102)));
        }
        let rows = usize::try_from(request.num_rows.unwrap_or_default()).unwrap_or_default();
        if rows == 0 {
            return Err(Notice::invalid(request_id, "The number of rows must be 1 or more"));
        }
        let hub = self.hub.clone();
        let listing = search::resolve(hub.exchange.market(), request_id, request.contract.as_ref())?;
        let (form, exchange) =
            form(listing, request).ok_or_else(|| Notice::refusal(request_id, 10092, words(10092)))?;
        // Books are not had delayed.
        let refusal = hub.faults.market_data_refusal().map(|refusal| match refusal {
            MarketDataRefusal::Delayed => MarketDataRefusal::NotSubscribed.code(),
            refusal => refusal.code(),
        });
        if let Some(code) = refusal {
            return Err(Notice::refusal(request_id, code, words(code)));
        }
        let has_room = self.streams.books.len() < MAX_BOOKS;
        let no_seat = || Notice::refusal(request_id, 309, words(309));
        let seat = hub.books.take(listing.con_id).filter(|_| has_room).ok_or_else(no_seat)?;
        let teller = Arc::new(Teller {
            hub: hub.clone(),
            out: self.out.clone(),
            request_id,
            con_id: listing.con_id,
            form,
            exchange,
            rows,
            shown: Mutex::default(),
        });
        let no_listing = || Notice::refusal(request_id, 200, words(200));
        let tell = {
            let teller = teller.clone();
            move |update: &Update| teller.tell(update)
        };
        let watch = hub.exchange.watch(listing.con_id, Feed::Live, tell).ok_or_else(no_listing)?;
        self.streams.books.insert(request_id, FollowedBook { teller, watch, _seat: seat });
        Ok(())
    }
}

/// How the rows of a request are written, and of which exchange they are; `None` where there are none.
/// Shares at `SMART` have a book of all exchanges, to whoever asks for it as such, and no other.
fn form(listing: &Listing, request: &MarketDepthRequest) -> Option<(Form, String)> {
    let named = request.contract.as_ref().and_then(|contract| contract.exchange.as_deref());
    let exchange = named.filter(|exchange| !exchange.is_empty()).unwrap_or(&listing.exchange).to_uppercase();
    let is_share = matches!(listing.kind, ListingKind::Stock | ListingKind::Etf);
    match (is_share, exchange == SMART, request.is_smart_depth.unwrap_or_default()) {
        (true, true, true) => Some((Form::Smart, exchange)),
        (true, true, false) => None,
        (true, false, _) => Some((Form::Named, exchange)),
        (false, ..) => Some((Form::Anonymous, exchange)),
    }
}

impl Teller {
    fn shown(&self) -> MutexGuard<'_, Depth> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what has changed since the last time.
    fn tell(&self, update: &Update) {
        if !self.hub.streams_flow() {
            return;
        }
        let depth = self.hub.exchange.depth(self.con_id, &update.now, update.until);
        let now = Depth { bids: self.rows_of(depth.bids), asks: self.rows_of(depth.asks) };
        let mut shown = self.shown();
        let mut batch = self.out.batch();
        // The sides by their numbers on the wire.
        for (side, before, now) in [(1, &shown.bids, &now.bids), (0, &shown.asks, &now.asks)] {
            for change in changes(before, now) {
                self.push(&mut batch, side, change);
            }
        }
        self.out.send_batch(batch);
        *shown = now;
    }

    fn rows_of(&self, levels: Vec<DepthLevel>) -> Vec<DepthLevel> {
        let mut rows = if self.form == Form::Smart { levels } else { merged(&levels, &self.exchange) };
        rows.truncate(self.rows);
        rows
    }

    fn push(&self, batch: &mut Batch, side: i32, change: Change) {
        let Change { operation, position, row } = change;
        let is_delete = operation == Operation::Delete;
        let is_named = self.form != Form::Anonymous;
        let data = MarketDepthData {
            position: i32::try_from(position).ok(),
            operation: Some(operation.number()),
            side: Some(side),
            price: Some(if is_delete { 0.0 } else { double(row.price) }),
            size: Some(if is_delete { "0".to_owned() } else { decimal(row.size) }),
            market_maker: is_named.then_some(row.exchange),
            is_smart_depth: is_named.then_some(self.form == Form::Smart),
        };
        let (req_id, market_depth_data) = (Some(self.request_id), Some(data));
        if is_named {
            batch.push(&MarketDepthL2 { req_id, market_depth_data });
        } else {
            batch.push(&MarketDepth { req_id, market_depth_data });
        }
    }
}

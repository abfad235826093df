//! Tick-by-tick data: every single trade or quote of a listing, as it happens.

use std::sync::Arc;

use engine::listing::{Listing, ListingKind};

use super::outbox::Outbox;
use super::seat::Seat;
use super::session::{Outcome, Session, decode};
use super::tick::{Best, Sizes, middle_row, print_row};
use super::{Hub, search};
use crate::exchange::{Feed, Update, Watch};
use crate::notice::{Notice, words};
use crate::wire::session::ById;
use crate::wire::tape::{TapeTick, TickByTickData, TickByTickRequest};
use crate::wire::{Body, ids};

/// What a tape tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TapeType {
    /// The trades that make the last price.
    Last,
    /// These, and what is reported to the tape alone.
    AllLast,
    /// The best prices.
    BidAsk,
    /// The middle between them.
    MidPoint,
}

impl TapeType {
    /// The type of this name on the wire.
    fn parse(name: &str) -> Option<Self> {
        match name {
            "Last" => Some(Self::Last),
            "AllLast" => Some(Self::AllLast),
            "BidAsk" => Some(Self::BidAsk),
            "MidPoint" => Some(Self::MidPoint),
            _ => None,
        }
    }

    /// Its number on the wire.
    const fn number(self) -> i32 {
        match self {
            Self::Last => 1,
            Self::AllLast => 2,
            Self::BidAsk => 3,
            Self::MidPoint => 4,
        }
    }
}

/// A tape, until it is dropped.
pub(super) struct Tape {
    watch: Watch,
    _seat: Seat,
}

impl Tape {
    /// Tells the best prices again, where they are what it tells.
    pub(super) fn refresh(&self) {
        self.watch.refresh();
    }
}

/// What one tape tells, and to whom.
struct Teller {
    hub: Arc<Hub>,
    out: Outbox,
    request_id: i32,
    con_id: i32,
    tape_type: TapeType,
    sizes: Sizes,
}

impl Session {
    /// Answers a request for tick-by-tick data.
    pub(super) fn answer_tape(&mut self, id: i32, body: Body<'_>) -> Outcome {
        if id == ids::TICK_BY_TICK {
            return self.open_tape(&decode(id, body)?);
        }
        let request_id = decode::<ById>(id, body)?.req_id.unwrap_or_default();
        let words = || format!("Can't find EId with tickerId:{request_id}");
        let tape = self.streams.tapes.remove(&request_id);
        tape.map(drop).ok_or_else(|| Notice::refusal(request_id, 300, words()))
    }

    fn open_tape(&mut self, request: &TickByTickRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        if self.streams.tapes.contains_key(&request_id) {
            return Err(Notice::refusal(request_id, 102, words(102)));
        }
        let name = request.tick_type.as_deref().unwrap_or_default();
        let tape_type = TapeType::parse(name).ok_or_else(|| {
            let cause =
                format!("Invalid tick type '{name}'. Legal ones are: Last, AllLast, BidAsk, MidPoint");
            Notice::invalid(request_id, &cause)
        })?;
        let hub = self.hub.clone();
        let listing = search::resolve(hub.exchange.market(), request_id, request.contract.as_ref())?;
        let refused = |cause: &str| {
            let words = format!("Failed to request tick-by-tick data.{cause} for {}", described(listing));
            Notice::refusal(request_id, 10189, words)
        };
        if matches!(tape_type, TapeType::Last | TapeType::AllLast) && listing.kind == ListingKind::Fx {
            return Err(refused("Invalid Real-time Query:No trades"));
        }
        if hub.faults.market_data_refusal().is_some() {
            return Err(refused("No market data permissions"));
        }
        let no_seat = || Notice::refusal(request_id, 10190, words(10190));
        let seat = hub.tapes.take(listing.con_id).ok_or_else(no_seat)?;
        let teller = Teller {
            hub: hub.clone(),
            out: self.out.clone(),
            request_id,
            con_id: listing.con_id,
            tape_type,
            sizes: Sizes::of(request.ignore_size),
        };
        let no_listing = || Notice::refusal(request_id, 200, words(200));
        let tell = move |update: &Update| teller.tell(update);
        let watch = hub.exchange.watch(listing.con_id, Feed::Tape, tell).ok_or_else(no_listing)?;
        self.streams.tapes.insert(request_id, Tape { watch, _seat: seat });
        Ok(())
    }
}

/// A listing as the refusals name it.
pub(super) fn described(listing: &Listing) -> String {
    format!("{} {}", listing.local_symbol, search::sec_type(listing.kind))
}

impl Teller {
    fn tell(&self, update: &Update) {
        if !self.hub.streams_flow() {
            return;
        }
        let mut batch = self.out.batch();
        for tick in self.ticks(update) {
            let tick_type = Some(self.tape_type.number());
            batch.push(&TickByTickData { req_id: Some(self.request_id), tick_type, tick: Some(tick) });
        }
        self.out.send_batch(batch);
    }

    fn ticks(&self, update: &Update) -> Vec<TapeTick> {
        let at = update.tick.map_or_else(|| self.hub.exchange.now(), |tick| tick.at);
        let now = Best::from(&update.now);
        let before = update.before.as_ref().map(Best::from);
        match self.tape_type {
            TapeType::Last | TapeType::AllLast => {
                let Some(tick) = &update.tick else { return Vec::new() };
                let prints = self.hub.exchange.prints_of(self.con_id, tick).into_iter();
                let is_told =
                    |print: &engine::print::Print| self.tape_type == TapeType::AllLast || !print.unreported;
                prints.filter(is_told).map(|print| TapeTick::Last(print_row(&print))).collect()
            }
            TapeType::BidAsk => {
                let is_news = before.is_none_or(|before| now.is_news(before, self.sizes));
                is_news.then(|| TapeTick::BidAsk(now.row(at))).into_iter().collect()
            }
            TapeType::MidPoint => {
                let middle =
                    now.middle().filter(|_| before.is_none_or(|before| now.middle() != before.middle()));
                middle.map(|middle| TapeTick::MidPoint(middle_row(middle, at))).into_iter().collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_four_types_are_known() {
        let numbers = ["Last", "AllLast", "BidAsk", "MidPoint", "last", "", "Bid"]
            .map(|name| TapeType::parse(name).map(TapeType::number));
        assert_eq!(numbers, [Some(1), Some(2), Some(3), Some(4), None, None, None]);
    }
}

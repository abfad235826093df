//! What the source says of each line, taken in.

use domain::bus::{Message, Topic};
use domain::depth::DepthValues;
use domain::instrument::InstrumentId;
use domain::market_data::SourceEvent;
use domain::quote::{FeedState, QuoteValues};
use domain::trade::{Trade, TradeSide, TradeValues};

use super::Feed;
use super::depth::DepthBody;
use super::lines::tell_gap;
use super::quotes::QuoteBody;
use super::trades::TradeBody;

impl Feed {
    /// Takes in one event of an instrument's quotes.
    pub(super) fn take_quote(&mut self, id: InstrumentId, event: SourceEvent<QuoteValues>) {
        let now = self.this.ports.clock.now();
        let Some(line) = self.quotes.get_mut(id) else { return };
        match event {
            SourceEvent::Values(values) => {
                line.served();
                line.body.take(values.clone(), now);
                self.quotes.tell(id, &mut self.outbox);
                self.grow_bars(id, &values);
            }
            SourceEvent::State(state, reason) => {
                let was = std::mem::replace(&mut line.body.quote.state, state);
                line.body.quote.reason = reason;
                self.quotes.tell(id, &mut self.outbox);
                self.bars_follow_state(id, was, state);
            }
            SourceEvent::Lost(reason) => {
                tell_gap::<QuoteBody>(id, now, reason, &mut self.outbox);
                if !self.are_printed(id) {
                    self.restart_bars(id);
                }
            }
            SourceEvent::Ended(error) => {
                let (was, ground) = (line.body.quote.state, self.ground());
                self.quotes.ended(id, error, &ground, &mut self.outbox);
                self.bars_follow_state(id, was, FeedState::Stale);
            }
        }
    }

    /// Takes in one event of an instrument's trades. Whoever follows them cannot see a state between two prints, and
    /// is told of the gap that an outage makes when it begins.
    pub(super) fn take_trade(&mut self, id: InstrumentId, event: SourceEvent<TradeValues>) {
        let now = self.this.ports.clock.now();
        let Some(line) = self.trades.get_mut(id) else { return };
        match event {
            SourceEvent::Values(values) => {
                line.served();
                line.body.take();
                let state = line.body.state;
                // A quote of another time says nothing of this print.
                let quote =
                    self.quotes.get(id).map(|line| &line.body.quote).filter(|quote| quote.state == state);
                let side = quote.and_then(|quote| TradeSide::of(values.price, &quote.values));
                let stamp = self.outbox.stamp(Topic::Trades(id));
                self.print_bars(id, &values);
                let trade = Trade { instrument: id, values, side, received_at: now, stamp, state };
                self.outbox.put(Message::Trade(trade));
            }
            SourceEvent::State(state, reason) => {
                line.body.follow(state);
                if state == FeedState::Stale {
                    let reason = reason.unwrap_or_else(|| "trades do not arrive for the moment".into());
                    tell_gap::<TradeBody>(id, now, reason, &mut self.outbox);
                }
            }
            SourceEvent::Lost(reason) => {
                let fed_bars = line.body.arrive();
                tell_gap::<TradeBody>(id, now, reason, &mut self.outbox);
                if fed_bars {
                    self.restart_bars(id);
                }
            }
            SourceEvent::Ended(error) => {
                let ground = self.ground();
                self.trades.ended(id, error, &ground, &mut self.outbox);
            }
        }
    }

    /// Takes in one event of an instrument's depth.
    pub(super) fn take_depth(&mut self, id: InstrumentId, event: SourceEvent<DepthValues>) {
        let now = self.this.ports.clock.now();
        let Some(line) = self.depth.get_mut(id) else { return };
        match event {
            SourceEvent::Values(values) => {
                line.served();
                line.body.take(values, now);
                self.deepened.insert(id);
            }
            SourceEvent::State(state, reason) => {
                (line.body.depth.state, line.body.depth.reason) = (state, reason);
                self.deepened.remove(&id);
                self.depth.tell(id, &mut self.outbox);
            }
            SourceEvent::Lost(reason) => tell_gap::<DepthBody>(id, now, reason, &mut self.outbox),
            SourceEvent::Ended(error) => {
                let ground = self.ground();
                self.depth.ended(id, error, &ground, &mut self.outbox);
            }
        }
    }
}

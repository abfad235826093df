//! Bars of five seconds that are sent as they close.

use std::sync::Arc;
use std::time::Duration;

use domain::bar::BarSize;
use engine::tick::{BarPrice, MarketBar};
use rust_decimal::Decimal;
use time::OffsetDateTime;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::history;
use super::market_data::Slot;
use super::outbox::Outbox;
use super::session::{Outcome, Session, decode};
use super::tape::described;
use super::{Hub, search};
use crate::exchange::BarsQuestion;
use crate::notice::{Notice, words};
use crate::wire::realtime_bar::{RealTimeBarTick, RealTimeBarsRequest};
use crate::wire::session::ById;
use crate::wire::{Body, decimal, double, ids};

/// How long a bar is: the protocol knows no other.
const LENGTH: time::Duration = time::Duration::seconds(5);

/// How often it is looked whether a bar has closed: the exchange's time may pass faster than ours.
const LOOK: Duration = Duration::from_millis(50);

/// Bars that were missed for longer than this are not sent any more.
const LATE: time::Duration = time::Duration::MINUTE;

/// A stream of bars, until it is dropped.
pub(super) struct RealTimeBars {
    _stop: DropGuard,
    _slot: Slot,
}

/// Whose bars go to whom.
struct Teller {
    hub: Arc<Hub>,
    out: Outbox,
    request_id: i32,
    con_id: i32,
    price: BarPrice,
}

impl Session {
    /// Answers a request for bars of five seconds.
    pub(super) fn answer_realtime_bars(&mut self, id: i32, body: Body<'_>) -> Outcome {
        if id == ids::REAL_TIME_BARS {
            return self.open_bars(&decode(id, body)?);
        }
        let request_id = decode::<ById>(id, body)?.req_id.unwrap_or_default();
        let words = || format!("Can't find EId with tickerId:{request_id}");
        let bars = self.streams.bars.remove(&request_id);
        bars.map(drop).ok_or_else(|| Notice::refusal(request_id, 300, words()))
    }

    fn open_bars(&mut self, request: &RealTimeBarsRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        if self.streams.bars.contains_key(&request_id) {
            return Err(Notice::refusal(request_id, 102, words(102)));
        }
        let hub = self.hub.clone();
        let listing = search::resolve(hub.exchange.market(), request_id, request.contract.as_ref())?;
        let what = request.what_to_show.as_deref().unwrap_or_default();
        let refused = |cause: &str| {
            let words = format!("Invalid Real-time Query:{cause} for {}", described(listing));
            Notice::refusal(request_id, 420, words)
        };
        // What has no history of trades has no bars of them.
        let price = history::price(request_id, listing, what).map_err(|notice| match notice.code {
            162 => refused("No trades"),
            _ => notice,
        })?;
        if hub.faults.market_data_refusal().is_some() {
            return Err(refused("No market data permissions"));
        }
        let no_slot = || Notice::refusal(request_id, 101, words(101));
        let slot = Slot::take(&hub).ok_or_else(no_slot)?;
        let teller =
            Teller { hub: hub.clone(), out: self.out.clone(), request_id, con_id: listing.con_id, price };
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(teller.run()));
        self.streams.bars.insert(request_id, RealTimeBars { _stop: stop.drop_guard(), _slot: slot });
        Ok(())
    }
}

impl Teller {
    /// Sends each bar as it closes.
    async fn run(self) {
        let mut start = BarSize::Sec5.floor(self.hub.exchange.now());
        let mut last = None;
        loop {
            let end = start + LENGTH;
            let now = self.hub.exchange.now();
            if now < end {
                let wait = Duration::try_from(end - now).unwrap_or(LOOK).min(LOOK);
                tokio::time::sleep(wait).await;
                continue;
            }
            if now - end > LATE {
                start = BarSize::Sec5.floor(now);
                continue;
            }
            if let Some(bar) = self.bar(start).await.or(last.map(|last| flat(last, start))) {
                last = Some(bar);
                if self.hub.streams_flow() {
                    self.send(&bar);
                }
            }
            start = end;
        }
    }

    async fn bar(&self, start: OffsetDateTime) -> Option<MarketBar> {
        let exchange = self.hub.exchange.clone();
        let question = BarsQuestion {
            con_id: self.con_id,
            size: BarSize::Sec5,
            price: self.price,
            from: start,
            to: start + LENGTH,
        };
        tokio::task::spawn_blocking(move || exchange.bars(question)).await.ok()?.pop()
    }

    fn send(&self, bar: &MarketBar) {
        let traded = self.price == BarPrice::Trades;
        let or_none = |value: Decimal| if traded { decimal(value) } else { "-1".to_owned() };
        self.out.send(&RealTimeBarTick {
            req_id: Some(self.request_id),
            time: Some(bar.time.unix_timestamp()),
            open: Some(double(bar.open)),
            high: Some(double(bar.high)),
            low: Some(double(bar.low)),
            close: Some(double(bar.close)),
            volume: Some(or_none(bar.volume)),
            wap: Some(or_none(bar.wap)),
            count: Some(if traded { i32::try_from(bar.trades).unwrap_or(i32::MAX) } else { -1 }),
        });
    }
}

/// The bar of five seconds in which nothing happened.
fn flat(last: MarketBar, time: OffsetDateTime) -> MarketBar {
    let MarketBar { close, .. } = last;
    MarketBar {
        time,
        open: close,
        high: close,
        low: close,
        close,
        volume: Decimal::ZERO,
        wap: close,
        trades: 0,
    }
}

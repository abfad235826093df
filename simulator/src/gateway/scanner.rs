//! Requests for scans of the market.

use std::sync::Arc;
use std::time::Duration;

use domain::bar::BarSize;
use engine::listing::Listing;
use engine::tick::BarPrice;
use rust_decimal::Decimal;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Hub;
use super::contract::contract;
use super::outbox::Outbox;
use super::scan::{Candidate, ScanCode, ScanQuestion, parameters};
use super::search::{Known, trading_class};
use super::session::{Outcome, Session, decode};
use crate::exchange::{BarsQuestion, Exchange, Feed};
use crate::notice::{Notice, words};
use crate::wire::scanner::{ScannerData, ScannerDataElement, ScannerParameters, ScannerSubscriptionRequest};
use crate::wire::session::ById;
use crate::wire::{Body, ids};

/// How often a scan is made anew.
const EVERY: Duration = Duration::from_secs(30);

/// How many scans a client may have open.
const MAX_SCANS: usize = 10;

/// How many days make a usual day.
const USUAL_DAYS: i64 = 5;

/// A scan that is repeated until this is dropped.
pub(super) struct Scan {
    _stop: DropGuard,
}

impl Session {
    /// Answers a request about scans.
    pub(super) fn answer_scanner(&mut self, id: i32, body: Body<'_>) -> Outcome {
        match id {
            ids::SCANNER_PARAMETERS => {
                self.out.send(&ScannerParameters { xml: Some(parameters()) });
                Ok(())
            }
            ids::SCANNER => self.open_scan(&decode(id, body)?),
            _ => {
                let request_id = decode::<ById>(id, body)?.req_id.unwrap_or_default();
                let words = format!("No scanner subscription found for ticker id:{request_id}");
                let scan = self.streams.scans.remove(&request_id);
                scan.map(drop).ok_or_else(|| Notice::refusal(request_id, 365, words))
            }
        }
    }

    fn open_scan(&mut self, request: &ScannerSubscriptionRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        if self.streams.scans.contains_key(&request_id) {
            return Err(Notice::refusal(request_id, 385, words(385)));
        }
        let wanted = request.scanner_subscription.clone().unwrap_or_default();
        let question =
            ScanQuestion::parse(&wanted).map_err(|cause| Notice::no_history(request_id, &cause))?;
        self.need_broker(request_id)?;
        if self.streams.scans.len() >= MAX_SCANS {
            let cause = format!("Only {MAX_SCANS} simultaneous API scanner subscriptions are allowed.");
            return Err(Notice::no_history(request_id, &cause));
        }
        let stop = CancellationToken::new();
        let repeat = repeat(self.hub.clone(), self.out.clone(), request_id, question);
        tokio::spawn(stop.clone().run_until_cancelled_owned(repeat));
        self.streams.scans.insert(request_id, Scan { _stop: stop.drop_guard() });
        Ok(())
    }
}

/// Makes a scan again and again, and sends what it finds.
async fn repeat(hub: Arc<Hub>, out: Outbox, request_id: i32, question: ScanQuestion) {
    loop {
        if hub.market_data_flows() {
            let (exchange, question) = (hub.exchange.clone(), question.clone());
            let rows = tokio::task::spawn_blocking(move || rows(&exchange, &question)).await;
            let Ok(scanner_data_element) = rows else { return };
            out.send(&ScannerData { req_id: Some(request_id), scanner_data_element });
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn rows(exchange: &Exchange, question: &ScanQuestion) -> Vec<ScannerDataElement> {
    let listings = exchange.market().listings().iter().filter(|listing| question.is_about(listing));
    let candidates = listings.filter_map(|listing| candidate(exchange, question.code, listing)).collect();
    let row = |(rank, candidate): (i32, Candidate<'_>)| ScannerDataElement {
        rank: Some(rank),
        contract: Some(contract(Known::Listing(candidate.listing))),
        market_name: Some(trading_class(candidate.listing)),
        distance: Some(String::new()),
        benchmark: Some(String::new()),
        projection: Some(String::new()),
        combo_key: Some(String::new()),
    };
    (0..).zip(question.rank(candidates)).map(row).collect()
}

fn candidate<'a>(exchange: &Exchange, code: ScanCode, listing: &'a Listing) -> Option<Candidate<'a>> {
    let values = exchange.snapshot(listing.con_id, Feed::Live)?;
    let usual_volume = match code {
        ScanCode::HotByVolume => usual_volume(exchange, listing.con_id),
        _ => Decimal::ZERO,
    };
    Some(Candidate {
        listing,
        last: values.last?,
        previous_close: values.previous_close,
        volume: values.volume,
        usual_volume,
    })
}

/// What was traded on the mean of the last days, but for today.
fn usual_volume(exchange: &Exchange, con_id: i32) -> Decimal {
    let today = BarSize::Day1.floor(exchange.now());
    let bars = exchange.bars(BarsQuestion {
        con_id,
        size: BarSize::Day1,
        price: BarPrice::Trades,
        from: today - time::Duration::days(USUAL_DAYS),
        to: today,
    });
    let all: Decimal = bars.iter().map(|bar| bar.volume).sum();
    all.checked_div(Decimal::from(bars.len())).unwrap_or_default()
}

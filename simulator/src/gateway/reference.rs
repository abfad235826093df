//! Small reference lists, and the polite refusal of everything that is not served yet.

use std::collections::BTreeSet;

use engine::listing::Listing;

use super::search::sec_type;
use super::session::{Outcome, Session, decode};
use crate::notice::{NO_REQUEST, Notice, words};
use crate::wire::reference::{
    DepthMarketDataDescription, MarketDepthExchanges, NewsProviders, SmartComponent, SmartComponents,
    SmartComponentsRequest, SoftDollarTiers,
};
use crate::wire::session::{ById, UserInfo};
use crate::wire::{Body, ids};

/// The US exchanges by the letters of the consolidated tape.
const TAPE: [(&str, &str); 7] = [
    ("AMEX", "A"),
    ("EDGX", "K"),
    ("NYSE", "N"),
    ("ARCA", "P"),
    ("NASDAQ", "Q"),
    ("IEX", "V"),
    ("BATS", "Z"),
];

/// What stands for all exchanges of the best prices: they are told by their letters.
pub(super) const BBO_EXCHANGE: &str = "9c0001";

impl Session {
    /// Answers a request that no other module answers.
    pub(super) fn answer_reference(&self, id: i32, body: Body<'_>) -> Outcome {
        let request_id = || decode::<ById>(id, body).map(|request| request.req_id);
        match id {
            ids::USER_INFO => {
                self.out.send(&UserInfo { req_id: request_id()?, white_branding_id: Some(String::new()) });
            }
            ids::SOFT_DOLLAR_TIERS => self.out.send(&SoftDollarTiers { req_id: request_id()? }),
            ids::NEWS_PROVIDERS => self.out.send(&NewsProviders {}),
            ids::DEPTH_EXCHANGES => self.out.send(&depth_exchanges(self.hub.exchange.market().listings())),
            ids::SMART_COMPONENTS => {
                let request: SmartComponentsRequest = decode(id, body)?;
                let asked = request.bbo_exchange.as_deref().unwrap_or_default();
                if asked != BBO_EXCHANGE {
                    let request_id = request.req_id.unwrap_or(NO_REQUEST);
                    return Err(Notice::invalid(request_id, &format!("Invalid BBO exchange '{asked}'")));
                }
                self.out.send(&smart_components(request.req_id));
            }
            // There are no bulletins to send, and nothing to take back; and ticks of the past come at once.
            ids::NEWS_BULLETINS | ids::CANCEL_NEWS_BULLETINS | ids::CANCEL_HISTORICAL_TICKS => {}
            _ => return Err(not_served(id, body)),
        }
        Ok(())
    }
}

/// Where the book can be followed: with the exchange of each row for shares, without for the rest.
fn depth_exchanges(listings: &[Listing]) -> MarketDepthExchanges {
    let others = listings.iter().filter(|listing| listing.exchange != "SMART");
    let others: BTreeSet<(&str, &str)> =
        others.map(|listing| (listing.exchange.as_str(), sec_type(listing.kind))).collect();
    let shares = TAPE.into_iter().map(|(exchange, _)| (exchange, "STK", "Deep2"));
    let others = others.into_iter().map(|(exchange, kind)| (exchange, kind, "Deep"));
    let describe = |(exchange, kind, service): (&str, &str, &str)| DepthMarketDataDescription {
        exchange: Some(exchange.to_owned()),
        sec_type: Some(kind.to_owned()),
        listing_exch: Some(String::new()),
        service_data_type: Some(service.to_owned()),
        agg_group: None,
    };
    MarketDepthExchanges { depth_market_data_descriptions: shares.chain(others).map(describe).collect() }
}

fn smart_components(req_id: Option<i32>) -> SmartComponents {
    let component = |(bit, (exchange, letter)): (i32, (&str, &str))| SmartComponent {
        bit_number: Some(bit),
        exchange: Some(exchange.to_owned()),
        exchange_letter: Some(letter.to_owned()),
    };
    SmartComponents { req_id, smart_components: (0..).zip(TAPE).map(component).collect() }
}

/// The refusal that the real gateway would most likely give.
fn not_served(id: i32, body: Body<'_>) -> Notice {
    let request_id = match id {
        // Their first field is something else.
        ids::ADVISOR | ids::VERIFY | ids::VERIFY_MESSAGE => NO_REQUEST,
        _ => match decode::<ById>(id, body) {
            Ok(request) => request.req_id.unwrap_or(NO_REQUEST),
            Err(notice) => return notice,
        },
    };
    match id {
        ids::HISTOGRAM => Notice::no_history(request_id, "HMDS query returned no data"),
        ids::FUNDAMENTALS => Notice::refusal(request_id, 430, words(430)),
        ids::NEWS_ARTICLE | ids::HISTORICAL_NEWS => Notice::refusal(request_id, 10276, words(10276)),
        ids::ADVISOR | ids::REPLACE_ADVISOR => {
            Notice::invalid(request_id, "FA data operations ignored for non FA customers.")
        }
        _ => match ids::name(id) {
            Some(name) => Notice::invalid(request_id, &format!("{name} is not supported by this gateway")),
            None => unknown(id),
        },
    }
}

/// The refusal of a message that the protocol does not have.
pub(super) fn unknown(id: i32) -> Notice {
    let words = format!("Error reading request. Unable to parse data: message id {id} is not known");
    Notice::refusal(NO_REQUEST, 320, words)
}

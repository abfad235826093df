//! Small reference lists, and the polite refusal of everything that is not served yet.

use super::session::{Outcome, Session, decode};
use crate::notice::{NO_REQUEST, Notice, words};
use crate::wire::ids;
use crate::wire::reference::{
    DepthMarketDataDescription, MarketDepthExchanges, NewsProviders, SecDefOptParameterEnd, SmartComponent,
    SmartComponents, SmartComponentsRequest, SoftDollarTiers,
};
use crate::wire::session::{ById, UserInfo};

/// The US exchanges by the letters of the consolidated tape.
const TAPE: [(&str, &str); 6] =
    [("AMEX", "A"), ("NYSE", "N"), ("ARCA", "P"), ("NASDAQ", "Q"), ("IEX", "V"), ("BATS", "Z")];

impl Session {
    /// Answers a request that no other module answers.
    pub(super) fn answer_reference(&self, id: i32, body: &[u8]) -> Outcome {
        let request_id = || decode::<ById>(id, body).map(|request| request.req_id);
        match id {
            ids::USER_INFO => {
                self.out.send(&UserInfo { req_id: request_id()?, white_branding_id: Some(String::new()) });
            }
            ids::SOFT_DOLLAR_TIERS => self.out.send(&SoftDollarTiers { req_id: request_id()? }),
            ids::NEWS_PROVIDERS => self.out.send(&NewsProviders {}),
            // No listing has options.
            ids::OPTION_PARAMETERS => self.out.send(&SecDefOptParameterEnd { req_id: request_id()? }),
            ids::DEPTH_EXCHANGES => self.out.send(&depth_exchanges()),
            ids::SMART_COMPONENTS => {
                let request: SmartComponentsRequest = decode(id, body)?;
                self.out.send(&smart_components(request.req_id));
            }
            // There are no bulletins to send and nothing to take back.
            ids::NEWS_BULLETINS | ids::CANCEL_NEWS_BULLETINS => {}
            _ => return Err(not_served(id, body)),
        }
        Ok(())
    }
}

fn depth_exchanges() -> MarketDepthExchanges {
    let describe = |(exchange, _): (&str, &str)| DepthMarketDataDescription {
        exchange: Some(exchange.to_owned()),
        sec_type: Some("STK".to_owned()),
        listing_exch: Some(String::new()),
        service_data_type: Some("Deep".to_owned()),
        agg_group: None,
    };
    MarketDepthExchanges { depth_market_data_descriptions: TAPE.into_iter().map(describe).collect() }
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
fn not_served(id: i32, body: &[u8]) -> Notice {
    let request_id = match id {
        // Their first field is something else.
        ids::SCANNER_PARAMETERS | ids::ADVISOR | ids::VERIFY | ids::VERIFY_MESSAGE => NO_REQUEST,
        _ => match decode::<ById>(id, body) {
            Ok(request) => request.req_id.unwrap_or(NO_REQUEST),
            Err(notice) => return notice,
        },
    };
    let refusal = |code, words: &str| Notice::refusal(request_id, code, words);
    match id {
        ids::MARKET_DEPTH => {
            refusal(10092, "Deep market data is not supported for this combination of security type/exchange")
        }
        ids::CANCEL_MARKET_DEPTH => {
            refusal(310, &format!("Can't find the subscribed market depth with tickerId:{request_id}"))
        }
        ids::REAL_TIME_BARS => Notice::refusal(request_id, 420, words(420)),
        ids::TICK_BY_TICK => refusal(10189, "Failed to request tick-by-tick data. Invalid Real-time Query"),
        ids::HISTORICAL_TICKS => {
            refusal(10187, "Failed to request historical ticks:No market data permissions")
        }
        ids::HISTOGRAM => Notice::no_history(request_id, "HMDS query returned no data"),
        ids::FUNDAMENTALS => Notice::refusal(request_id, 430, words(430)),
        ids::NEWS_ARTICLE | ids::HISTORICAL_NEWS => refusal(10276, "News feed is not allowed"),
        ids::ADVISOR | ids::REPLACE_ADVISOR => {
            Notice::invalid(request_id, "FA data operations ignored for non FA customers.")
        }
        ids::CANCEL_REAL_TIME_BARS | ids::CANCEL_TICK_BY_TICK | ids::CANCEL_HISTORICAL_TICKS => {
            refusal(300, &format!("Can't find EId with tickerId:{request_id}"))
        }
        ids::CANCEL_SCANNER => {
            refusal(365, &format!("No scanner subscription found for ticker id:{request_id}"))
        }
        _ => match ids::name(id) {
            Some(name) => Notice::invalid(request_id, &format!("{name} is not supported by this gateway")),
            None => Notice::refusal(
                NO_REQUEST,
                320,
                format!("Error reading request. Unable to parse data: message id {id} is not known"),
            ),
        },
    }
}

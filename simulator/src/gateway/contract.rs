//! Requests about contracts: details, symbol search, market rules.

use engine::listing::{Listing, ListingKind};
use time::{Duration, OffsetDateTime};
use time_tz::{OffsetDateTimeExt, timezones};

use super::option;
use super::search::{self, Known};
use super::session::{Outcome, Session, decode};
use crate::notice::{NO_REQUEST, Notice, words};
use crate::wire::contract::{
    Contract, ContractData, ContractDataEnd, ContractDataRequest, ContractDescription, ContractDetails,
    MarketRule, MarketRuleRequest, MatchingSymbolsRequest, PriceIncrement, SymbolSamples,
};
use crate::wire::{Body, decimal, double, ids};

/// How many days of trading hours are told.
const DAYS_AHEAD: i64 = 6;

pub(super) const ORDER_TYPES: &str = "ACTIVETIM,ADJUST,ALERT,ALLOC,COND,DAY,DEACT,GAT,GTC,GTD,HID,IOC,LMT,LOC,MKT,MOC,\
                           OCA,OPG,STP,STPLMT,TRAIL,TRAILLMT,WHATIF";

impl Session {
    /// Answers a request about contracts.
    pub(super) fn answer_contract(&self, id: i32, body: Body<'_>) -> Outcome {
        match id {
            ids::CONTRACT_DATA => self.send_details(&decode(id, body)?),
            ids::MATCHING_SYMBOLS => self.send_samples(&decode(id, body)?),
            ids::MARKET_RULE => self.send_market_rule(decode(id, body)?),
            _ => Ok(()),
        }
    }

    fn send_details(&self, request: &ContractDataRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        self.need_broker(request_id)?;
        let wanted = request.contract.clone().unwrap_or_default();
        let is_named = |field: &Option<String>| field.as_ref().is_some_and(|text| !text.is_empty());
        if wanted.con_id.unwrap_or_default() == 0
            && !is_named(&wanted.local_symbol)
            && !is_named(&wanted.sec_type)
        {
            return Err(Notice::invalid(request_id, "Please enter a local symbol or a security type"));
        }
        if option::is_meant(&wanted) {
            return self.send_option_details(request_id, &wanted);
        }
        let found = search::find(self.hub.exchange.market(), &wanted);
        if found.is_empty() {
            return Err(Notice::refusal(request_id, 200, words(200)));
        }
        for known in found {
            self.out.send(&ContractData {
                req_id: Some(request_id),
                contract: Some(contract(known)),
                contract_details: Some(details(known, self.hub.exchange.now())),
            });
        }
        self.out.send(&ContractDataEnd { req_id: Some(request_id) });
        Ok(())
    }

    fn send_samples(&self, request: &MatchingSymbolsRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        self.need_broker(request_id)?;
        let pattern = request.pattern.as_deref().unwrap_or_default();
        let found = search::matching(self.hub.exchange.market(), pattern);
        let contract_descriptions = found.into_iter().map(sample).collect();
        self.out.send(&SymbolSamples { req_id: Some(request_id), contract_descriptions });
        Ok(())
    }

    fn send_market_rule(&self, request: MarketRuleRequest) -> Outcome {
        let rule = request.market_rule_id.unwrap_or_default();
        let mut listings = self.hub.exchange.market().listings().iter();
        let Some(listing) = listings.find(|listing| listing.market_rule_id == rule) else {
            return Err(Notice::invalid(NO_REQUEST, &format!("Market rule {rule} is not known")));
        };
        let increment = PriceIncrement { low_edge: Some(0.0), increment: Some(double(listing.tick)) };
        self.out.send(&MarketRule { market_rule_id: Some(rule), price_increments: vec![increment] });
        Ok(())
    }

    /// Refuses a request that cannot reach the broker.
    pub(super) fn need_broker(&self, request_id: i32) -> Outcome {
        if self.hub.is_broker_reachable() {
            return Ok(());
        }
        let words = "Error processing request.-'bQ' : cause - Not connected to the IB server";
        Err(Notice::refusal(request_id, 322, words))
    }
}

pub(super) fn contract(known: Known<'_>) -> Contract {
    match known {
        Known::Listing(listing) => {
            let expiry = search::expiry_text(listing);
            let is_share = matches!(listing.kind, ListingKind::Stock | ListingKind::Etf);
            Contract {
                con_id: Some(listing.con_id),
                symbol: Some(listing.symbol.clone()),
                sec_type: Some(search::sec_type(listing.kind).to_owned()),
                last_trade_date_or_contract_month: expiry.clone(),
                multiplier: expiry.as_ref().map(|_| double(listing.multiplier)),
                exchange: Some(listing.exchange.clone()),
                primary_exch: is_share.then(|| listing.primary_exchange.clone()),
                currency: Some(listing.currency.clone()),
                local_symbol: Some(listing.local_symbol.clone()),
                trading_class: Some(search::trading_class(listing)),
                last_trade_date: expiry,
                ..Contract::default()
            }
        }
        Known::Index(future) => Contract {
            con_id: Some(search::index_id(&future.symbol)),
            symbol: Some(future.symbol.clone()),
            sec_type: Some("IND".to_owned()),
            exchange: Some(future.exchange.clone()),
            currency: Some(future.currency.clone()),
            local_symbol: Some(future.symbol.clone()),
            trading_class: Some(future.symbol.clone()),
            ..Contract::default()
        },
    }
}

/// A search result. It names the home exchange, not the one to route to.
fn sample(known: Known<'_>) -> ContractDescription {
    let (Known::Listing(listing) | Known::Index(listing)) = known;
    let full = contract(known);
    let derivatives: &[&str] = match (known, listing.kind) {
        (Known::Index(_), _) => &["FUT"],
        (_, ListingKind::Stock | ListingKind::Etf) => &["CFD", "OPT", "WAR"],
        _ => &["CFD"],
    };
    ContractDescription {
        contract: Some(Contract {
            con_id: full.con_id,
            symbol: full.symbol,
            sec_type: full.sec_type,
            primary_exch: Some(listing.primary_exchange.clone()),
            currency: full.currency,
            description: Some(name(known)),
            ..Contract::default()
        }),
        derivative_sec_types: derivatives.iter().map(|&kind| kind.to_owned()).collect(),
    }
}

fn name(known: Known<'_>) -> String {
    match known {
        Known::Listing(listing) | Known::Index(listing) => listing.name.clone(),
    }
}

fn details(known: Known<'_>, now: OffsetDateTime) -> ContractDetails {
    let (Known::Listing(listing) | Known::Index(listing)) = known;
    let future = match known {
        Known::Listing(listing) => search::expiry_text(listing),
        Known::Index(_) => None,
    };
    let venues = search::venues(listing);
    let hours = always_open(now);
    let size = decimal(listing.size_increment);
    ContractDetails {
        market_name: Some(search::trading_class(listing)),
        min_tick: Some(decimal(listing.tick)),
        order_types: Some(ORDER_TYPES.to_owned()),
        price_magnifier: Some(1),
        under_con_id: future.as_ref().map(|_| search::index_id(&listing.symbol)),
        under_symbol: future.as_ref().map(|_| listing.symbol.clone()),
        under_sec_type: future.as_ref().map(|_| "IND".to_owned()),
        contract_month: future.as_ref().and_then(|date| date.get(..6)).map(ToOwned::to_owned),
        real_expiration_date: future,
        long_name: Some(name(known)),
        industry: Some(listing.industry.clone()),
        time_zone_id: Some(time_zone_id(&listing.time_zone).to_owned()),
        trading_hours: Some(hours.clone()),
        liquid_hours: Some(hours),
        agg_group: Some(1),
        market_rule_ids: Some(vec![listing.market_rule_id.to_string(); venues.len()].join(",")),
        valid_exchanges: Some(venues.join(",")),
        stock_type: stock_type(listing).map(ToOwned::to_owned),
        min_size: Some(size.clone()),
        size_increment: Some(size.clone()),
        suggested_size_increment: Some(size),
        last_price_precision: Some(decimal(listing.tick)),
        last_size_precision: Some(decimal(listing.size_increment)),
        ..ContractDetails::default()
    }
}

fn stock_type(listing: &Listing) -> Option<&'static str> {
    match listing.kind {
        ListingKind::Stock => Some("COMMON"),
        ListingKind::Etf => Some("ETF"),
        ListingKind::Fx | ListingKind::Future => None,
    }
}

/// The broker's name of a time zone.
pub(super) fn time_zone_id(iana: &str) -> &str {
    match iana {
        "America/New_York" => "US/Eastern",
        "America/Chicago" => "US/Central",
        other => other,
    }
}

/// Hours that never end, in the broker's format: `20261122:0000-20261123:0000;…`.
pub(super) fn always_open(now: OffsetDateTime) -> String {
    let today = now.to_timezone(timezones::db::america::NEW_YORK).date();
    let day = |offset: i64| {
        let date = today.saturating_add(Duration::days(offset));
        format!("{:04}{:02}{:02}:0000", date.year(), u8::from(date.month()), date.day())
    };
    let days: Vec<String> = (0..DAYS_AHEAD).map(|n| format!("{}-{}", day(n), day(n + 1))).collect();
    days.join(";")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_market_never_closes() {
        let hours = always_open(datetime!(2026-12-31 12:00 UTC));
        assert!(hours.starts_with("20261231:0000-20270101:0000;20270101:0000-20270102:0000;"), "{hours}");
        assert_eq!(hours.split(';').count(), 6);
    }
}

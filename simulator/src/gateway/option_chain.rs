//! Requests about options: the chains of an underlying, and the details of an option.

use super::chain::chain;
use super::contract::always_open;
use super::option::{self, EXCHANGES, MULTIPLIER, OptionContract, date_text};
use super::session::{Outcome, Session, decode};
use crate::notice::{Notice, words};
use crate::wire::contract::{Contract, ContractData, ContractDataEnd, ContractDetails};
use crate::wire::option::{SecDefOptParameter, SecDefOptParamsRequest};
use crate::wire::reference::SecDefOptParameterEnd;
use crate::wire::{Body, double};

impl Session {
    /// Answers a request for the chains of an underlying.
    pub(super) fn answer_option_chain(&self, id: i32, body: Body<'_>) -> Outcome {
        let request: SecDefOptParamsRequest = decode(id, body)?;
        let req_id = request.req_id;
        let request_id = req_id.unwrap_or_default();
        self.need_broker(request_id)?;
        let market = self.hub.exchange.market();
        let con_id = request.underlying_con_id.unwrap_or_default();
        let symbol = request.underlying_symbol.as_deref().unwrap_or_default();
        let underlying = market
            .listing(con_id)
            .filter(|listing| listing.symbol.eq_ignore_ascii_case(symbol))
            .ok_or_else(|| Notice::refusal(request_id, 200, words(200)))?;
        let chain = chain(market, self.hub.exchange.now(), underlying);
        // An exchange is only named for options on futures, of which there are none.
        let is_future = !request.fut_fop_exchange.as_deref().unwrap_or_default().is_empty();
        if !chain.expiries.is_empty() && !is_future {
            for exchange in EXCHANGES {
                self.out.send(&SecDefOptParameter {
                    req_id,
                    exchange: Some(exchange.to_owned()),
                    underlying_con_id: Some(con_id),
                    trading_class: Some(underlying.symbol.clone()),
                    multiplier: Some(MULTIPLIER.to_string()),
                    expirations: chain.expiries.iter().copied().map(date_text).collect(),
                    strikes: chain.strikes(),
                });
            }
        }
        self.out.send(&SecDefOptParameterEnd { req_id });
        Ok(())
    }

    /// Sends the details of the options that fit this contract.
    pub(super) fn send_option_details(&self, request_id: i32, wanted: &Contract) -> Outcome {
        let is_given = |field: &Option<String>| field.as_ref().is_some_and(|text| !text.is_empty());
        let con_id = wanted.con_id.unwrap_or_default();
        if con_id == 0 && !is_given(&wanted.symbol) && !is_given(&wanted.local_symbol) {
            return Err(Notice::invalid(request_id, "Please enter a symbol or a local symbol"));
        }
        let now = self.hub.exchange.now();
        let found = option::find(self.hub.exchange.market(), now, wanted);
        if found.is_empty() {
            return Err(Notice::refusal(request_id, 200, words(200)));
        }
        let hours = always_open(now);
        let mut batch = self.out.batch();
        for option in found {
            batch.push(&ContractData {
                req_id: Some(request_id),
                contract: Some(contract(&option)),
                contract_details: Some(details(&option, &hours)),
            });
        }
        batch.push(&ContractDataEnd { req_id: Some(request_id) });
        self.out.send_batch(batch);
        Ok(())
    }
}

fn contract(option: &OptionContract<'_>) -> Contract {
    Contract {
        con_id: Some(option.con_id()),
        symbol: Some(option.underlying.symbol.clone()),
        sec_type: Some("OPT".to_owned()),
        last_trade_date_or_contract_month: Some(date_text(option.expiry)),
        last_trade_date: Some(date_text(option.expiry)),
        strike: Some(double(option.strike())),
        right: Some(option.right.letter().to_owned()),
        multiplier: Some(f64::from(MULTIPLIER)),
        exchange: EXCHANGES.first().map(|exchange| (*exchange).to_owned()),
        currency: Some(option.underlying.currency.clone()),
        local_symbol: Some(option.local_symbol()),
        trading_class: Some(option.underlying.symbol.clone()),
        ..Contract::default()
    }
}

fn details(option: &OptionContract<'_>, hours: &str) -> ContractDetails {
    let underlying = option.underlying;
    let (one, cent) = (Some("1".to_owned()), Some("0.01".to_owned()));
    let expiry = date_text(option.expiry);
    ContractDetails {
        market_name: Some(underlying.symbol.clone()),
        min_tick: cent.clone(),
        order_types: Some(super::contract::ORDER_TYPES.to_owned()),
        price_magnifier: Some(1),
        under_con_id: Some(underlying.con_id),
        under_symbol: Some(underlying.symbol.clone()),
        under_sec_type: Some("STK".to_owned()),
        contract_month: expiry.get(..6).map(ToOwned::to_owned),
        real_expiration_date: Some(expiry),
        long_name: Some(underlying.name.clone()),
        time_zone_id: Some("US/Eastern".to_owned()),
        trading_hours: Some(hours.to_owned()),
        liquid_hours: Some(hours.to_owned()),
        agg_group: Some(2),
        market_rule_ids: Some(vec![underlying.market_rule_id.to_string(); EXCHANGES.len()].join(",")),
        valid_exchanges: Some(EXCHANGES.join(",")),
        min_size: one.clone(),
        size_increment: one.clone(),
        suggested_size_increment: one.clone(),
        last_price_precision: cent,
        last_size_precision: one,
        ..ContractDetails::default()
    }
}

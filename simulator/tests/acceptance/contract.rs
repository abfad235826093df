//! Finding contracts.

use ibapi::contracts::{Contract, SecurityType};

use crate::support::{code, connect, contract, listing, start, stock, within};

#[tokio::test]
async fn a_stock_is_found_by_symbol_and_by_id() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let aapl = listing(&simulator, "AAPL");
    for wanted in [stock("AAPL"), stock("aapl"), contract(aapl)] {
        let found = within(client.contract_details(&wanted)).await.unwrap();
        let [details] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(details.contract.contract_id, aapl.con_id);
        assert_eq!(details.contract.symbol.as_str(), "AAPL");
        assert_eq!(details.contract.security_type, SecurityType::Stock);
        assert_eq!(details.contract.exchange.as_str(), "SMART");
        assert_eq!(details.contract.primary_exchange.as_str(), aapl.primary_exchange);
        assert_eq!(details.long_name, aapl.name);
        assert_eq!(details.min_tick.to_string(), "0.01");
        assert_eq!(details.stock_type, "COMMON");
        assert_eq!(details.time_zone_id, "US/Eastern");
        assert_eq!(details.valid_exchanges.len(), details.market_rule_ids.len());
        assert_eq!(details.valid_exchanges[0], "SMART");
        assert_eq!(details.trading_hours.len(), 6);
    }
}

#[tokio::test]
async fn a_currency_pair_and_the_expiries_of_a_future_are_found() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let pair = within(client.contract_details(&Contract::forex("EUR", "USD").build())).await.unwrap();
    assert_eq!(pair.len(), 1);
    assert_eq!(pair[0].contract.local_symbol, "EUR.USD");
    assert_eq!(pair[0].contract.exchange.as_str(), "IDEALPRO");

    let months = within(client.contract_details(&Contract::futures("ES").any_month().build())).await.unwrap();
    assert!(months.len() >= 2, "{}", months.len());
    for month in &months {
        assert_eq!(month.contract.security_type, SecurityType::Future);
        assert_eq!(month.contract.multiplier, "50");
        assert_eq!(month.under_security_type, "IND");
        assert!(month.contract.last_trade_date_or_contract_month.starts_with(&month.contract_month));
        let wanted = Contract {
            last_trade_date_or_contract_month: month.contract_month.clone(),
            ..Contract::futures("ES").any_month().build()
        };
        let one = within(client.contract_details(&wanted)).await.unwrap();
        assert_eq!(one.len(), 1);
        assert_eq!(one[0].contract.contract_id, month.contract.contract_id);
    }
}

#[tokio::test]
async fn what_does_not_exist_or_is_ambiguous_is_refused() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let elsewhere = Contract { exchange: "IDEALPRO".into(), ..stock("AAPL") };
    let unknown_id = Contract { contract_id: 1, ..Contract::default() };
    for wanted in [stock("NOSUCH"), elsewhere, unknown_id, Contract::forex("EUR", "XXX").build()] {
        let error = within(client.contract_details(&wanted)).await.unwrap_err();
        assert_eq!(code(&error), 200, "{wanted:?}");
    }
    let nothing = Contract { security_type: SecurityType::Other(String::new()), ..Contract::default() };
    assert_eq!(code(&within(client.contract_details(&nothing)).await.unwrap_err()), 321);
    let mut ambiguous =
        client.market_data(&Contract::futures("ES").any_month().build()).subscribe().await.unwrap();
    assert_eq!(crate::support::refusal(&mut ambiguous).await, 200);
}

#[tokio::test]
async fn a_search_finds_symbols_and_names() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let name = listing(&simulator, "MSFT").name.to_lowercase();
    let cases = [
        ("AAPL", "AAPL", SecurityType::Stock),
        ("aap", "AAPL", SecurityType::Stock),
        (name.split(' ').next().unwrap(), "MSFT", SecurityType::Stock),
        ("EUR.USD", "EUR", SecurityType::ForexPair),
        ("ES", "ES", SecurityType::Index),
    ];
    for (pattern, symbol, kind) in cases {
        let found = within(client.matching_symbols(pattern)).await.unwrap();
        let first = &found.first().unwrap_or_else(|| panic!("{pattern} is found")).contract;
        assert_eq!((first.symbol.as_str(), &first.security_type), (symbol, &kind), "{pattern}");
        assert!(!first.description.is_empty());
    }
    assert!(within(client.matching_symbols("no such thing")).await.unwrap().is_empty());

    let index = &within(client.matching_symbols("ES")).await.unwrap()[0];
    assert_eq!(index.derivative_security_types, ["FUT"]);
    let by_id = Contract {
        contract_id: index.contract.contract_id,
        exchange: index.contract.primary_exchange.clone(),
        ..Contract::default()
    };
    let details = within(client.contract_details(&by_id)).await.unwrap();
    assert_eq!(details[0].contract.security_type, SecurityType::Index);
}

#[tokio::test]
async fn a_market_rule_holds_the_increments() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let aapl = listing(&simulator, "AAPL");
    let rule = within(client.market_rule(aapl.market_rule_id)).await.unwrap();
    assert_eq!(rule.price_increments.len(), 1);
    assert_eq!(rule.price_increments[0].increment.to_string(), aapl.tick.normalize().to_string());
    assert_eq!(code(&within(client.market_rule(-7)).await.unwrap_err()), 321);
}

//! Option chains and the details of options.

use futures::StreamExt;
use ibapi::contracts::{Contract, OptionChain, SecurityType};
use ibapi::subscriptions::SubscriptionItem;

use crate::support::{code, connect, listing, refusal, start, within};

async fn chains(client: &ibapi::Client, symbol: &str, con_id: i32) -> Result<Vec<OptionChain>, ibapi::Error> {
    let mut stream = client.option_chain(symbol, SecurityType::Stock, con_id).subscribe().await.unwrap();
    let mut chains = Vec::new();
    while let Some(item) = within(stream.next()).await {
        match item {
            Ok(SubscriptionItem::Data(chain)) => chains.push(chain),
            Ok(SubscriptionItem::Notice(_)) => {}
            Err(ibapi::Error::EndOfStream) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(chains)
}

#[tokio::test]
async fn an_option_of_a_chain_has_details() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let aapl = listing(&simulator, "AAPL");
    let chains = chains(&client, "AAPL", aapl.con_id).await.unwrap();
    let smart = chains.iter().find(|chain| chain.exchange == "SMART").unwrap();
    assert!(chains.len() > 1);
    assert_eq!((smart.underlying_contract_id, smart.multiplier.as_str()), (aapl.con_id, "100"));
    assert_eq!(smart.trading_class, "AAPL");
    assert!(smart.expirations.is_sorted() && smart.strikes.is_sorted());
    let wanted = Contract {
        symbol: "AAPL".into(),
        security_type: SecurityType::Option,
        last_trade_date_or_contract_month: smart.expirations[1].clone(),
        strike: smart.strikes[10],
        right: Some(ibapi::contracts::OptionRight::Call),
        exchange: "SMART".into(),
        currency: "USD".into(),
        ..Contract::default()
    };
    let found = within(client.contract_details(&wanted)).await.unwrap();
    let [details] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(details.contract.strike.to_bits(), smart.strikes[10].to_bits());
    assert_eq!(details.contract.multiplier, "100");
    assert_eq!(details.under_contract_id, aapl.con_id);
    assert_eq!(details.contract.last_trade_date_or_contract_month, smart.expirations[1]);
    assert!(details.contract.local_symbol.starts_with("AAPL  "));

    let by_id = Contract { contract_id: details.contract.contract_id, ..Contract::default() };
    let again = within(client.contract_details(&by_id)).await.unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].contract, details.contract);

    // It is listed, but nothing of it is quoted.
    let mut ticks = client.market_data(&by_id).subscribe().await.unwrap();
    assert_eq!(refusal(&mut ticks).await, 354);
}

#[tokio::test]
async fn what_has_no_options_has_no_chain() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let ibm = listing(&simulator, "IBM");
    assert!(chains(&client, "IBM", ibm.con_id).await.unwrap().is_empty());
    assert_eq!(code(&chains(&client, "AAPL", ibm.con_id).await.unwrap_err()), 200);
    assert_eq!(code(&chains(&client, "AAPL", 7).await.unwrap_err()), 200);
    let nothing = Contract {
        symbol: "AAPL".into(),
        security_type: SecurityType::Option,
        strike: 0.37,
        ..Contract::default()
    };
    assert_eq!(code(&within(client.contract_details(&nothing)).await.unwrap_err()), 200);
}

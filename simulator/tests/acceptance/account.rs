//! Accounts: before anything has happened in them, and how they follow what does.

use ibapi::accounts::types::{AccountGroup, AccountId, ContractId};
use ibapi::accounts::{
    AccountSummaryResult, AccountSummaryTags, AccountUpdate, PositionUpdate, PositionUpdateMulti,
};
use ibapi::orders::ExecutionFilter;

use crate::support::{
    PATIENCE, code, connect, listing, market_order, next, quote, start, start_quiet, stock, within,
};

const ACCOUNT: &str = "SIM0000001";

#[tokio::test]
async fn a_million_dollars_and_no_position() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let group = AccountGroup("All".to_owned());
    let tags = [AccountSummaryTags::NET_LIQUIDATION, AccountSummaryTags::ACCOUNT_TYPE];
    let mut summary = client.account_summary(&group, &tags).await.unwrap();
    let mut rows = Vec::new();
    while let AccountSummaryResult::Summary(row) = next(&mut summary).await.unwrap() {
        rows.push(format!("{} {} {} {}", row.account, row.tag, row.value, row.currency));
    }
    rows.sort();
    let expected = [
        "SIM0000001 AccountType INDIVIDUAL ",
        "SIM0000001 NetLiquidation 1000000.00 USD",
        "SIM0000002 AccountType INDIVIDUAL ",
        "SIM0000002 NetLiquidation 100000.00 USD",
    ];
    assert_eq!(rows, expected);

    let mut positions = client.positions().await.unwrap();
    assert!(matches!(next(&mut positions).await.unwrap(), PositionUpdate::PositionEnd));

    let mut updates = client.account_updates(&AccountId(ACCOUNT.to_owned())).await.unwrap();
    let mut cash = None;
    loop {
        match next(&mut updates).await.unwrap() {
            AccountUpdate::AccountValue(value) if value.key == "TotalCashValue" => cash = Some(value.value),
            AccountUpdate::PortfolioValue(position) => panic!("{position:?}"),
            AccountUpdate::End => break,
            _ => {}
        }
    }
    assert_eq!(cash.as_deref(), Some("1000000.00"));

    let mut pnl = client.pnl(&AccountId(ACCOUNT.to_owned()), None).await.unwrap();
    assert_eq!(next(&mut pnl).await.unwrap().daily_pnl.to_string(), "0");
    let (account, aapl) = (AccountId(ACCOUNT.to_owned()), listing(&simulator, "AAPL").con_id);
    let mut single = client.pnl_single(&account, ContractId(aapl), None).await.unwrap();
    let single = next(&mut single).await.unwrap();
    assert_eq!((single.position.to_string(), single.value.to_string()), ("0".to_owned(), "0".to_owned()));
}

#[tokio::test]
async fn no_order_was_ever_placed() {
    let simulator = start().await;
    let client = connect(&simulator, 0).await;
    let mut lists = [
        client.open_orders().await.unwrap(),
        client.all_open_orders().await.unwrap(),
        client.completed_orders(false).await.unwrap(),
    ];
    for list in &mut lists {
        assert_eq!(list.collect_for(PATIENCE).await.len(), 0);
    }
    let mut executions = client.executions(ExecutionFilter::default()).await.unwrap();
    assert_eq!(executions.collect_for(PATIENCE).await.len(), 0);
}

#[tokio::test]
async fn small_lists_are_answered_and_strangers_refused() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    assert_eq!(within(client.family_codes()).await.unwrap().len(), 2);
    assert_eq!(within(client.soft_dollar_tiers()).await.unwrap().len(), 0);
    assert_eq!(within(client.news_providers()).await.unwrap().len(), 0);
    assert!(!within(client.smart_components("9c0001")).await.unwrap().is_empty());
    assert!(!within(client.market_depth_exchanges()).await.unwrap().is_empty());
    within(client.user_info()).await.unwrap();
    assert_eq!(code(&within(client.smart_components("zzz")).await.unwrap_err()), 321);
    let mut pnl = client.pnl(&AccountId("U1234567".to_owned()), None).await.unwrap();
    assert_eq!(code(&next(&mut pnl).await.unwrap_err()), 321);
}

#[tokio::test]
async fn positions_and_values_follow_an_execution_at_once() {
    let simulator = start_quiet("AAPL").await;
    let (client, trader) = (connect(&simulator, 1).await, connect(&simulator, 2).await);
    let account = AccountId(ACCOUNT.to_owned());
    let mut positions = client.positions().await.unwrap();
    assert!(matches!(next(&mut positions).await.unwrap(), PositionUpdate::PositionEnd));
    let mut multi = client.positions_multi(Some(&account), None).await.unwrap();
    assert!(matches!(next(&mut multi).await.unwrap(), PositionUpdateMulti::PositionEnd));
    let mut updates = client.account_updates(&account).await.unwrap();
    while !matches!(next(&mut updates).await.unwrap(), AccountUpdate::End) {}

    trader.submit_order(1, &stock("AAPL"), &market_order()).await.unwrap();
    let PositionUpdate::Position(position) = next(&mut positions).await.unwrap() else {
        panic!("a position")
    };
    assert_eq!((position.account.as_str(), position.position), (ACCOUNT, 100.0));
    assert_eq!(position.contract.contract_id, listing(&simulator, "AAPL").con_id);
    assert!((position.average_cost - 250.02).abs() < 1e-9, "{position:?}");
    let PositionUpdateMulti::Position(position) = next(&mut multi).await.unwrap() else {
        panic!("a position")
    };
    assert_eq!(position.position.to_string(), "100");
    let (mut is_held, mut cash) = (false, None);
    while cash.is_none() {
        match next(&mut updates).await.unwrap() {
            AccountUpdate::PortfolioValue(value) => is_held = value.position > 99.0,
            AccountUpdate::AccountValue(value) if value.key == "TotalCashValue" => cash = Some(value.value),
            _ => {}
        }
    }
    // The shares, and a dollar of commission.
    assert_eq!((is_held, cash.as_deref()), (true, Some("974997.00")));
}

#[tokio::test]
async fn profit_and_loss_follow_the_price() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let (account, aapl) = (AccountId(ACCOUNT.to_owned()), listing(&simulator, "AAPL").con_id);
    let mut pnl = client.pnl(&account, None).await.unwrap();
    assert_eq!(next(&mut pnl).await.unwrap().unrealized_pnl, Some(0.0));
    let mut single = client.pnl_single(&account, ContractId(aapl), None).await.unwrap();
    assert_eq!(next(&mut single).await.unwrap().position.to_string(), "0");
    client.submit_order(1, &stock("AAPL"), &market_order()).await.unwrap();
    while next(&mut single).await.unwrap().position < 100.0 {}
    quote(&simulator, "AAPL", [26_000, 26_002]);
    crate::support::trade(&simulator, "AAPL", 260);
    while next(&mut pnl).await.unwrap().unrealized_pnl.is_none_or(|gain| gain < 900.0) {}
    while next(&mut single).await.unwrap().value < 25_900.0 {}
}

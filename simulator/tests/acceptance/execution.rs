//! Executions, asked for afterwards.

use futures::StreamExt;
use ibapi::Client;
use ibapi::orders::{ExecutionFilter, ExecutionFilterSide, Executions, Order};
use ibapi::subscriptions::SubscriptionItem;

use crate::support::{
    OrderLog, connect, limit_order, listing, market_order, quote, start_quiet, stock, within,
};

/// What is told of executions: the reference of each, and what was paid for them.
async fn executions(client: &Client, filter: ExecutionFilter) -> (Vec<String>, Vec<f64>) {
    let mut list = client.executions(filter).await.unwrap();
    let (mut references, mut costs) = (Vec::new(), Vec::new());
    while let Some(item) = within(list.next()).await {
        match item.unwrap() {
            SubscriptionItem::Data(Executions::ExecutionData(data)) => {
                references.push(data.execution.order_reference);
            }
            SubscriptionItem::Data(Executions::CommissionReport(report)) => costs.push(report.commission),
            SubscriptionItem::Notice(_) => {}
        }
    }
    (references, costs)
}

#[tokio::test]
async fn executions_are_told_again_to_whoever_asks_for_them() {
    let simulator = start_quiet("AAPL").await;
    let (first, second) = (connect(&simulator, 1).await, connect(&simulator, 2).await);
    let mut log = OrderLog::of(&first).await;
    first.submit_order(1, &stock("AAPL"), &market_order()).await.unwrap();
    log.until("status 1 Filled 100").await;
    let sale = Order {
        action: ibapi::orders::Action::Sell,
        account: "SIM0000002".to_owned(),
        order_ref: "theirs".to_owned(),
        ..market_order()
    };
    let mut log = OrderLog::of(&second).await;
    second.submit_order(1, &stock("AAPL"), &sale).await.unwrap();
    log.until("status 1 Filled 100").await;

    let all = ExecutionFilter::default;
    assert_eq!(executions(&first, all()).await, (vec!["ours".into(), "theirs".into()], vec![1.0, 1.0]));
    let cases = [
        (ExecutionFilter { client_id: Some(2), ..all() }, "theirs"),
        (ExecutionFilter { account_code: "SIM0000001".to_owned(), ..all() }, "ours"),
        (ExecutionFilter { side: Some(ExecutionFilterSide::Sell), ..all() }, "theirs"),
    ];
    for (filter, expected) in cases {
        let what = format!("{filter:?}");
        assert_eq!(executions(&first, filter).await.0, [expected], "{what}");
    }
    let none = [
        ExecutionFilter { symbol: "MSFT".to_owned(), ..all() },
        ExecutionFilter { security_type: "FUT".to_owned(), ..all() },
        ExecutionFilter { time: "20991231-00:00:00".to_owned(), ..all() },
        ExecutionFilter { specific_dates: vec!["20200102".to_owned()], ..all() },
    ];
    for filter in none {
        let what = format!("{filter:?}");
        assert_eq!(executions(&first, filter).await.0, [""; 0], "{what}");
    }
    let days = ExecutionFilter { last_n_days: 2, symbol: "AAPL".to_owned(), ..all() };
    assert_eq!(executions(&first, days).await.0.len(), 2);
}

#[tokio::test]
async fn an_execution_tells_all_that_its_order_did() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    let order = Order { total_quantity: 350.0, ..limit_order(249.99) };
    client.submit_order(1, &stock("AAPL"), &order).await.unwrap();
    log.take(2).await;
    for _ in 0..2 {
        quote(&simulator, "AAPL", [24_996, 24_998]);
    }
    log.until("status 1 Filled 350").await;
    let mut list = client.executions(ExecutionFilter::default()).await.unwrap();
    let mut told = Vec::new();
    while let Some(item) = within(list.next()).await {
        if let SubscriptionItem::Data(Executions::ExecutionData(data)) = item.unwrap() {
            told.push(data);
        }
    }
    let [first, second] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(first.contract.contract_id, listing(&simulator, "AAPL").con_id);
    assert_ne!(first.execution.execution_id, second.execution.execution_id);
    let quantities =
        |data: &ibapi::orders::ExecutionData| (data.execution.shares, data.execution.cumulative_quantity);
    assert_eq!([quantities(first), quantities(second)], [(300.0, 300.0), (50.0, 350.0)]);
    let ours = simulator.exchange.order(1, 1).unwrap();
    for data in &told {
        let execution = &data.execution;
        assert_eq!((execution.order_id, execution.client_id, execution.perm_id), (1, 1, ours.perm_id));
        assert_eq!((execution.account_number.as_str(), execution.price), ("SIM0000001", 249.99));
        assert!(execution.time.ends_with(" US/Eastern"), "{}", execution.time);
    }
}

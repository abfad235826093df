//! Orders while the broker cannot be reached: they are held, and get there later.

use futures::StreamExt;
use ibapi::orders::Orders;
use ibapi::subscriptions::SubscriptionItem;
use simulator::exchange::broker::RowStatus;

use crate::support::{
    OrderLog, connect, limit_order, market_order, quote, start_quiet, stock, until, within,
};

#[tokio::test]
async fn orders_sent_while_the_broker_is_lost_reach_it_later() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    client.submit_order(1, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    log.take(2).await;
    simulator.gateway.faults().notice(1100);
    client.submit_order(2, &stock("AAPL"), &market_order()).await.unwrap();
    let _cancelled = client.cancel_order(1, "").await.unwrap();
    // Whoever asks is told what the gateway remembers.
    let mut open = client.open_orders().await.unwrap();
    let mut ids = Vec::new();
    while let Some(item) = within(open.next()).await {
        if let SubscriptionItem::Data(Orders::OrderData(data)) = item.unwrap() {
            ids.push(data.order_id);
        }
    }
    assert_eq!(ids, [1]);
    assert!(simulator.exchange.order(1, 2).is_none());
    // The orders outlive their client.
    drop((client, log));
    until("the client is gone", || simulator.gateway.connected_clients() == 0).await;
    simulator.gateway.faults().notice(1102);
    assert_eq!(simulator.exchange.order(1, 1).unwrap().status, RowStatus::Cancelled);
    assert_eq!(simulator.exchange.order(1, 2).unwrap().status, RowStatus::Filled);
}

#[tokio::test]
async fn what_happens_while_the_broker_is_lost_is_told_once_it_is_back() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    client.submit_order(1, &stock("AAPL"), &limit_order(249.99)).await.unwrap();
    log.take(2).await;
    simulator.gateway.faults().notice(1100);
    quote(&simulator, "AAPL", [24_996, 24_998]);
    client.submit_order(2, &stock("AAPL"), &limit_order(240.005)).await.unwrap();
    within(client.server_time()).await.unwrap();
    assert_eq!(simulator.exchange.order(1, 1).unwrap().status, RowStatus::Filled);
    simulator.gateway.faults().notice(1102);
    let mut told = log.take(6).await;
    told.sort();
    let mut expected = [
        "execution 1 100 at 249.99",
        "order 1 Filled",
        "status 1 Filled 100",
        "order 1 Filled with costs",
        "commission 1",
        // The second order was refused when it got there.
        "notice 110",
    ];
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_stopped_exchange_takes_orders_when_it_goes_on() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    simulator.exchange.stop();
    client.submit_order(1, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    within(client.server_time()).await.unwrap();
    assert!(simulator.exchange.order(1, 1).is_none());
    simulator.exchange.resume();
    assert_eq!(log.next().await, "order 1 Submitted");
}

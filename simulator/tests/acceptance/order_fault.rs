//! What goes wrong with orders between a client and the exchange, and that the exchange knows better.

use std::time::{Duration, Instant};

use futures::StreamExt;
use ibapi::Client;
use ibapi::orders::{Order, Orders, PlaceOrder};
use simulator::Simulator;
use simulator::exchange::broker::RowStatus;
use simulator::faults::DropPoint;

use crate::support::{OrderLog, connect, limit_order, market_order, next, start_quiet, stock, until, within};

/// Whether the exchange has an order of client 1 with this number.
fn has(simulator: &Simulator, order_id: i32) -> bool {
    simulator.exchange.order(1, order_id).is_some()
}

#[tokio::test]
async fn sockets_are_dropped_at_every_point_of_an_orders_way() {
    let cases = [
        (DropPoint::Unread, false),
        (DropPoint::Read, false),
        (DropPoint::Taken, true),
        (DropPoint::Acknowledged, true),
    ];
    for (point, is_placed) in cases {
        let simulator = start_quiet("AAPL").await;
        let client = connect(&simulator, 1).await;
        simulator.gateway.faults().drop_orders(point, 1);
        let mut placed = client.place_order(1, &stock("AAPL"), &market_order()).await.unwrap();
        let mut told = 0;
        while next(&mut placed).await.is_ok() {
            told += 1;
        }
        until("the socket is closed", || !client.is_connected()).await;
        // The acknowledgement is the order and its status; what came of it is not told.
        let expected = if point == DropPoint::Acknowledged { 2 } else { 0 };
        assert_eq!(told, expected, "{point:?}");
        until("the client is gone", || simulator.gateway.connected_clients() == 0).await;
        assert_eq!(has(&simulator, 1), is_placed, "{point:?}");

        // The next order gets through.
        let client = connect(&simulator, 1).await;
        let mut log = OrderLog::of(&client).await;
        client.submit_order(9, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
        assert_eq!(log.next().await, "order 9 Submitted");
    }
}

#[tokio::test]
async fn a_cancellation_can_be_lost_as_an_order_can() {
    let simulator = start_quiet("AAPL").await;
    for (point, expected) in
        [(DropPoint::Read, RowStatus::Submitted), (DropPoint::Taken, RowStatus::Cancelled)]
    {
        let client = connect(&simulator, 1).await;
        let mut log = OrderLog::of(&client).await;
        let order_id = client.next_valid_order_id().await.unwrap();
        client.submit_order(order_id, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
        log.take(2).await;
        simulator.gateway.faults().drop_orders(point, 1);
        let mut cancelled = client.cancel_order(order_id, "").await.unwrap();
        while next(&mut cancelled).await.is_ok() {}
        until("the client is gone", || simulator.gateway.connected_clients() == 0).await;
        assert_eq!(simulator.exchange.order(1, order_id).unwrap().status, expected, "{point:?}");
    }
}

#[tokio::test]
async fn events_are_told_twice() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    simulator.gateway.faults().repeat_events(2);
    client.submit_order(1, &stock("AAPL"), &market_order()).await.unwrap();
    let placed = ["order 1 Submitted", "status 1 Submitted 0"];
    let done = [
        "execution 1 100 at 250.02",
        "order 1 Filled",
        "status 1 Filled 100",
        "order 1 Filled with costs",
        "commission 1",
    ];
    let expected = [&placed[..], &placed, &done, &done].concat();
    assert_eq!(log.take(expected.len()).await, expected);
}

#[tokio::test]
async fn events_are_late_while_questions_are_answered() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    let lateness = Duration::from_millis(500);
    simulator.gateway.faults().delay_events(lateness);
    let start = Instant::now();
    client.submit_order(1, &stock("AAPL"), &market_order()).await.unwrap();
    let mut open = client.completed_orders(false).await.unwrap();
    assert!(matches!(next(&mut open).await.unwrap(), Orders::OrderData(_)));
    assert!(start.elapsed() < lateness, "{:?}", start.elapsed());
    assert_eq!(log.next().await, "order 1 Submitted");
    assert!(start.elapsed() >= lateness, "{:?}", start.elapsed());
    log.until("commission 1").await;
}

#[tokio::test]
async fn next_ids_are_rolled_back_and_the_exchange_is_not_fooled() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    client.submit_order(38_103, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    log.take(2).await;
    simulator.gateway.faults().roll_ids_back(5);
    assert_eq!(client.next_valid_order_id().await.unwrap(), 38_099);
    client.submit_order(38_099, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    assert_eq!(log.next().await, "notice 103");
    simulator.gateway.faults().roll_ids_back(i32::MAX);
    assert_eq!(client.next_valid_order_id().await.unwrap(), 1);
    simulator.gateway.faults().roll_ids_back(0);
    assert_eq!(client.next_valid_order_id().await.unwrap(), 38_104);
}

#[tokio::test]
async fn an_execution_is_told_before_its_order() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    simulator.gateway.faults().tell_executions_first(2);
    client.submit_order(1, &stock("AAPL"), &market_order()).await.unwrap();
    let expected =
        ["execution 1 100 at 250.02", "order 1 Submitted", "status 1 Submitted 0", "order 1 Filled"];
    assert_eq!(log.take(4).await, expected);
    log.until("commission 1").await;
    // One that ends without an execution is told then.
    client.submit_order(2, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    let _cancelled = client.cancel_order(2, "").await.unwrap();
    let expected =
        ["status 2 PendingCancel 0", "order 2 Submitted", "status 2 Submitted 0", "order 2 Cancelled"];
    assert_eq!(log.take(4).await, expected);
}

#[tokio::test]
async fn statuses_are_lost() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    simulator.gateway.faults().lose_statuses(2);
    client.submit_order(1, &stock("AAPL"), &market_order()).await.unwrap();
    let expected =
        ["order 1 Submitted", "execution 1 100 at 250.02", "order 1 Filled", "order 1 Filled with costs"];
    assert_eq!(log.take(4).await, expected);
}

/// The permanent id with which the order is told next.
async fn perm_id(client: &Client) -> i64 {
    let mut open = client.open_orders().await.unwrap();
    let told = next(&mut open).await.unwrap();
    let Orders::OrderData(data) = told else { panic!("{told:?}") };
    data.order.perm_id
}

#[tokio::test]
async fn a_permanent_id_changes_with_the_order() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    client.submit_order(1, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    log.take(2).await;
    let before = perm_id(&client).await;
    log.take(2).await;
    simulator.gateway.faults().change_perm_ids(1);
    client.submit_order(1, &stock("AAPL"), &limit_order(241.0)).await.unwrap();
    log.take(2).await;
    let after = perm_id(&client).await;
    log.take(2).await;
    assert_ne!(before, after);
    assert_eq!(simulator.exchange.order(1, 1).unwrap().perm_id, before);
    // Its executions have the new one, too.
    let mut placed = client.place_order(1, &stock("AAPL"), &limit_order(250.02)).await.unwrap();
    let execution = loop {
        if let PlaceOrder::ExecutionData(data) = next(&mut placed).await.unwrap() {
            break data.execution;
        }
    };
    assert_eq!(execution.perm_id, after);
}

#[tokio::test]
async fn lists_never_end() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    client.submit_order(1, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    log.take(2).await;
    simulator.gateway.faults().withhold_ends(2);
    let mut open = client.open_orders().await.unwrap();
    assert!(matches!(next(&mut open).await.unwrap(), Orders::OrderData(_)));
    assert!(matches!(next(&mut open).await.unwrap(), Orders::OrderStatus(_)));
    let mut completed = client.completed_orders(false).await.unwrap();
    // Whatever else is asked is answered, and neither list has ended by then.
    within(client.server_time()).await.unwrap();
    assert!(futures::poll!(open.next()).is_pending() && futures::poll!(completed.next()).is_pending());
    drop((open, completed));
    let mut again = client.completed_orders(false).await.unwrap();
    assert!(within(again.next()).await.is_none());
}

#[tokio::test]
async fn a_refusal_can_be_overridden() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    simulator.gateway.faults().refuse_overridably(1);
    let mut placed = client.place_order(1, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    let ibapi::Error::Notice(notice) = next(&mut placed).await.unwrap_err() else { panic!("a notice") };
    assert_eq!(notice.code, 201);
    assert_eq!(notice.advanced_order_reject_json, r#"{"rejects":[{"8229":"IBDBUYTX"}]}"#);
    assert!(!has(&simulator, 1));
    simulator.gateway.faults().refuse_overridably(1);
    let order = Order { advanced_error_override: "8229=IBDBUYTX".to_owned(), ..limit_order(240.0) };
    let mut log = OrderLog::of(&client).await;
    client.submit_order(2, &stock("AAPL"), &order).await.unwrap();
    assert_eq!(log.next().await, "order 2 Submitted");
}

#[tokio::test]
async fn faults_are_combined() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    let faults = simulator.gateway.faults();
    faults.tell_executions_first(1);
    faults.lose_statuses(1);
    faults.repeat_events(1);
    faults.delay_events(Duration::from_millis(50));
    client.submit_order(1, &stock("AAPL"), &market_order()).await.unwrap();
    // The status of the acceptance is lost, and nothing of it is there to be told twice.
    let expected =
        ["execution 1 100 at 250.02", "order 1 Submitted", "order 1 Filled", "status 1 Filled 100"];
    assert_eq!(log.take(4).await, expected);
}

#[tokio::test]
async fn every_fault_can_be_typed_and_is_lifted() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let faults = [
        "orders drop taken 2",
        "orders overridable 3",
        "orders off",
        "events repeat 4",
        "events late 250",
        "ids back 5",
        "executions first 6",
        "status lose 7",
        "perm-id change 8",
        "lists endless 9",
    ];
    for fault in faults {
        assert_eq!(simulator.obey(fault).await, format!("ok: {fault}"));
        let status = simulator.obey("status").await;
        assert!(status.contains(fault), "{status}");
    }
    for wrong in ["orders drop never 1", "orders drop taken", "events late soon", "lists endless -1"] {
        assert!(simulator.obey(wrong).await.starts_with("error: "), "{wrong}");
    }
    simulator.obey("orders drop taken 0").await;
    let mut placed = client.place_order(1, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    let refused = next(&mut placed).await.unwrap_err();
    assert!(refused.to_string().contains("Read-Only mode"), "{refused}");
    simulator.obey("lift").await;
    let status = simulator.obey("status").await;
    assert!(status.ends_with("faults: []"), "{status}");
    let mut log = OrderLog::of(&client).await;
    client.submit_order(1, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    assert_eq!(log.take(2).await, ["order 1 Submitted", "status 1 Submitted 0"]);
}

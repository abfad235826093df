//! Orders that are refused, with the broker's codes; and that nothing comes of them.

use ibapi::contracts::Contract;
use ibapi::orders::{Action, Order, TimeInForce};

use crate::support::{OrderLog, connect, limit_order, market_order, start_quiet, stock};

#[tokio::test]
async fn an_impossible_order_is_refused_and_nothing_is_placed() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    let aapl = stock("AAPL");
    let option = Contract::call("AAPL").strike(250.0).expires_on(2026, 12, 18).build();
    let of_type = |name: &str| Order { order_type: name.to_owned(), ..limit_order(250.0) };
    let tif = |tif, name: &str| Order { tif, ..of_type(name) };
    let cases = vec![
        ("an unknown symbol", stock("NOSUCH"), limit_order(1.0), 200),
        ("an option", option, limit_order(1.0), 203),
        ("a price between the steps", aapl.clone(), limit_order(240.005), 110),
        ("no limit", aapl.clone(), Order { limit_price: None, ..limit_order(0.0) }, 107),
        ("nothing", aapl.clone(), Order { total_quantity: 0.0, ..limit_order(240.0) }, 434),
        ("an unknown type", aapl.clone(), of_type("PEG MID"), 387),
        ("a stop that is done at once", aapl.clone(), tif(TimeInForce::ImmediateOrCancel, "STP"), 107),
        ("on close, until canceled", aapl.clone(), tif(TimeInForce::GoodTillCanceled, "MOC"), 113),
        ("an auction", aapl.clone(), tif(TimeInForce::Auction, "LMT"), 321),
        ("an end without a date", aapl.clone(), tif(TimeInForce::GoodTillDate, "LMT"), 391),
        ("a stranger's account", aapl.clone(), Order { account: "U1".to_owned(), ..limit_order(240.0) }, 321),
        ("a bracket", aapl.clone(), Order { parent_id: 1, ..limit_order(240.0) }, 321),
        ("a group", aapl.clone(), Order { oca_group: "group".to_owned(), ..limit_order(240.0) }, 321),
        ("short", aapl.clone(), Order { action: Action::SellShort, ..limit_order(240.0) }, 321),
        ("a preview that is kept", aapl, Order { what_if: true, transmit: false, ..limit_order(240.0) }, 413),
    ];
    for (order_id, (what, contract, order, code)) in (1..).zip(cases) {
        client.submit_order(order_id, &contract, &order).await.unwrap();
        assert_eq!(log.next().await, format!("notice {code}"), "{what}");
        assert_eq!(simulator.exchange.order(1, order_id), None, "{what}");
    }
    assert_eq!(simulator.exchange.next_order_id(1), 1);
}

#[tokio::test]
async fn numbers_only_grow_and_what_is_done_stays_done() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    client.submit_order(5, &stock("AAPL"), &market_order()).await.unwrap();
    log.until("commission 1").await;
    for (order_id, code) in [(5, 104), (4, 103), (0, 321), (-3, 321)] {
        client.submit_order(order_id, &stock("AAPL"), &market_order()).await.unwrap();
        assert_eq!(log.next().await, format!("notice {code}"), "{order_id}");
    }
    for (order_id, code) in [(5, 10148), (6, 10147)] {
        let _refused = client.cancel_order(order_id, "").await.unwrap();
        assert_eq!(log.next().await, format!("notice {code}"), "{order_id}");
    }
}

#[tokio::test]
async fn a_refused_change_leaves_the_order_as_it_was() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    client.submit_order(1, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    log.take(2).await;
    let before = simulator.exchange.order(1, 1).unwrap();
    let cases = [
        ("the other side", stock("AAPL"), Order { action: Action::Sell, ..limit_order(240.0) }, 105),
        ("something else", stock("MSFT"), limit_order(240.0), 105),
        (
            "another account",
            stock("AAPL"),
            Order { account: "SIM0000002".to_owned(), ..limit_order(240.0) },
            105,
        ),
        ("a price between the steps", stock("AAPL"), limit_order(240.005), 110),
    ];
    for (what, contract, order, code) in cases {
        client.submit_order(1, &contract, &order).await.unwrap();
        assert_eq!(log.next().await, format!("notice {code}"), "{what}");
    }
    assert_eq!(simulator.exchange.order(1, 1), Some(before));
}

#[tokio::test]
async fn an_order_beyond_ones_means_is_rejected() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    let order = Order { total_quantity: 100_000.0, ..limit_order(240.0) };
    client.submit_order(1, &stock("AAPL"), &order).await.unwrap();
    assert_eq!(log.take(3).await, ["order 1 Inactive", "status 1 Inactive 0", "notice 201"]);
}

#[tokio::test]
async fn hours_that_mean_nothing_are_ignored_with_a_warning() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    let order = Order { outside_rth: true, ..market_order() };
    client.submit_order(1, &stock("AAPL"), &order).await.unwrap();
    assert_eq!(log.take(2).await, ["notice 2109", "order 1 Submitted"]);
}

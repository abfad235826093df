//! Orders in the text dialect, on the socket. (The clients themselves place them in `tests/features/ib_clients.rs`.)

use simulator::Simulator;

use crate::support::{connect, start_quiet, stock};
use crate::text::TextClient;

/// An order to buy a hundred of Apple, as `ib_async` writes it: number, type, limit, reference.
fn order(order_id: i32, order_type: &str, limit: &str) -> String {
    let terms = format!("BUY|100|{order_type}|{limit}||DAY||SIM0000001||0|ours|1|0|0|0|0|0|0|0|");
    let rest = "|0.0|||||||0||-1|0|||0|||0|0||0||||||0|||||0|||||||||||0|||0|0|||0||0|0|0|0|||||||0|||||||||0|0|0||||0|||";
    format!("3|{order_id}|0|AAPL|STK||0.0|||SMART||USD|||||{terms}{rest}")
}

/// The permanent id of an order, as the exchange has it.
fn perm_id(simulator: &Simulator, order_id: i32) -> i64 {
    simulator.exchange.order(7, order_id).expect("the exchange has the order").perm_id
}

#[tokio::test]
async fn an_order_is_placed_cancelled_and_listed() {
    let simulator = start_quiet("AAPL").await;
    let mut client = TextClient::connect(&simulator, "v157..178", 7).await;
    client.send(&order(12, "LMT", "240")).await;
    let told = client.until("5|12|").await;
    assert!(told.contains("|BUY|100|LMT|240|0|DAY||SIM0000001|") && told.contains("|Submitted|"), "{told}");
    let perm_id = perm_id(&simulator, 12);
    let status = format!("3|12|Submitted|0|100|0|{perm_id}|0|0|7||0|");
    assert_eq!(client.read().await.unwrap(), status);
    client.send("4|1|12||").await;
    assert_eq!(client.read().await.unwrap(), status.replace("Submitted", "PendingCancel"));
    assert!(client.read().await.unwrap().starts_with("5|12|"));
    assert_eq!(client.read().await.unwrap(), status.replace("Submitted", "Cancelled"));
    assert_eq!(client.read().await.unwrap(), "4|2|12|202|Order Canceled - reason:||");

    client.send("5|1|").await;
    assert_eq!(client.read().await.unwrap(), "53|1|");
    client.send("99|0|").await;
    let completed = client.read().await.unwrap();
    assert!(completed.starts_with("101|") && completed.contains("|Cancelled by Trader|"), "{completed}");
    assert_eq!(client.read().await.unwrap(), "102|");
}

#[tokio::test]
async fn an_order_is_filled_and_its_execution_told_again() {
    let simulator = start_quiet("AAPL").await;
    let mut client = TextClient::connect(&simulator, "v100..157", 7).await;
    // The older form has one field more, and ends before the newer ones.
    let order = order(1, "MKT", "").replacen("|0.0|||||||0||-1|", "|0.0||||||||0||-1|", 1);
    let order = order.strip_suffix("||0|||").expect("five newer fields");
    client.send(order).await;
    let execution = client.until("11|-1|1|").await;
    assert!(execution.contains("|BOT|100|250.02|"), "{execution}");
    let costs = client.until("59|1|").await;
    client.send("7|3|8|0|||||||").await;
    assert_eq!(client.read().await.unwrap(), execution.replacen("11|-1|", "11|8|", 1));
    assert_eq!(client.read().await.unwrap(), costs);
    assert_eq!(client.read().await.unwrap(), "55|1|8|");
    client.send("61|1|").await;
    let position = client.read().await.unwrap();
    assert!(position.starts_with("61|3|SIM0000001|") && position.ends_with("|NMS|100|250.02|"), "{position}");
    assert_eq!(client.read().await.unwrap(), "62|1|");
}

#[tokio::test]
async fn an_order_that_cannot_be_read_is_refused_by_its_number() {
    let simulator = start_quiet("AAPL").await;
    let mut client = TextClient::connect(&simulator, "v157..178", 7).await;
    client.send(&order(3, "LMT", "dear")).await;
    let refused = client.read().await.unwrap();
    assert!(refused.starts_with("4|2|3|320|") && refused.contains("lmtPrice"), "{refused}");
    client.send(&order(4, "LMT", "240.005")).await;
    assert!(client.read().await.unwrap().starts_with("4|2|4|110|"));
    assert_eq!(simulator.exchange.next_order_id(7), 1);
}

#[tokio::test]
async fn both_dialects_see_the_same_orders() {
    let simulator = start_quiet("AAPL").await;
    let newer = connect(&simulator, 1).await;
    let mut older = TextClient::connect(&simulator, "v157..178", 7).await;
    newer.submit_order(1, &stock("AAPL"), &crate::support::limit_order(240.0)).await.unwrap();
    let mut log = crate::support::OrderLog::of(&newer).await;
    older.send("16|1|").await;
    // It may be asked before the order is there.
    while older.read().await.unwrap() == "53|1|" {
        older.send("16|1|").await;
    }
    assert!(older.read().await.unwrap().starts_with("3|1|Submitted|0|100|"));
    older.send("58|1|").await;
    log.until("status 1 Cancelled 0").await;
}

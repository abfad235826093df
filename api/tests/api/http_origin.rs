//! Where a request comes from: the other end of the connection, or what a trusted proxy says.
//!
//! The budget of whoever is not logged in goes by address, so that the address can be told from it.

use api::{Limits, ProtocolOptions};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use crate::support::Node;
use crate::support::socket::Socket;

const PROTOCOL: &str = "graphql-transport-ws";

/// What is left of the budget of the address behind these headers, after one more query.
async fn left(node: &Node, forwarded: &[&str]) -> i64 {
    let mut request = node.client.post(node.url()).json(&json!({ "query": "{ __typename }" }));
    for line in forwarded {
        request = request.header("x-forwarded-for", *line);
    }
    let response: Value = request.send().await.unwrap().json().await.unwrap();
    response["extensions"]["cost"]["available"].as_i64().unwrap()
}

async fn behind(proxies: &[&str]) -> Node {
    let trusted_proxies = proxies.iter().map(|range| range.parse().unwrap()).collect();
    Node::start_with(ProtocolOptions { trusted_proxies, ..ProtocolOptions::default() }).await
}

#[tokio::test]
async fn a_proxy_is_believed_where_it_is_trusted() {
    let node = behind(&["127.0.0.0/8", "10.0.0.0/8"]).await;
    assert_eq!(left(&node, &[]).await, 19_999);
    assert_eq!(left(&node, &["203.0.113.9"]).await, 19_999, "another address");
    assert_eq!(left(&node, &["203.0.113.9, 10.0.0.1"]).await, 19_998, "the same");
    assert_eq!(left(&node, &["198.51.100.7, 203.0.113.9"]).await, 19_997, "what stands left is not believed");
    assert_eq!(left(&node, &["198.51.100.7", "203.0.113.9"]).await, 19_996);
    assert_eq!(left(&node, &["2001:db8::1"]).await, 19_999);
    assert_eq!(left(&node, &["2001:db8::2"]).await, 19_998, "one line");
}

#[tokio::test]
async fn nobody_else_is_believed() {
    let node = behind(&["10.0.0.0/8"]).await;
    assert_eq!(left(&node, &[]).await, 19_999);
    assert_eq!(left(&node, &["203.0.113.9"]).await, 19_998);
    assert_eq!(left(&node, &["10.0.0.1"]).await, 19_997);
}

#[tokio::test]
async fn an_address_has_few_sockets_before_it_logs_in() {
    let limits = Limits { waiting_per_address: 2, sockets_per_user: 1, ..Limits::default() };
    let trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let node =
        Node::start_with(ProtocolOptions { trusted_proxies, limits, ..ProtocolOptions::default() }).await;
    let token = node.log_in().await;
    let connect = |from: &'static str| Socket::connect_through(&node.address, PROTOCOL, from);
    let mut first = connect("203.0.113.9").await.unwrap();
    let mut second = connect("203.0.113.9").await.unwrap();
    let Err(Error::Http(refused)) = connect("203.0.113.9").await else { panic!("a third is let in") };
    assert_eq!(refused.status(), 429);
    connect("203.0.113.10").await.unwrap();
    first.init(&token).await;
    assert_eq!(first.receive().await["type"], "connection_ack");
    connect("203.0.113.9").await.unwrap();
    second.init(&token).await;
    let (code, reason) = second.closed().await;
    assert!(code == 4403 && reason.contains("too many open connections"), "{code} {reason}");
}

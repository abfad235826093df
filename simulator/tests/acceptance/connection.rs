//! Connecting, being told who and when, and being one too many.

use ibapi::Client;

use crate::support::{PATIENCE, code, connect, start, start_with, until, within};

#[tokio::test]
async fn a_client_learns_the_version_the_accounts_and_the_time() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    assert_eq!(client.server_version(), 226);
    assert_eq!(client.handshake_managed_accounts(), ["SIM0000001", "SIM0000002"]);
    assert_eq!(client.managed_accounts().await.unwrap(), ["SIM0000001", "SIM0000002"]);
    assert_eq!(client.next_valid_order_id().await.unwrap(), 1);
    let now = simulator.exchange.now();
    for time in [client.server_time().await.unwrap(), client.server_time_millis().await.unwrap()] {
        assert!((time - now).abs() < time::Duration::seconds(5), "{time} is not {now}");
    }
    let zone = client.time_zone().map(time_tz::TimeZone::name);
    assert!(matches!(zone, Some("US/Eastern" | "America/New_York")), "{zone:?}");
    assert!((client.connection_time().unwrap() - now).abs() < time::Duration::seconds(5));
}

#[tokio::test]
async fn the_farms_are_said_to_be_fine() {
    let simulator = start().await;
    let address = simulator.gateway.address().to_string();
    let connect = Client::builder().address(address).client_id(1).connect_with_notice_stream();
    let (_client, mut notices) = within(connect).await.unwrap();
    let mut codes = Vec::new();
    while codes.len() < 3 {
        codes.push(within(notices.next()).await.unwrap().code);
    }
    assert_eq!(codes, [2104, 2106, 2158]);
}

#[tokio::test]
async fn a_client_id_is_used_once_at_a_time() {
    let simulator = start().await;
    let first = connect(&simulator, 5).await;
    let address = simulator.gateway.address().to_string();
    let second = within(Client::connect(&address, 5)).await;
    assert!(matches!(second, Err(ibapi::Error::ClientIdInUse { client_id: 5 })), "{:?}", second.err());
    first.disconnect().await;
    until("the id is free again", || simulator.gateway.connected_clients() == 0).await;
    connect(&simulator, 5).await;
}

#[tokio::test]
async fn only_so_many_clients_are_served() {
    let simulator = start_with(|options| options.clients = 2).await;
    let _clients = [connect(&simulator, 1).await, connect(&simulator, 2).await];
    let address = simulator.gateway.address().to_string();
    assert!(within(Client::connect(&address, 3)).await.is_err());
}

#[tokio::test]
async fn too_many_messages_are_refused_and_then_punished() {
    let simulator = start_with(|options| options.messages_per_second = 5).await;
    let client = connect(&simulator, 1).await;
    let mut notices = client.notice_stream().unwrap();
    let mut refused = 0;
    while client.is_connected() {
        // It fails once the socket is closed.
        client.switch_market_data_type(ibapi::market_data::MarketDataType::Realtime).await.ok();
        while let Ok(Some(notice)) =
            tokio::time::timeout(std::time::Duration::from_millis(1), notices.next()).await
        {
            refused += usize::from(notice.code == 100);
        }
    }
    assert!(refused >= 2, "{refused}");
    until("the socket is closed", || simulator.gateway.connected_clients() == 0).await;
}

#[tokio::test]
async fn what_is_not_served_is_refused_politely() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    assert_eq!(code(&within(client.wsh_metadata()).await.unwrap_err()), 321);
    tokio::time::timeout(PATIENCE, client.server_time()).await.unwrap().unwrap();
}

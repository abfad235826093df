//! Everything that can go wrong, and that it goes right again.

use std::time::{Duration, Instant};

use futures::StreamExt;
use ibapi::Client;
use ibapi::market_data::historical::{BarSize, ToDuration};
use ibapi::market_data::realtime::TickTypes;
use ibapi::subscriptions::SubscriptionItem;
use simulator::Simulator;
use simulator::faults::MarketDataRefusal;

use crate::support::{
    code, connect, contract, listing, next, refusal, start, stock, trade, until, wait_for_last, within,
};

async fn is_accepted(simulator: &Simulator, client_id: i32) -> bool {
    let address = simulator.gateway.address().to_string();
    within(Client::connect(&address, client_id)).await.is_ok()
}

#[tokio::test]
async fn sockets_are_dropped_and_can_come_back() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let mut ticks = client.market_data(&stock("AAPL")).subscribe().await.unwrap();
    next(&mut ticks).await.unwrap();
    simulator.gateway.faults().drop_sockets();
    while next(&mut ticks).await.is_ok() {}
    until("the line is free", || simulator.gateway.lines_in_use() == 0).await;
    assert!(is_accepted(&simulator, 1).await);
}

#[tokio::test]
async fn a_gateway_can_be_stopped_and_started_on_its_port() {
    let simulator = start().await;
    let address = simulator.gateway.address();
    let _client = connect(&simulator, 1).await;
    simulator.gateway.stop().await;
    assert_eq!(simulator.gateway.connected_clients(), 0);
    assert!(!is_accepted(&simulator, 1).await);
    simulator.gateway.restart().await.unwrap();
    assert_eq!(simulator.gateway.address(), address);
    assert!(is_accepted(&simulator, 1).await);
}

#[tokio::test]
async fn a_simulator_that_is_dropped_is_gone() {
    let simulator = start().await;
    let address = simulator.gateway.address();
    let client = connect(&simulator, 1).await;
    drop(simulator);
    until("the socket is closed", || !client.is_connected()).await;
    within(async { while tokio::net::TcpStream::connect(address).await.is_ok() {} }).await;
}

#[tokio::test]
async fn connections_are_refused_while_open_ones_live_on() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let faults = simulator.gateway.faults();
    faults.refuse_connections().await;
    assert!(!is_accepted(&simulator, 2).await);
    within(client.server_time()).await.unwrap();
    faults.accept_connections().await.unwrap();
    assert!(is_accepted(&simulator, 2).await);
}

#[tokio::test]
async fn silence_means_silence() {
    let simulator = start().await;
    let address = simulator.gateway.address().to_string();
    let short = Duration::from_millis(300);
    let client = Client::builder().address(address).client_id(1).one_shot_timeout(short).connect();
    let client = within(client).await.unwrap();
    let mut ticks = client.market_data(&stock("AAPL")).subscribe().await.unwrap();
    simulator.exchange.hold(listing(&simulator, "AAPL").con_id);
    next(&mut ticks).await.unwrap();
    let faults = simulator.gateway.faults();
    faults.go_silent();
    assert!(matches!(within(client.server_time()).await, Err(ibapi::Error::Timeout)));
    trade(&simulator, "AAPL", 50);
    faults.speak();
    within(client.server_time()).await.unwrap();
    // The trade of the silence is among the prices that are told again.
    wait_for_last(&mut ticks, 50.0).await;
}

#[tokio::test]
async fn messages_can_be_late() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let faults = simulator.gateway.faults();
    faults.delay(Duration::from_millis(400));
    let asked = Instant::now();
    within(client.server_time()).await.unwrap();
    assert!(asked.elapsed() >= Duration::from_millis(400), "{:?}", asked.elapsed());
    faults.delay(Duration::ZERO);
    let asked = Instant::now();
    within(client.server_time()).await.unwrap();
    assert!(asked.elapsed() < Duration::from_millis(400), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn one_connection_finds_its_id_in_use() {
    let simulator = start().await;
    simulator.gateway.faults().busy_client_id();
    let address = simulator.gateway.address().to_string();
    let refused = within(Client::connect(&address, 1)).await;
    assert!(matches!(refused, Err(ibapi::Error::ClientIdInUse { .. })), "{:?}", refused.err());
    assert!(is_accepted(&simulator, 1).await);
}

#[tokio::test]
async fn market_data_is_refused_in_each_way() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let faults = simulator.gateway.faults();
    for kind in [
        MarketDataRefusal::NotSubscribed,
        MarketDataRefusal::NotSubscribedForApi,
        MarketDataRefusal::CompetingSession,
    ] {
        faults.refuse_market_data(kind);
        let mut ticks = client.market_data(&stock("AAPL")).subscribe().await.unwrap();
        let mut heard = Vec::new();
        // 10089 is an advisory to this client: it does not end the stream.
        while heard.is_empty() {
            match within(ticks.next()).await {
                Some(Ok(SubscriptionItem::Notice(notice))) => heard.push(notice.code),
                Some(Err(error)) => heard.push(code(&error)),
                Some(Ok(SubscriptionItem::Data(tick))) => panic!("{tick:?}"),
                None => panic!("the stream ended without a word"),
            }
        }
        assert_eq!(heard, [kind.code()]);
    }
    faults.serve_market_data();
    let mut ticks = client.market_data(&stock("AAPL")).subscribe().await.unwrap();
    next(&mut ticks).await.unwrap();
}

#[tokio::test]
async fn delayed_data_comes_instead_of_live_data() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    simulator.gateway.faults().refuse_market_data(MarketDataRefusal::Delayed);
    let mut ticks = client.market_data(&stock("AAPL")).subscribe().await.unwrap();
    let (mut advised, mut delayed, mut late) = (false, false, false);
    while !(advised && delayed && late) {
        match within(ticks.next()).await.unwrap().unwrap() {
            SubscriptionItem::Notice(notice) => advised |= notice.code == 10167,
            SubscriptionItem::Data(TickTypes::PriceSize(tick)) => {
                assert!((66..=68).contains(&(tick.price_tick_type as i32)), "{tick:?}");
                delayed = true;
            }
            SubscriptionItem::Data(TickTypes::String(tick)) => {
                let age = simulator.exchange.now().unix_timestamp() - tick.value.parse::<i64>().unwrap();
                assert!((890..1_800).contains(&age), "{age}");
                late = true;
            }
            SubscriptionItem::Data(_) => {}
        }
    }
}

#[tokio::test]
async fn history_is_refused_and_served_again() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let aapl = stock("AAPL");
    let ask = || client.historical_data(&aapl, BarSize::Day).duration(5.days());
    let faults = simulator.gateway.faults();
    faults.refuse_history();
    assert_eq!(code(&within(ask().fetch()).await.unwrap_err()), 162);
    faults.serve_history();
    assert_eq!(within(ask().fetch()).await.unwrap().bars.len(), 5);
}

#[tokio::test]
async fn the_broker_is_lost_and_found() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let mut notices = client.notice_stream().unwrap();
    let mut heard = async |code| while within(notices.next()).await.unwrap().code != code {};
    let aapl = listing(&simulator, "AAPL");
    simulator.exchange.hold(aapl.con_id);
    let mut ticks = client.market_data(&contract(aapl)).subscribe().await.unwrap();
    next(&mut ticks).await.unwrap();
    let faults = simulator.gateway.faults();
    for (lost, found, price) in [(1100, 1102, 60), (2103, 2104, 61)] {
        faults.notice(lost);
        heard(lost).await;
        trade(&simulator, "AAPL", price);
        faults.notice(found);
        heard(found).await;
        wait_for_last(&mut ticks, f64::from(i32::try_from(price).unwrap())).await;
    }
    simulator.exchange.stop();
    heard(1100).await;
    assert_eq!(code(&within(client.contract_details(&stock("AAPL"))).await.unwrap_err()), 322);
    simulator.exchange.resume();
    heard(1102).await;
    within(client.contract_details(&stock("AAPL"))).await.unwrap();

    faults.notice(1100);
    heard(1100).await;
    faults.notice(1101);
    heard(1101).await;
    until("the lines are forgotten", || simulator.gateway.lines_in_use() == 0).await;
}

#[tokio::test]
async fn lifting_lifts_everything() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let faults = simulator.gateway.faults();
    faults.refuse_market_data(MarketDataRefusal::NotSubscribed);
    faults.refuse_history();
    faults.notice(1100);
    faults.busy_client_id();
    faults.delay(Duration::from_secs(1));
    faults.refuse_connections().await;
    faults.go_silent();
    faults.lift().await.unwrap();
    assert!(is_accepted(&simulator, 2).await);
    let mut ticks = client.market_data(&stock("AAPL")).subscribe().await.unwrap();
    next(&mut ticks).await.unwrap();
    let aapl = stock("AAPL");
    within(client.historical_data(&aapl, BarSize::Day).duration(5.days()).fetch()).await.unwrap();
}

#[tokio::test]
async fn faults_can_be_typed() {
    let simulator = start().await;
    for line in [
        "drop",
        "silent on",
        "silent off",
        "delay 5",
        "delay 0",
        "notice 1100",
        "notice 1102",
        "refuse on",
        "refuse off",
        "busy-client-id",
        "market-data 354",
        "market-data off",
        "history off",
        "history on",
        "depth reset",
        "gateway stop",
        "gateway start",
        "exchange stop",
        "exchange start",
        "lift",
    ] {
        assert_eq!(simulator.obey(line).await, format!("ok: {line}"));
    }
    assert!(simulator.obey("help").await.starts_with("drop | silent on|off"));
    assert!(simulator.obey("status").await.ends_with("exchange open; faults: []"));
    for line in ["silent on", "market-data 10197", "delay 20"] {
        simulator.obey(line).await;
    }
    let status = simulator.obey("status").await;
    assert!(status.ends_with("faults: [silent on, delay 20, market-data 10197]"), "{status}");
    simulator.obey("lift").await;
    for line in ["", "explode", "delay", "delay soon", "market-data 1", "notice x"] {
        assert!(simulator.obey(line).await.starts_with("error: "), "{line:?}");
    }
    let client = connect(&simulator, 1).await;
    let mut unknown = client.market_data(&stock("NOSUCH")).subscribe().await.unwrap();
    assert_eq!(refusal(&mut unknown).await, 200);
}

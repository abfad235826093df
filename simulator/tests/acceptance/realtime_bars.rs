//! Bars of five seconds.

use domain::bar::BarSize;
use engine::tick::BarPrice;
use ibapi::contracts::Contract;
use ibapi::market_data::realtime::WhatToShow;
use time::Duration;

use crate::support::{code, connect, contract, listing, next, refusal, start, start_with, stock, until};

#[tokio::test]
async fn each_bar_is_sent_as_it_closes() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let aapl = listing(&simulator, "AAPL");
    let mut trades = client.realtime_bars(&contract(aapl)).subscribe().await.unwrap();
    let bid_contract = contract(aapl);
    let mut bids =
        client.realtime_bars(&bid_contract).what_to_show(WhatToShow::Bid).subscribe().await.unwrap();
    let first = next(&mut trades).await.unwrap();
    let second = next(&mut trades).await.unwrap();
    assert_eq!(first.date.unix_timestamp() % 5, 0);
    assert_eq!(second.date - first.date, Duration::seconds(5));
    let market = simulator.exchange.market();
    let end = second.date + Duration::seconds(5);
    let bars = market.bars(aapl.con_id, BarSize::Sec5, BarPrice::Trades, first.date, end);
    let told = [&first, &second].map(|bar| [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.wap]);
    for (told, bar) in told.into_iter().zip(&bars) {
        let expected = [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.wap];
        assert_eq!(told.map(|it| it.to_string()), expected.map(|it| it.normalize().to_string()));
    }
    assert_eq!(bars.len(), 2);
    let bid = next(&mut bids).await.unwrap();
    assert_eq!((bid.volume.to_string(), bid.count), ("-1".to_owned(), -1));
}

#[tokio::test]
async fn bars_take_a_line_each() {
    let simulator = start_with(|options| options.market_data_lines = 1).await;
    let client = connect(&simulator, 1).await;
    let aapl = stock("AAPL");
    let bars = client.realtime_bars(&aapl).subscribe().await.unwrap();
    until("the line is taken", || simulator.gateway.lines_in_use() == 1).await;
    let mut more = client.realtime_bars(&aapl).subscribe().await.unwrap();
    assert_eq!(refusal(&mut more).await, 101);
    drop(bars);
    until("the line is free", || simulator.gateway.lines_in_use() == 0).await;
}

#[tokio::test]
async fn what_has_no_bars_is_refused() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let cases = [
        (Contract::forex("EUR", "USD").build(), WhatToShow::Trades, 420),
        (stock("AAPL"), WhatToShow::AggTrades, 321),
        (stock("NOSUCH"), WhatToShow::Trades, 200),
    ];
    for (contract, what, expected) in cases {
        let mut bars = client.realtime_bars(&contract).what_to_show(what).subscribe().await.unwrap();
        let error = next(&mut bars).await.unwrap_err();
        assert_eq!(code(&error), expected, "{error}");
    }
    assert_eq!(simulator.gateway.lines_in_use(), 0);
}

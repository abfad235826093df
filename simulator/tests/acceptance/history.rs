//! Bars of the past.

use domain::bar::BarSize;
use engine::tick::{BarPrice, MarketBar};
use ibapi::contracts::Contract;
use ibapi::market_data::TradingHours;
use ibapi::market_data::historical::{self, BarTimestamp, HistoricalBarUpdate, ToDuration, WhatToShow};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::support::{code, connect, contract, listing, next, start, stock, within};

const END: OffsetDateTime = datetime!(2026-11-20 16:30 UTC);

/// A bar as both sides write it.
fn ours(bar: &MarketBar, size: BarSize) -> String {
    let traded = !bar.volume.is_zero();
    let or_none = |text: String| if traded { text } else { "-1".to_owned() };
    let time = if size >= BarSize::Day1 {
        bar.time.date().to_string()
    } else {
        bar.time.unix_timestamp().to_string()
    };
    let prices =
        [bar.open, bar.high, bar.low, bar.close].map(|price| price.normalize().to_string()).join(" ");
    let count = if traded { i64::from(bar.trades) } else { -1 };
    format!("{time} {prices} {} {count}", or_none(bar.volume.normalize().to_string()))
}

fn theirs(bar: &historical::Bar) -> String {
    let time = match bar.date {
        BarTimestamp::Date(date) => date.to_string(),
        BarTimestamp::DateTime(time) => time.unix_timestamp().to_string(),
    };
    format!("{time} {} {} {} {} {} {}", bar.open, bar.high, bar.low, bar.close, bar.volume, bar.count)
}

#[tokio::test]
async fn bars_are_those_of_the_market() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let pair = listing(&simulator, "EUR.USD");
    let aapl = listing(&simulator, "AAPL");
    let seconds = |count| (historical::Duration::seconds(count), Duration::seconds(i64::from(count)));
    let days = |count| (historical::Duration::days(count), Duration::days(i64::from(count)));
    let cases = [
        (aapl, historical::BarSize::Sec, BarSize::Sec1, seconds(600)),
        (aapl, historical::BarSize::Sec5, BarSize::Sec5, seconds(3_600)),
        (aapl, historical::BarSize::Min, BarSize::Min1, days(1)),
        (aapl, historical::BarSize::Min15, BarSize::Min15, days(5)),
        (aapl, historical::BarSize::Hour4, BarSize::Hour4, days(20)),
        (aapl, historical::BarSize::Day, BarSize::Day1, days(300)),
        (pair, historical::BarSize::Min5, BarSize::Min5, days(1)),
    ];
    for (listing, theirs_size, size, (asked, span)) in cases {
        let traded = listing.con_id == aapl.con_id;
        let (what, price) = if traded {
            (WhatToShow::Trades, BarPrice::Trades)
        } else {
            (WhatToShow::MidPoint, BarPrice::MidPoint)
        };
        let wanted = contract(listing);
        let request =
            client.historical_data(&wanted, theirs_size).what_to_show(what).duration(asked).ending(END);
        let answer = within(request.trading_hours(TradingHours::Extended).fetch()).await.unwrap();
        let expected = simulator.exchange.market().bars(listing.con_id, size, price, END - span, END);
        assert!(expected.len() > 5, "{size:?}");
        let expected: Vec<String> = expected.iter().map(|bar| ours(bar, size)).collect();
        let answered: Vec<String> = answer.bars.iter().map(theirs).collect();
        assert_eq!(answered, expected, "{size:?}");
        assert_eq!((answer.start, answer.end), (END - span, END), "{size:?}");
    }
}

#[tokio::test]
async fn weeks_months_bid_and_ask_are_served() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    for (size, what) in [
        (historical::BarSize::Week, WhatToShow::Trades),
        (historical::BarSize::Month, WhatToShow::Trades),
        (historical::BarSize::Day, WhatToShow::Bid),
        (historical::BarSize::Day, WhatToShow::Ask),
    ] {
        let aapl = stock("AAPL");
        let request = client.historical_data(&aapl, size).what_to_show(what).duration(1.years());
        let bars = within(request.fetch()).await.unwrap().bars;
        assert!((11..=367).contains(&bars.len()), "{size:?} {}", bars.len());
        assert!(bars.is_sorted_by_key(|bar| bar.date));
    }
}

#[tokio::test]
async fn history_does_not_reach_into_the_future() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let aapl = stock("AAPL");
    let later = simulator.exchange.now() + Duration::days(2);
    let request = client.historical_data(&aapl, historical::BarSize::Hour).duration(3.days()).ending(later);
    let bars = within(request.fetch()).await.unwrap().bars;
    assert!(bars.last().unwrap().date <= BarTimestamp::from(simulator.exchange.now()));
}

#[tokio::test]
async fn bars_are_kept_up_to_date() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let spy = stock("SPY");
    let request = client.historical_data(&spy, historical::BarSize::Sec5).duration(60.seconds());
    let mut bars = request.stream().await.unwrap();
    let HistoricalBarUpdate::Historical(first) = next(&mut bars).await.unwrap() else { panic!("no bars") };
    assert!(first.bars.len() >= 10, "{}", first.bars.len());
    let mut last = *first.bars.last().unwrap();
    let (mut grew, mut began) = (false, false);
    // A quiet minute may print a trade in every fifth second alone; not so for minutes.
    for _ in 0..60 {
        let HistoricalBarUpdate::Update(bar) = next(&mut bars).await.unwrap() else { continue };
        assert!(bar.date >= last.date, "{} came after {}", theirs(&bar), theirs(&last));
        grew |= bar.date == last.date && bar.count > last.count;
        began |= bar.date > last.date;
        if grew && began {
            return;
        }
        last = bar;
    }
    panic!("of 60 updates one continues a bar ({grew}) and one begins the next ({began})");
}

#[tokio::test]
async fn the_first_moment_is_known() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let aapl = stock("AAPL");
    let head = client.head_timestamp(&aapl, WhatToShow::Trades, TradingHours::Extended);
    let expected = simulator.exchange.market().head(listing(&simulator, "AAPL").con_id);
    assert_eq!(Some(within(head).await.unwrap()), expected);
}

#[tokio::test]
async fn what_cannot_be_had_is_refused() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let pair = Contract::forex("EUR", "USD").build();
    let aapl = stock("AAPL");
    let unknown = stock("NOSUCH");
    let one_second = historical::BarSize::Sec;
    let cases = [
        (client.historical_data(&pair, one_second).duration(60.seconds()), 162),
        (client.historical_data(&aapl, one_second).duration(1.days()), 162),
        (client.historical_data(&aapl, historical::BarSize::Day).duration(400.days()), 321),
        (client.historical_data(&unknown, one_second).duration(60.seconds()), 200),
        (
            client
                .historical_data(&aapl, one_second)
                .what_to_show(WhatToShow::FeeRate)
                .duration(60.seconds()),
            321,
        ),
        (
            client
                .historical_data(&aapl, historical::BarSize::Day)
                .duration(10.days())
                .ending(datetime!(2001-01-01 00:00 UTC)),
            162,
        ),
    ];
    for (request, expected) in cases {
        assert_eq!(code(&within(request.fetch()).await.unwrap_err()), expected);
    }
}

#[tokio::test]
async fn sessions_of_the_past_are_whole_days() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let (known, unknown) = (stock("AAPL"), stock("NOSUCH"));
    let asked = |contract| client.historical_schedules(contract, historical::Duration::days(3)).ending(END);
    let schedule = within(asked(&known).fetch()).await.unwrap();
    assert_eq!(schedule.time_zone, "US/Eastern");
    let sessions: Vec<_> = schedule.sessions.iter().map(|session| session.reference.to_string()).collect();
    assert_eq!(sessions, ["2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"]);
    assert_eq!(schedule.sessions[3].start, datetime!(2026-11-20 05:00 UTC));
    assert_eq!(schedule.sessions[3].end, datetime!(2026-11-21 05:00 UTC));
    assert_eq!((schedule.start, schedule.end), (schedule.sessions[0].start, schedule.sessions[3].end));
    let nobody = within(asked(&unknown).fetch()).await;
    assert_eq!(code(&nobody.unwrap_err()), 200);
}

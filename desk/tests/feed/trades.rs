//! Prints: each is told once, in order, and a loss is said.

use domain::RefusalCode;
use domain::bar::{BarPhase, BarSize, Series};
use domain::bus::{Message, Topic};
use domain::decimal::{Price, Quantity};
use domain::desk::{DeskAnswer, DeskQuestion};
use domain::market_data::{LineKind, SourceError, SourceEvent};
use domain::quote::{FeedState, QuoteLevel, QuoteValues, StreamGap};
use domain::trade::{TradeSide, TradeValues};

use crate::world::{Listener, World, bar, print, trade};

const LIVE: SourceEvent<TradeValues> = SourceEvent::State(FeedState::Live, None);

async fn gap(listener: &mut Listener) -> StreamGap {
    let gap = listener.next_where(|message| matches!(message, Message::Gap(..))).await;
    let Message::Gap(LineKind::Trades, gap) = gap else { panic!("a gap of trades: {gap:?}") };
    gap
}

#[tokio::test(start_paused = true)]
async fn every_print_is_told_in_order_with_the_side_of_then() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut trades = world.watch(&[Topic::Quotes(apple), Topic::Trades(apple)]).await;
    let level = |price: i64| Some(QuoteLevel { price: Price::new(price.into()), size: None });
    let quote = QuoteValues { bid: level(100), ask: level(102), ..QuoteValues::default() };
    let mut quotes = world.watch(&[Topic::Trades(apple), Topic::Quotes(apple)]).await;
    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    world.source.send(apple, SourceEvent::Values(quote)).await;
    quotes.quote_where(|quote| quote.values.bid.is_some()).await;
    world.source.print(apple, LIVE).await;
    for price in [102, 101, 100] {
        world.source.print(apple, SourceEvent::Values(print(price, 7))).await;
    }
    let told = [trades.trade().await, trades.trade().await, trades.trade().await];
    let sides = told.each_ref().map(|trade| trade.side);
    assert_eq!(sides, [Some(TradeSide::Buy), None, Some(TradeSide::Sell)]);
    assert_eq!(told.each_ref().map(|trade| trade.stamp.sequence), [1, 2, 3]);
    assert_eq!(told.each_ref().map(|trade| trade.stamp.epoch), [1, 1, 1]);
    assert_eq!((told[0].values.clone(), told[0].state), (print(102, 7), FeedState::Live));
}

#[tokio::test(start_paused = true)]
async fn a_stale_quote_gives_no_side() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut quotes = world.watch(&[Topic::Trades(apple), Topic::Quotes(apple)]).await;
    let mut trades = world.watch(&[Topic::Quotes(apple), Topic::Trades(apple)]).await;
    let level = |price: i64| Some(QuoteLevel { price: Price::new(price.into()), size: None });
    let quote = QuoteValues { bid: level(100), ask: level(102), ..QuoteValues::default() };
    world.source.send(apple, SourceEvent::Values(quote)).await;
    world.source.send(apple, SourceEvent::State(FeedState::Stale, Some("lost".into()))).await;
    quotes.quote_where(|quote| quote.state == FeedState::Stale).await;
    world.source.print(apple, LIVE).await;
    world.source.print(apple, SourceEvent::Values(print(102, 7))).await;
    assert_eq!(trades.trade().await.side, None);
}

#[tokio::test(start_paused = true)]
async fn without_a_quote_the_side_is_not_known() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut trades = world.watch(&[Topic::Trades(apple)]).await;
    world.source.print(apple, LIVE).await;
    world.source.print(apple, SourceEvent::Values(print(102, 7))).await;
    assert_eq!(trades.trade().await.side, None);
    assert!(!world.source.is_subscribed(apple), "trades need no line for quotes");
}

#[tokio::test(start_paused = true)]
async fn an_outage_and_a_loss_are_gaps_after_the_last_print() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut trades = world.watch(&[Topic::Trades(apple)]).await;
    world.source.print(apple, LIVE).await;
    world.source.print(apple, SourceEvent::Values(print(102, 7))).await;
    let last = trades.trade().await;
    world.source.print(apple, SourceEvent::State(FeedState::Stale, Some("connection lost".into()))).await;
    let begun = gap(&mut trades).await;
    assert_eq!((begun.after, begun.reason.as_str()), (Some(last.stamp), "connection lost"));
    world.source.print(apple, SourceEvent::Lost("trades are missing".into())).await;
    assert_eq!(gap(&mut trades).await.reason, "trades are missing");
    world.source.print(apple, LIVE).await;
    world.source.print(apple, SourceEvent::Values(print(103, 1))).await;
    let next = trades.trade().await;
    assert_eq!((next.stamp.sequence, next.state), (last.stamp.sequence + 1, FeedState::Live));
}

#[tokio::test(start_paused = true)]
async fn only_so_many_are_followed_tick_by_tick() {
    let world = World::start();
    let (apple, tesla) = (world.instrument("AAPL"), world.instrument("TSLA"));
    let _apple = world.watch(&[Topic::Trades(apple)]).await;
    world.until(|| world.source.prints_are_followed(apple)).await;
    let mut trades = world.watch(&[Topic::Trades(apple), Topic::Trades(tesla)]).await;
    let refused = trades.next_where(|message| matches!(message, Message::Refused(..))).await;
    let Message::Refused(LineKind::Trades, refused) = refused else { panic!("{refused:?}") };
    assert_eq!((refused.instrument, refused.code), (tesla, RefusalCode::MarketDataLinesExhausted));
    assert!(refused.message.contains("tick-by-tick"), "{}", refused.message);
    let status = world.desk_status().await;
    assert_eq!((status.lines.trades.used, status.lines.trades.limit), (1, 1));
    assert_eq!(status.lines.quotes.used, 0);

    let _tesla = world.watch(&[Topic::Trades(tesla)]).await;
    world.until(|| world.source.prints_are_followed(tesla)).await;
    assert!(!world.source.prints_are_followed(apple), "the lingering line made room");
    world.unwatch().await;
    world.until(|| !world.source.prints_are_followed(tesla)).await;
}

#[tokio::test(start_paused = true)]
async fn short_bars_are_made_of_prints_where_a_line_is_free() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let series = Series { instrument: apple, size: BarSize::Sec5 };
    let mut bars = world.watch(&[Topic::Bars(series)]).await;
    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    world.source.print(apple, LIVE).await;
    for (price, size) in [(101, 5), (99, 1), (100, 3)] {
        world.source.print(apple, SourceEvent::Values(print(price, size))).await;
    }
    let odd = TradeValues { unreported: true, ..print(500, 1_000) };
    world.source.print(apple, SourceEvent::Values(odd)).await;
    bars.bar_where(|update| update.bar.volume == Quantity::new(9.into())).await;
    // What quotes tell of has been printed.
    world.source.send(apple, SourceEvent::Values(trade(100, 5_000))).await;
    world.source.send(apple, SourceEvent::Values(trade(100, 5_009))).await;
    let closed = bars.bar_where(|update| update.phase == BarPhase::Closed).await;
    let expected = bar(series.size.floor(world.now()) - series.size.duration(), 101, 101, 99, 100, 9);
    assert_eq!(closed.bar, expected);
}

#[tokio::test(start_paused = true)]
async fn bars_take_no_line_from_those_who_follow_trades() {
    let world = World::start();
    let (apple, tesla) = (world.instrument("AAPL"), world.instrument("TSLA"));
    let bars = Topic::Bars(Series { instrument: apple, size: BarSize::Sec1 });
    let _bars = world.watch(&[bars]).await;
    world.until(|| world.source.prints_are_followed(apple)).await;
    let mut trades = world.watch(&[bars, Topic::Trades(tesla)]).await;
    world.until(|| world.source.prints_are_followed(tesla)).await;
    assert!(!world.source.prints_are_followed(apple), "the spare line made room");
    world.source.print(tesla, LIVE).await;
    world.source.print(tesla, SourceEvent::Values(print(10, 1))).await;
    assert_eq!(trades.trade().await.instrument, tesla);
    let refused = trades.ready().into_iter().find(|message| matches!(message, Message::Refused(..)));
    assert_eq!(refused, None);
}

#[tokio::test(start_paused = true)]
async fn who_follows_trades_of_a_line_that_made_room_is_told() {
    let world = World::start();
    let (apple, tesla) = (world.instrument("AAPL"), world.instrument("TSLA"));
    let bars = Topic::Bars(Series { instrument: apple, size: BarSize::Sec1 });
    let _bars = world.watch(&[bars]).await;
    world.until(|| world.source.prints_are_followed(apple)).await;
    let _tesla = world.watch(&[bars, Topic::Trades(tesla)]).await;
    world.until(|| world.source.prints_are_followed(tesla)).await;
    let mut trades = world.watch(&[bars, Topic::Trades(tesla), Topic::Trades(apple)]).await;
    let refused = trades.next_where(|message| matches!(message, Message::Refused(..))).await;
    let Message::Refused(LineKind::Trades, refused) = refused else { panic!("{refused:?}") };
    assert_eq!((refused.instrument, refused.code), (apple, RefusalCode::MarketDataLinesExhausted));
}

#[tokio::test(start_paused = true)]
async fn until_prints_come_quotes_make_the_bars() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut bars = world.watch(&[Topic::Bars(Series { instrument: apple, size: BarSize::Sec5 })]).await;
    world.until(|| world.source.prints_are_followed(apple)).await;
    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    for volume in [5_000, 5_009] {
        world.source.send(apple, SourceEvent::Values(trade(100, volume))).await;
    }
    let forming = bars.bar_where(|update| update.bar.volume.is_some()).await;
    assert_eq!(forming.phase, BarPhase::Forming);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_to_bars_is_asked_for_again_for_whoever_follows_trades() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let bars = Topic::Bars(Series { instrument: apple, size: BarSize::Sec1 });
    let _bars = world.watch(&[bars]).await;
    world.until(|| world.source.prints_are_followed(apple)).await;
    let error = || SourceError::Rejected {
        code: RefusalCode::MarketDataNotSubscribed,
        message: "the account lacks the subscription".into(),
    };
    world.source.print(apple, SourceEvent::Ended(error())).await;
    world.until(|| !world.source.prints_are_followed(apple)).await;
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    assert!(!world.source.prints_are_followed(apple), "nobody asked, so it is not tried so soon");
    let mut trades = world.watch(&[bars, Topic::Trades(apple)]).await;
    world.until(|| world.source.prints_are_followed(apple)).await;
    world.source.print(apple, SourceEvent::Ended(error())).await;
    let refused = trades.next_where(|message| matches!(message, Message::Refused(..))).await;
    assert!(matches!(refused, Message::Refused(LineKind::Trades, _)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn who_was_refused_is_told_once_the_broker_serves_though_nothing_trades() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut trades = world.watch(&[Topic::Trades(apple)]).await;
    let error = SourceError::Rejected {
        code: RefusalCode::MarketDataNotSubscribed,
        message: "the account lacks the subscription".into(),
    };
    world.source.print(apple, SourceEvent::Ended(error)).await;
    trades.next_where(|message| matches!(message, Message::Refused(..))).await;
    world.until(|| !world.source.prints_are_followed(apple)).await;
    let told = gap(&mut trades).await;
    assert!(world.source.prints_are_followed(apple));
    assert!(told.reason.starts_with("the broker serves what it had refused"), "{}", told.reason);
    world.source.print(apple, SourceEvent::Values(print(102, 7))).await;
    trades.trade().await;
    assert_eq!(trades.ready(), [], "told once");
}

#[tokio::test(start_paused = true)]
async fn prints_of_a_fast_replay_are_in_the_bars_of_their_own_time() {
    let world = World::at_speed(20);
    let apple = world.instrument("AAPL");
    let series = Series { instrument: apple, size: BarSize::Sec1 };
    let mut bars = world.watch(&[Topic::Bars(series)]).await;
    world.source.print(apple, LIVE).await;
    let happened = series.size.floor(world.market_now());
    for size in [5, 1, 3] {
        let values = TradeValues { source_at: Some(happened), ..print(100, size) };
        world.source.print(apple, SourceEvent::Values(values)).await;
        // In the market, two seconds.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let whole = bars.bar_where(|update| update.bar.volume == Quantity::new(9.into())).await;
    assert_eq!((whole.bar.time, whole.phase), (happened, BarPhase::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_trade_that_a_quote_told_first_is_not_counted_again_when_prints_take_over() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let series = Series { instrument: apple, size: BarSize::Sec30 };
    let mut bars = world.watch(&[Topic::Bars(series)]).await;
    world.until(|| world.source.prints_are_followed(apple)).await;
    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    for volume in [5_000, 5_009] {
        world.source.send(apple, SourceEvent::Values(trade(100, volume))).await;
    }
    let nine = Quantity::new(9.into());
    bars.bar_where(|update| update.bar.volume == nine).await;
    world.source.print(apple, LIVE).await;
    world.source.print(apple, SourceEvent::Values(print(100, 9))).await;
    assert_eq!(bars.bar().await.bar.volume, nine);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_trades_leaves_the_quotes_alone() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut trades = world.watch(&[Topic::Quotes(apple), Topic::Trades(apple)]).await;
    let error =
        SourceError::Rejected { code: RefusalCode::InstrumentDelisted, message: "it was delisted".into() };
    world.source.print(apple, SourceEvent::Ended(error)).await;
    let refused = trades.next_where(|message| matches!(message, Message::Refused(..))).await;
    let Message::Refused(LineKind::Trades, refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.code, RefusalCode::InstrumentDelisted);
    assert!(world.source.is_subscribed(apple));
}

#[tokio::test(start_paused = true)]
async fn the_latest_prints_are_asked_for_once_at_a_time() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    world.source.set_ticks((1..=5).map(|price| print(price, 1)).collect());
    let question = || world.ask(DeskQuestion::Ticks { instrument: apple, count: 2 });
    let (first, second) = tokio::join!(question(), question());
    assert_eq!(first, second);
    assert_eq!(first.unwrap(), DeskAnswer::Ticks(vec![print(4, 1), print(5, 1)]));
    assert_eq!(world.source.histories(), 1);
}

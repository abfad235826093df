//! What becomes of orders while a market goes by.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use domain::decimal::Price;
use domain::order::{Hours, OrderType, Side, Terms, TermsWanted, TimeInForce, Trail};
use engine::depth::{Depth, DepthLevel};
use engine::listing::{Listing, ListingKind};
use engine::matching::{Calendar, End, Entry, Event, Happening, Liquidity, Matcher, Session};
use engine::tick::{Snapshot, Tick, TickKind};
use proptest::prelude::*;
use rust_decimal::Decimal;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const AT: OffsetDateTime = datetime!(2026-11-20 15:00 UTC);

fn dec(value: i64) -> Decimal {
    Decimal::from(value)
}

fn listing(kind: ListingKind) -> Listing {
    Listing {
        con_id: 1,
        symbol: "TEST".into(),
        local_symbol: "TEST".into(),
        name: "TEST".into(),
        kind,
        exchange: "SMART".into(),
        primary_exchange: "NYSE".into(),
        currency: "USD".into(),
        tick: Decimal::new(1, 2),
        multiplier: Decimal::ONE,
        size_increment: Decimal::ONE,
        time_zone: "America/New_York".into(),
        industry: String::new(),
        market_rule_id: 26,
        expiry: None,
    }
}

/// 99 x 101, a hundred on either side; the last trade was at 100.
fn top() -> Snapshot {
    Snapshot {
        bid: dec(99),
        bid_size: dec(100),
        ask: dec(101),
        ask_size: dec(100),
        last: Some(dec(100)),
        last_size: Some(dec(1)),
        last_at: Some(AT),
        open: Some(dec(100)),
        high: Some(dec(100)),
        low: Some(dec(100)),
        previous_close: dec(100),
        volume: dec(1),
    }
}

/// The same with three prices on either side, 100 at each; the second is quoted at two places.
fn depth() -> Depth {
    let level =
        |price: i64, size: i64| DepthLevel { price: dec(price), size: dec(size), exchange: "X".into() };
    Depth {
        bids: vec![level(99, 100), level(98, 60), level(98, 40), level(97, 100)],
        asks: vec![level(101, 100), level(102, 60), level(102, 40), level(103, 100)],
    }
}

fn matcher_of(kind: ListingKind, session: Session, at: OffsetDateTime) -> Matcher {
    Matcher::new(&listing(kind), Calendar::new(session, kind), &top(), at)
}

fn matcher() -> Matcher {
    matcher_of(ListingKind::Stock, Session::Always, AT)
}

/// An order for 100 of this type, priced so that it is not done at once where it has a price.
fn wanted(side: Side, order_type: OrderType) -> TermsWanted {
    let by = |buy: i64, sell: i64| Some(Price::new(dec(if side == Side::Buy { buy } else { sell })));
    let (mut limit, mut stop, mut trail) = (None, None, None);
    match order_type {
        OrderType::Limit | OrderType::LimitOnClose => limit = by(98, 102),
        OrderType::Stop => stop = by(105, 95),
        OrderType::StopLimit => (stop, limit) = (by(105, 95), by(106, 94)),
        OrderType::TrailingStop => trail = Some(Trail::Amount(dec(5))),
        OrderType::Market | OrderType::MarketOnOpen | OrderType::MarketOnClose => {}
    }
    TermsWanted {
        side,
        quantity: dec(100),
        order_type,
        limit,
        stop,
        trail,
        time_in_force: None,
        good_till: None,
        hours: Hours::Regular,
    }
}

fn entry(id: i64, wanted: &TermsWanted) -> Entry {
    Entry::new(id, Terms::check(wanted).unwrap(), AT)
}

fn limit(side: Side, price: i64, quantity: i64, time: TimeInForce) -> TermsWanted {
    let limit = Some(Price::new(dec(price)));
    TermsWanted {
        limit,
        quantity: dec(quantity),
        time_in_force: Some(time),
        ..wanted(side, OrderType::Limit)
    }
}

fn bid(price: i64, size: i64) -> TickKind {
    TickKind::Bid { price: dec(price), size: dec(size) }
}

fn ask(price: i64, size: i64) -> TickKind {
    TickKind::Ask { price: dec(price), size: dec(size) }
}

fn trade(price: i64) -> TickKind {
    TickKind::Trade { price: dec(price), size: dec(1) }
}

/// Lets these ticks happen, a second apart.
fn run(matcher: &mut Matcher, ticks: &[TickKind]) -> Vec<Event> {
    let mut events = Vec::new();
    for kind in ticks {
        let at = matcher.now() + Duration::SECOND;
        events.extend(matcher.tick(&Tick { at, kind: *kind }));
    }
    events
}

/// Quantity and price of all that was done.
fn fills(events: &[Event]) -> Vec<(i64, Decimal)> {
    let fills = events.iter().filter_map(|event| match event.happening {
        Happening::Filled { quantity, price, .. } => Some((i64::try_from(quantity).unwrap(), price)),
        _ => None,
    });
    fills.collect()
}

fn ends(events: &[Event]) -> Vec<End> {
    let ends = events.iter().filter_map(|event| match event.happening {
        Happening::Ended(end) => Some(end),
        _ => None,
    });
    ends.collect()
}

#[test]
fn a_market_order_takes_the_book_level_by_level() {
    let mut matcher = matcher();
    let order = TermsWanted { quantity: dec(250), ..wanted(Side::Buy, OrderType::Market) };
    let events = matcher.place(entry(1, &order), &depth(), AT);
    assert_eq!(fills(&events), [(100, dec(101)), (100, dec(102)), (50, dec(103))]);
    assert!(matcher.is_empty());
}

#[test]
fn a_limit_order_takes_what_its_limit_allows_and_then_waits_at_its_price() {
    let mut matcher = matcher();
    let events = matcher.place(entry(1, &limit(Side::Buy, 102, 300, TimeInForce::Day)), &depth(), AT);
    assert_eq!(fills(&events), [(100, dec(101)), (100, dec(102))], "at the better price first");
    let events = run(&mut matcher, &[ask(103, 500), ask(102, 30), trade(102), ask(100, 500)]);
    assert_eq!(fills(&events), [(30, dec(102)), (70, dec(102))], "whoever waits is met at his own price");
    let is_added =
        |event: &Event| matches!(event.happening, Happening::Filled { liquidity: Liquidity::Added, .. });
    assert!(events.iter().all(is_added), "{events:?}");
}

#[test]
fn what_is_displayed_can_be_taken_once() {
    let mut matcher = matcher();
    let order = |id| entry(id, &limit(Side::Buy, 101, 80, TimeInForce::Day));
    assert_eq!(fills(&matcher.place(order(1), &depth(), AT)), [(80, dec(101))]);
    assert_eq!(fills(&matcher.place(order(2), &depth(), AT)), [(20, dec(101))], "the rest of the quote");
    assert_eq!(fills(&matcher.place(order(3), &depth(), AT)), []);
    let events = run(&mut matcher, &[bid(99, 10), ask(101, 70)]);
    assert_eq!(fills(&events), [(60, dec(101)), (10, dec(101))], "a new quote, first come, first served");
}

#[test]
fn the_better_limit_goes_first() {
    let mut matcher = matcher();
    for (id, price) in [(1, 97), (2, 98), (3, 98)] {
        matcher.place(entry(id, &limit(Side::Buy, price, 50, TimeInForce::Day)), &depth(), AT);
    }
    let events = run(&mut matcher, &[ask(97, 120)]);
    let done: Vec<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(done, [2, 3, 1]);
    assert_eq!(fills(&events), [(50, dec(98)), (50, dec(98)), (20, dec(97))]);
}

#[test]
fn at_once_means_at_once() {
    use TimeInForce::{Fok, Ioc};
    // Time in force, limit, quantity; what is done, and whether the rest ends.
    let cases: [(TimeInForce, i64, i64, &[i64], bool); 6] = [
        (Ioc, 101, 150, &[100], true),
        (Ioc, 101, 60, &[60], false),
        (Ioc, 100, 60, &[], true),
        (Fok, 101, 150, &[], true),
        (Fok, 102, 150, &[100, 50], false),
        (Fok, 101, 100, &[100], false),
    ];
    for (time, price, quantity, expected, is_ended) in cases {
        let mut matcher = matcher();
        let events = matcher.place(entry(1, &limit(Side::Buy, price, quantity, time)), &depth(), AT);
        let done: Vec<_> = fills(&events).into_iter().map(|(quantity, _)| quantity).collect();
        assert_eq!(done, expected, "{time:?} {quantity} at {price}");
        let expected = if is_ended { vec![End::NotAtOnce] } else { vec![] };
        assert_eq!(ends(&events), expected, "{time:?} {quantity} at {price}");
        assert!(matcher.is_empty());
    }
}

#[test]
fn stops_wait_for_a_trade() {
    // A buy and a sell; what the market does; at what price it is done.
    let cases: [(OrderType, Side, &[TickKind], Option<i64>); 8] = [
        (OrderType::Stop, Side::Buy, &[ask(106, 200), bid(105, 10)], None),
        (OrderType::Stop, Side::Buy, &[ask(106, 200), trade(104)], None),
        (OrderType::Stop, Side::Buy, &[ask(107, 200), trade(105)], Some(107)),
        (OrderType::Stop, Side::Sell, &[bid(93, 200), trade(95)], Some(93)),
        (OrderType::StopLimit, Side::Buy, &[ask(107, 200), trade(105)], None),
        (OrderType::StopLimit, Side::Buy, &[ask(105, 200), trade(105)], Some(105)),
        (OrderType::StopLimit, Side::Buy, &[ask(107, 200), trade(105), ask(104, 200)], Some(106)),
        (OrderType::StopLimit, Side::Sell, &[bid(94, 200), trade(90)], Some(94)),
    ];
    for (order_type, side, ticks, price) in cases {
        let mut matcher = matcher();
        assert_eq!(matcher.place(entry(1, &wanted(side, order_type)), &depth(), AT), []);
        let events = run(&mut matcher, ticks);
        let expected: Vec<_> = price.into_iter().map(|price| (100, dec(price))).collect();
        assert_eq!(fills(&events), expected, "{order_type:?} {side:?} {ticks:?}");
        let first = events.first().map(|event| event.happening);
        assert!(first.is_none_or(|first| first == Happening::Triggered), "{events:?}");
    }
}

#[test]
fn a_stop_that_is_reached_already_is_done_at_once() {
    let stop =
        |price| TermsWanted { stop: Some(Price::new(dec(price))), ..wanted(Side::Buy, OrderType::Stop) };
    let events = matcher().place(entry(1, &stop(100)), &depth(), AT);
    assert_eq!(fills(&events), [(100, dec(101))]);
}

#[test]
fn currencies_are_triggered_by_quotes() {
    for (side, ticks, price) in
        [(Side::Buy, [bid(105, 100), ask(105, 200)], 105), (Side::Sell, [ask(95, 100), bid(95, 200)], 95)]
    {
        let mut matcher = matcher_of(ListingKind::Fx, Session::Always, AT);
        assert_eq!(matcher.place(entry(1, &wanted(side, OrderType::Stop)), &depth(), AT), []);
        assert_eq!(run(&mut matcher, &ticks[..1]), []);
        assert_eq!(fills(&run(&mut matcher, &ticks[1..])), [(100, dec(price))], "{side:?}");
    }
}

#[test]
fn a_trailing_stop_follows_and_strikes() {
    let mut matcher = matcher();
    let events = matcher.place(entry(1, &wanted(Side::Sell, OrderType::TrailingStop)), &depth(), AT);
    assert_eq!(
        events.iter().map(|event| event.happening).collect::<Vec<_>>(),
        [Happening::StopMoved(dec(95))]
    );
    let events =
        run(&mut matcher, &[trade(104), trade(101), trade(110), trade(106), bid(104, 100), trade(105)]);
    let happened: Vec<_> = events.iter().map(|event| event.happening).collect();
    let filled = Happening::Filled { quantity: dec(100), price: dec(104), liquidity: Liquidity::Removed };
    let expected =
        [Happening::StopMoved(dec(99)), Happening::StopMoved(dec(105)), Happening::Triggered, filled];
    assert_eq!(happened, expected);
}

#[test]
fn auctions_are_made_at_one_price() {
    let midnight = datetime!(2026-11-21 0:00 UTC);
    let opening =
        TermsWanted { time_in_force: Some(TimeInForce::Opg), ..wanted(Side::Buy, OrderType::Limit) };
    let opening = |price: i64| TermsWanted { limit: Some(Price::new(dec(price))), ..opening };
    let closing = |price: i64| TermsWanted {
        limit: Some(Price::new(dec(price))),
        ..wanted(Side::Buy, OrderType::LimitOnClose)
    };
    // What is ordered; the last trade of the day and the first of the next; what comes of it.
    let cases = [
        (wanted(Side::Buy, OrderType::MarketOnClose), Ok(103)),
        (closing(103), Ok(103)),
        (closing(102), Err(End::NotInAuction)),
        (wanted(Side::Sell, OrderType::MarketOnOpen), Ok(107)),
        (opening(107), Ok(107)),
        (opening(106), Err(End::NotInAuction)),
    ];
    for (order, expected) in cases {
        let mut matcher = matcher();
        let order = TermsWanted { quantity: dec(1_000), ..order };
        assert_eq!(matcher.place(entry(1, &order), &depth(), AT), [], "{order:?}");
        assert_eq!(run(&mut matcher, &[trade(103), ask(90, 5_000), bid(120, 5_000)]), []);
        let mut events = matcher.advance(midnight);
        let quote = Tick { at: midnight, kind: ask(108, 10) };
        let first = Tick { at: midnight, kind: trade(107) };
        events.extend([quote, first].iter().flat_map(|tick| matcher.tick(tick)));
        match expected {
            Ok(price) => assert_eq!(fills(&events), [(1_000, dec(price))], "{order:?}"),
            Err(end) => assert_eq!(ends(&events), [end], "{order:?}"),
        }
        assert!(events.iter().all(|event| event.at == midnight) && matcher.is_empty());
    }
}

#[test]
fn orders_end_when_their_time_is_over() {
    let midnight = datetime!(2026-11-21 0:00 UTC);
    let noon = datetime!(2026-11-21 12:00 UTC);
    let good_till = Some(datetime!(2026-11-21 9:00 UTC));
    let cases = [
        (TimeInForce::Day, None, Some(midnight)),
        (TimeInForce::Gtc, None, None),
        (TimeInForce::Gtd, good_till, good_till),
    ];
    for order_type in [OrderType::Limit, OrderType::Stop, OrderType::StopLimit, OrderType::TrailingStop] {
        for (time, good_till, expected) in cases {
            let order = TermsWanted { time_in_force: Some(time), good_till, ..wanted(Side::Buy, order_type) };
            let mut matcher = matcher();
            matcher.place(entry(1, &order), &depth(), AT);
            let ended = Happening::Ended(End::Expired);
            let expected: Vec<_> =
                expected.map(|at| Event { id: 1, at, happening: ended }).into_iter().collect();
            assert_eq!(matcher.advance(noon), expected, "{order_type:?} {time:?}");
            assert_eq!(matcher.is_empty(), !expected.is_empty());
        }
    }
}

#[test]
fn orders_wait_for_their_hours() {
    let evening = datetime!(2026-11-20 22:00 UTC);
    let open = datetime!(2026-11-23 14:30 UTC);
    let place = |order: &TermsWanted| {
        let mut matcher = matcher_of(ListingKind::Stock, Session::Exchange, evening);
        let entry = Entry::new(1, Terms::check(order).unwrap(), evening);
        let events = matcher.place(entry, &depth(), evening);
        (matcher, events)
    };
    let marketable = limit(Side::Buy, 101, 100, TimeInForce::Gtc);
    let (_, events) = place(&TermsWanted { hours: Hours::Extended, ..marketable });
    assert_eq!(fills(&events), [(100, dec(101))], "outside of regular hours where that is asked for");

    let (mut matcher, events) = place(&marketable);
    assert_eq!(events, []);
    assert_eq!(matcher.tick(&Tick { at: evening + Duration::HOUR, kind: ask(100, 500) }), []);
    let events = matcher.tick(&Tick { at: open, kind: ask(100, 500) });
    let filled = Happening::Filled { quantity: dec(100), price: dec(100), liquidity: Liquidity::Removed };
    let happened: Vec<_> = events.iter().map(|event| (event.at, event.happening)).collect();
    assert_eq!(happened, [(open, Happening::Begun), (open, filled)]);

    let (_, events) = place(&limit(Side::Buy, 101, 100, TimeInForce::Ioc));
    assert_eq!(ends(&events), [End::NotAtOnce], "there is no at once while it is closed");

    let (mut matcher, _) = place(&TermsWanted { quantity: dec(5), ..wanted(Side::Buy, OrderType::Market) });
    let close = datetime!(2026-11-23 21:00 UTC);
    let events = matcher.advance(close);
    assert_eq!(ends(&events), [End::Expired], "its day is the next one");
}

#[test]
fn a_changed_order_keeps_what_was_done_and_loses_its_place() {
    let mut matcher = matcher();
    let first = entry(1, &limit(Side::Buy, 101, 150, TimeInForce::Day));
    matcher.place(first, &depth(), AT);
    let smaller = Terms::check(&limit(Side::Buy, 101, 120, TimeInForce::Day)).unwrap();
    matcher.place(entry(2, &limit(Side::Buy, 101, 10, TimeInForce::Day)), &depth(), AT);
    let changed = Entry { filled: dec(100), ..first }.changed(smaller, AT);
    assert_eq!(changed.remaining(), dec(20));
    assert!(matcher.cancel(1) && !matcher.cancel(1));
    matcher.place(changed, &depth(), AT);
    let events = run(&mut matcher, &[ask(101, 1_000)]);
    assert_eq!(events.iter().map(|event| event.id).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(fills(&events), [(10, dec(101)), (20, dec(101))]);
}

#[test]
fn a_stop_keeps_where_it_has_come_to_unless_it_is_changed() {
    let order = wanted(Side::Sell, OrderType::TrailingStop);
    let moved = Entry { stop: Some(dec(105)), ..entry(1, &order) };
    let smaller = Terms::check(&TermsWanted { quantity: dec(50), ..order }).unwrap();
    assert_eq!(moved.changed(smaller, AT).stop, Some(dec(105)));
    let wider = Terms::check(&TermsWanted { trail: Some(Trail::Amount(dec(9))), ..order }).unwrap();
    assert_eq!(moved.changed(wider, AT).stop, None);
}

#[test]
fn after_a_pause_nothing_is_taken_before_the_next_quote() {
    let listing = listing(ListingKind::Stock);
    let calendar = Calendar::new(Session::Always, ListingKind::Stock);
    let mut matcher = Matcher::resumed(&listing, calendar, &top(), AT);
    let order = entry(1, &limit(Side::Buy, 101, 100, TimeInForce::Day));
    assert_eq!(matcher.resume(order), []);
    assert_eq!(run(&mut matcher, &[bid(99, 1), trade(101)]), []);
    assert_eq!(fills(&run(&mut matcher, &[ask(101, 100)])), [(100, dec(101))]);
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Tick(TickKind),
    Place(TermsWanted),
    Cancel(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let lots = 1_i64..300;
    let tick = prop_oneof![
        (90_i64..110, lots.clone()).prop_map(|(price, size)| bid(price, size)),
        (90_i64..110, lots.clone()).prop_map(|(price, size)| ask(price, size)),
        (90_i64..110).prop_map(trade),
    ];
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let types = prop::sample::select(vec![
        (OrderType::Market, TimeInForce::Day),
        (OrderType::Market, TimeInForce::Ioc),
        (OrderType::Limit, TimeInForce::Gtc),
        (OrderType::Limit, TimeInForce::Ioc),
        (OrderType::Limit, TimeInForce::Fok),
        (OrderType::Stop, TimeInForce::Day),
        (OrderType::StopLimit, TimeInForce::Day),
        (OrderType::TrailingStop, TimeInForce::Day),
    ]);
    let order =
        (side, types, lots, 90_i64..110, 90_i64..110).prop_map(|(side, (kind, time), quantity, one, two)| {
            let price = |price: i64| Some(Price::new(dec(price)));
            let terms =
                TermsWanted { quantity: dec(quantity), time_in_force: Some(time), ..wanted(side, kind) };
            let limit = terms.limit.and(price(one));
            let stop = terms.stop.and(price(two));
            TermsWanted { limit, stop, ..terms }
        });
    let step = prop_oneof![
        4 => tick.prop_map(Step::Tick),
        2 => order.prop_map(Step::Place),
        1 => (0_i64..20).prop_map(Step::Cancel),
    ];
    prop::collection::vec(step, 1..80)
}

/// One level on either side: what the matcher itself displays.
fn book(top: &Snapshot) -> Depth {
    let level = |price, size| DepthLevel { price, size, exchange: "X".into() };
    Depth { bids: vec![level(top.bid, top.bid_size)], asks: vec![level(top.ask, top.ask_size)] }
}

/// What was done in a run, step by step.
fn play(steps: &[Step]) -> Vec<(Step, Vec<Event>)> {
    let mut matcher = matcher();
    let mut id = 0;
    let played = steps.iter().map(|step| {
        let at = matcher.now() + Duration::SECOND;
        let events = match step {
            Step::Tick(kind) => matcher.tick(&Tick { at, kind: *kind }),
            Step::Place(order) => {
                id += 1;
                let entry = Entry::new(id, Terms::check(order).unwrap(), at);
                let book = book(&matcher.quoted(top()));
                matcher.place(entry, &book, at)
            }
            Step::Cancel(id) => {
                matcher.cancel(*id);
                Vec::new()
            }
        };
        (step.clone(), events)
    });
    played.collect()
}

proptest! {
    #[test]
    fn the_same_market_does_the_same(steps in steps()) {
        let events = |played: Vec<(Step, Vec<Event>)>| played.into_iter().map(|(_, events)| events).collect::<Vec<_>>();
        prop_assert_eq!(events(play(&steps)), events(play(&steps)));
    }

    #[test]
    fn nobody_gets_more_than_he_wants_or_a_worse_price_than_he_allows(steps in steps()) {
        let orders: Vec<TermsWanted> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Place(order) => Some(*order),
                _ => None,
            })
            .collect();
        let mut filled = vec![Decimal::ZERO; orders.len()];
        let mut triggered = vec![false; orders.len()];
        let mut canceled = vec![false; orders.len()];
        let mut placed = 0;
        for (step, events) in play(&steps) {
            match step {
                Step::Place(_) => placed += 1,
                Step::Cancel(id) if id >= 1 && usize::try_from(id).unwrap() <= placed => {
                    canceled[usize::try_from(id).unwrap() - 1] = true;
                }
                _ => {}
            }
            for event in events {
                let place = usize::try_from(event.id).unwrap() - 1;
                let order = orders[place];
                prop_assert!(!canceled[place], "{event:?}");
                match event.happening {
                    Happening::Filled { quantity, price, .. } => {
                        filled[place] += quantity;
                        prop_assert!(quantity > Decimal::ZERO && filled[place] <= order.quantity, "{order:?}");
                        let is_fair = order.limit.is_none_or(|limit| match order.side {
                            Side::Buy => price <= limit.value(),
                            Side::Sell => price >= limit.value(),
                        });
                        prop_assert!(is_fair, "{order:?} at {price}");
                        let waits = order.stop.is_some() || order.trail.is_some();
                        prop_assert!(!waits || triggered[place], "{order:?} was not triggered");
                    }
                    Happening::Triggered => triggered[place] = true,
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn no_more_is_taken_than_was_displayed(steps in steps()) {
        // By side: what was displayed by its newest quote, less what was taken.
        let (mut bids, mut asks) = (top().bid_size, top().ask_size);
        let mut sides = Vec::new();
        for (step, events) in play(&steps) {
            match step {
                Step::Tick(TickKind::Bid { size, .. }) => bids = size,
                Step::Tick(TickKind::Ask { size, .. }) => asks = size,
                Step::Place(order) => sides.push(order.side),
                _ => {}
            }
            for event in events {
                let Happening::Filled { quantity, .. } = event.happening else { continue };
                let side = sides[usize::try_from(event.id).unwrap() - 1];
                let left = if side == Side::Buy { &mut asks } else { &mut bids };
                *left -= quantity;
                prop_assert!(*left >= Decimal::ZERO, "{event:?}");
            }
        }
    }

    #[test]
    fn a_trailing_stop_never_goes_back(prices in prop::collection::vec(90_i64..110, 1..60)) {
        for side in [Side::Buy, Side::Sell] {
            let mut matcher = matcher();
            let mut events = matcher.place(entry(1, &wanted(side, OrderType::TrailingStop)), &Depth::default(), AT);
            let ticks: Vec<_> = prices.iter().map(|price| trade(*price)).collect();
            events.extend(run(&mut matcher, &ticks));
            let stops: Vec<Decimal> = events
                .iter()
                .filter_map(|event| match event.happening {
                    Happening::StopMoved(stop) => Some(stop),
                    _ => None,
                })
                .collect();
            let is_tightening = |pair: &[Decimal]| match side {
                Side::Buy => pair[1] < pair[0],
                Side::Sell => pair[1] > pair[0],
            };
            prop_assert!(stops.windows(2).all(is_tightening), "{stops:?}");
        }
    }
}

//! Alerts as the leading desk watches them, and what it delivers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::RefusalCode;
use domain::alert::{AlertId, AlertIndicator, AlertSubject, Comparison, DeliveryChannel, Repeat};
use domain::bar::{BarSize, Series};
use domain::bus::{Message, Topic};
use domain::delivery::Ending;
use domain::indicator::{Indicator, IndicatorKind, Parameters};
use domain::instrument::Instrument;
use domain::market_data::{SourceError, SourceEvent};
use domain::quote::FeedState;
use domain::user::UserId;
use uuid::Uuid;

use crate::outbox::{OWNER, alert};
use crate::world::{World, bar, trade};

fn apple(world: &World) -> Instrument {
    world.source.instruments[0].clone()
}

pub async fn live(world: &World, instrument: &Instrument) {
    world.source.send(instrument.id, SourceEvent::State(FeedState::Live, None)).await;
}

pub async fn trades(world: &World, instrument: &Instrument, prices: &[i64]) {
    for (price, volume) in prices.iter().zip(1..) {
        world.source.send(instrument.id, SourceEvent::Values(trade(*price, volume))).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_alert_goes_off_though_nobody_watches() {
    let world = World::start();
    let apple = apple(&world);
    let wanted = alert(&apple, Comparison::CrossesUp, 100);
    world.outbox.add(&wanted, &apple);
    let mut told = world.listen(Topic::AlertEvents(OWNER)).await;
    live(&world, &apple).await;
    trades(&world, &apple, &[99, 101, 99, 102]).await;
    world.until(|| !world.outbox.fired().is_empty()).await;
    let message = told.next_where(|_| true).await;
    assert_eq!(message, Message::AlertSaid(OWNER, 1));
    let fired = world.outbox.fired();
    assert_eq!((fired.len(), fired[0].alert, fired[0].arming), (1, wanted.id, 1));
    assert_eq!(fired[0].text, "AAPL last rose to or through 100 (now 101)");
    assert!(fired[0].event.0 != fired[0].deliveries[0].0 && fired[0].deliveries[0] != fired[0].deliveries[1]);
}

#[tokio::test(start_paused = true)]
async fn what_is_stale_never_sets_one_off() {
    let world = World::start();
    let apple = apple(&world);
    world.outbox.add(&alert(&apple, Comparison::Above, 100), &apple);
    trades(&world, &apple, &[150]).await;
    live(&world, &apple).await;
    trades(&world, &apple, &[90]).await;
    world.source.send(apple.id, SourceEvent::State(FeedState::Stale, Some("lost".into()))).await;
    trades(&world, &apple, &[160]).await;
    world.source.send(apple.id, SourceEvent::Values(trade(95, 9))).await;
    live(&world, &apple).await;
    trades(&world, &apple, &[170]).await;
    world.until(|| !world.outbox.fired().is_empty()).await;
    // The first live quote after an outage may still be the old one; only 150 was seen with LIVE besides.
    let values: Vec<String> = world.outbox.fired().iter().map(|fired| fired.value.to_string()).collect();
    assert!(values == ["150"] || values == ["170"], "{values:?}");
    assert!(!values.contains(&"160".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_was_crossed_while_no_desk_led_counts_once() {
    let world = World::start();
    let apple = apple(&world);
    world.outbox.add_seen(&alert(&apple, Comparison::CrossesUp, 100), &apple, Some(90));
    live(&world, &apple).await;
    trades(&world, &apple, &[110, 90, 110]).await;
    world.until(|| !world.outbox.fired().is_empty()).await;
    let fired = world.outbox.fired();
    assert_eq!((fired.len(), fired[0].value), (1, 110.into()));
}

#[tokio::test(start_paused = true)]
async fn a_new_alert_is_watched_at_once_and_sees_what_is_known() {
    let world = World::start();
    let apple = apple(&world);
    let mut quotes = world.watch(&[Topic::Quotes(apple.id)]).await;
    live(&world, &apple).await;
    trades(&world, &apple, &[105]).await;
    quotes.quote_where(|quote| quote.values == trade(105, 1)).await;
    // No further quote comes.
    world.outbox.add(&alert(&apple, Comparison::Above, 100), &apple);
    let before = tokio::time::Instant::now();
    world.tell(Message::AlertsChanged).await;
    world.until(|| !world.outbox.fired().is_empty()).await;
    assert!(before.elapsed() < Duration::from_secs(3), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn one_that_goes_off_every_time_rests_in_between() {
    let world = World::start();
    let apple = apple(&world);
    let wanted =
        domain::alert::Alert { repeat: Repeat::EveryTime, ..alert(&apple, Comparison::CrossesUp, 100) };
    world.outbox.add(&wanted, &apple);
    live(&world, &apple).await;
    trades(&world, &apple, &[99, 101, 99, 101]).await;
    world.until(|| world.outbox.fired().len() == 1).await;
    tokio::time::sleep(Duration::from_secs(61)).await;
    trades(&world, &apple, &[99, 103]).await;
    world.until(|| world.outbox.fired().len() == 2).await;
    let fired = world.outbox.fired();
    assert_eq!((fired[1].value, fired[1].arming), (103.into(), 2));
    // What is seen after it was written down is kept.
    tokio::time::sleep(Duration::from_secs(1)).await;
    trades(&world, &apple, &[98]).await;
    world.until(|| world.outbox.kept.lock().unwrap().iter().any(|seen| seen.alert == wanted.id)).await;
}

#[tokio::test(start_paused = true)]
async fn what_went_off_while_the_database_was_away_is_written_afterwards() {
    let world = World::start();
    let apple = apple(&world);
    world.outbox.add(&alert(&apple, Comparison::Above, 100), &apple);
    world.until(|| world.source.is_subscribed(apple.id)).await;
    world.outbox.away.store(true, Ordering::SeqCst);
    live(&world, &apple).await;
    trades(&world, &apple, &[101, 50]).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(world.outbox.fired().is_empty());
    world.outbox.away.store(false, Ordering::SeqCst);
    world.until(|| !world.outbox.fired().is_empty()).await;
    assert_eq!(world.outbox.fired()[0].value, 101.into());
}

#[tokio::test(start_paused = true)]
async fn what_is_being_written_when_the_desk_stops_is_written() {
    let world = World::start();
    let apple = apple(&world);
    world.outbox.add(&alert(&apple, Comparison::Above, 100), &apple);
    world.outbox.add(&alert(&apple, Comparison::Above, 110), &apple);
    world.outbox.slow.store(true, Ordering::SeqCst);
    live(&world, &apple).await;
    trades(&world, &apple, &[105]).await;
    world.until(|| world.outbox.writes.load(Ordering::SeqCst) == 1).await;
    trades(&world, &apple, &[115]).await;
    assert!(world.outbox.fired().is_empty());
    tokio::time::sleep(Duration::from_millis(300)).await;
    world.stop_leader().await;
    let values: Vec<String> = world.outbox.fired().iter().map(|fired| fired.value.to_string()).collect();
    assert_eq!(values, ["105", "115"]);
}

#[tokio::test(start_paused = true)]
async fn an_instrument_that_is_refused_for_good_fails_its_alerts() {
    let world = World::start();
    let apple = apple(&world);
    let wanted = alert(&apple, Comparison::Above, 100);
    world.outbox.add(&wanted, &apple);
    let refuse = |code| SourceError::Rejected { code, message: "the account lacks the subscription".into() };
    for _ in 0..10 {
        world.until(|| world.source.is_subscribed(apple.id) || !world.outbox.fired().is_empty()).await;
        if !world.outbox.fired().is_empty() {
            break;
        }
        let error = refuse(RefusalCode::MarketDataNotSubscribed);
        world.source.send(apple.id, SourceEvent::Ended(error)).await;
        world.until(|| !world.source.is_subscribed(apple.id)).await;
    }
    world.until(|| !world.outbox.fired().is_empty()).await;
    let fired = world.outbox.fired();
    assert_eq!(fired[0].failure.as_deref(), Some("the account lacks the subscription"));
    assert!(fired[0].text.contains("cannot be watched any more"), "{}", fired[0].text);
    let noted = world.outbox.notes.lock().unwrap()[0].clone();
    assert_eq!(noted, (wanted.id, Some("the account lacks the subscription".into())), "it is told before");
}

#[tokio::test(start_paused = true)]
async fn one_without_a_line_waits_and_says_so() {
    let world = World::with_lines(1);
    let (apple, tesla) = (world.source.instruments[0].clone(), world.source.instruments[1].clone());
    let _apple = world.watch(&[Topic::Quotes(apple.id)]).await;
    world.until(|| world.source.is_subscribed(apple.id)).await;
    let wanted = alert(&tesla, Comparison::Above, 100);
    world.outbox.add(&wanted, &tesla);
    let noted = || world.outbox.notes.lock().unwrap().last().cloned();
    world.until(|| noted().is_some_and(|(id, reason)| id == wanted.id && reason.is_some())).await;
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert!(world.outbox.fired().is_empty(), "it may come to be watched");
    world.unwatch().await;
    world.until(|| world.source.is_subscribed(tesla.id)).await;
    live(&world, &tesla).await;
    trades(&world, &tesla, &[99]).await;
    world.until(|| noted() == Some((wanted.id, None))).await;
}

#[tokio::test(start_paused = true)]
async fn an_indicator_is_watched_over_live_bars() {
    let world = World::start();
    let apple = apple(&world);
    let series = Series { instrument: apple.id, size: BarSize::Min1 };
    let start = series.size.floor(world.now());
    let past = |minutes: i64| bar(start - time::Duration::minutes(minutes), 100, 100, 100, 100, 10);
    world.source.set_bars((1..=40).rev().map(past).collect());
    let sma = Parameters { length: Some(2), ..Parameters::default() };
    let sma = Indicator::parse(IndicatorKind::Sma, sma).unwrap();
    let mut wanted = alert(&apple, Comparison::CrossesUp, 105);
    let subject = AlertIndicator::new(series.size, sma, None).unwrap();
    wanted.condition.subject = AlertSubject::Indicator(subject);
    world.outbox.add(&wanted, &apple);
    live(&world, &apple).await;
    // (100 + 104) / 2 is below, (100 + 120) / 2 is above.
    trades(&world, &apple, &[100, 104]).await;
    // Only what comes once the past is known, that of the feed and that of the alert, can cross anything.
    world.until(|| world.source.histories() >= 2).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    trades(&world, &apple, &[106, 108, 120]).await;
    world.until(|| !world.outbox.fired().is_empty()).await;
    let fired = world.outbox.fired();
    assert_eq!((fired.len(), fired[0].value), (1, 110.into()), "{:?}", fired[0].text);
    assert!(fired[0].text.contains("SMA 2 on MIN_1 rose to or through 105"), "{}", fired[0].text);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_hangs_delays_nobody_else() {
    let world = World::start();
    let now = world.now();
    let slow: Vec<_> = (0..20).map(|_| world.outbox.post_to("hanging.example.com", now)).collect();
    let quick: Vec<_> = (0..50).map(|_| world.outbox.post_to("quick.example.com", now)).collect();
    let gone = world.outbox.post_to("gone.example.com", now);
    world.until(|| quick.iter().all(|id| world.outbox.ending(*id) == Some(Ending::Delivered))).await;
    assert!(slow.iter().all(|id| world.outbox.ending(*id).is_none()), "they hang still");
    assert_eq!(world.outbox.ending(gone), Some(Ending::GivenUp("gone".into())));
    world.until(|| slow.iter().all(|id| world.outbox.ending(*id).is_some())).await;
    assert_eq!(world.receivers.most_at_once.load(Ordering::SeqCst), DeliveryChannel::Webhook.room().per_host);
    let Some(Ending::Again(next, why)) = world.outbox.ending(slow[0]) else { panic!("it is tried again") };
    assert!(next > now && why == "no answer");
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_receivers_all_hang_leaves_places_for_others() {
    let world = World::start();
    let (now, room) = (world.now(), DeliveryChannel::Webhook.room());
    // More machines than there are places.
    let hanging: Vec<_> = (0..=room.at_once)
        .map(|number| world.outbox.post_to(&format!("hanging{number}.example.com"), now))
        .collect();
    let other = world.outbox.post_of(UserId(Uuid::from_u128(7)), "quick.example.com", now);
    let letter = world.outbox.mail(now);
    let is_delivered = |id| world.outbox.ending(id) == Some(Ending::Delivered);
    world.until(|| is_delivered(other) && is_delivered(letter)).await;
    assert!(hanging.iter().all(|id| world.outbox.ending(*id).is_none()), "they hang still");
    assert_eq!(world.receivers.most_at_once.load(Ordering::SeqCst), room.per_owner);
    world.until(|| hanging.iter().all(|id| world.outbox.ending(*id).is_some())).await;
    assert_eq!(world.receivers.most_at_once.load(Ordering::SeqCst), room.per_owner);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_at_which_the_desk_stumbles_is_given_up_and_frees_its_place() {
    let world = World::start();
    let now = world.now();
    let odd: Vec<_> = (0..20).map(|_| world.outbox.post_to("odd.example.com", now)).collect();
    world.until(|| odd.iter().all(|id| world.outbox.ending(*id).is_some())).await;
    let Some(Ending::GivenUp(why)) = world.outbox.ending(odd[19]) else { panic!("it is given up") };
    assert!(why.contains("a fault of the server"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_written_down_does_not_hold_up_the_others() {
    let world = World::start();
    let apple = apple(&world);
    let alerts: Vec<_> = (0..3).map(|_| alert(&apple, Comparison::Above, 100)).collect();
    for alert in &alerts {
        world.outbox.add(alert, &apple);
    }
    *world.outbox.poisoned.lock().unwrap() = Some(alerts[1].id);
    live(&world, &apple).await;
    trades(&world, &apple, &[101]).await;
    world.until(|| world.outbox.fired().len() == 2).await;
    let mut fired: Vec<AlertId> = world.outbox.fired().iter().map(|fired| fired.alert).collect();
    fired.sort_unstable();
    let mut others = vec![alerts[0].id, alerts[2].id];
    others.sort_unstable();
    assert_eq!(fired, others);
    let told = || world.outbox.notes.lock().unwrap().last().cloned();
    world.until(|| told().is_some_and(|(id, _)| id == alerts[1].id)).await;
    assert!(told().unwrap().1.unwrap().contains("could not be written down"));
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_kept_or_noted_is_written_later() {
    let world = World::start();
    let apple = apple(&world);
    let wanted =
        domain::alert::Alert { reason: Some("no line".into()), ..alert(&apple, Comparison::Above, 100) };
    world.outbox.add(&wanted, &apple);
    world.until(|| world.source.is_subscribed(apple.id)).await;
    world.outbox.away.store(true, Ordering::SeqCst);
    live(&world, &apple).await;
    trades(&world, &apple, &[99]).await;
    tokio::time::sleep(Duration::from_secs(90)).await;
    world.outbox.away.store(false, Ordering::SeqCst);
    // No further price comes.
    world.until(|| world.outbox.notes.lock().unwrap().contains(&(wanted.id, None))).await;
    world.until(|| world.outbox.kept.lock().unwrap().iter().any(|seen| seen.last == 99.into())).await;
}

#[tokio::test(start_paused = true)]
async fn a_reason_that_does_not_hold_is_taken_back() {
    let world = World::start();
    let apple = apple(&world);
    let wanted = alert(&apple, Comparison::Above, 100);
    world.outbox.add(&wanted, &apple);
    live(&world, &apple).await;
    trades(&world, &apple, &[99]).await;
    // The desk has seen it, and told nothing.
    world.until(|| !world.outbox.kept.lock().unwrap().is_empty()).await;
    assert!(world.outbox.notes.lock().unwrap().is_empty());
    world.outbox.watched.lock().unwrap()[0].0.alert.reason = Some("no line".into());
    world.until(|| world.outbox.notes.lock().unwrap().contains(&(wanted.id, None))).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_read_says_so_once() {
    let world = World::start();
    let unreadable = AlertId(Uuid::from_u128(9));
    world.outbox.unreadable.lock().unwrap().push(unreadable);
    let noted = || world.outbox.notes.lock().unwrap().clone();
    world.until(|| !noted().is_empty()).await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    let noted = noted();
    assert_eq!((noted.len(), noted[0].0), (1, unreadable));
    assert!(noted[0].1.as_deref().unwrap().contains("cannot read"), "{noted:?}");
}

#[tokio::test(start_paused = true)]
async fn a_bar_at_which_the_desk_stumbles_fails_the_alerts_on_it_alone() {
    let world = World::start();
    let apple = apple(&world);
    let series = Series { instrument: apple.id, size: BarSize::Min1 };
    // No clock in New York can show it.
    let odd = time::macros::datetime!(-9999-01-01 00:00 UTC);
    world.source.set_bars(vec![bar(odd, 100, 100, 100, 100, 10); 40]);
    let sma = Parameters { length: Some(2), ..Parameters::default() };
    let sma = Indicator::parse(IndicatorKind::Sma, sma).unwrap();
    let mut of_bars = alert(&apple, Comparison::CrossesUp, 105);
    of_bars.condition.subject = AlertSubject::Indicator(AlertIndicator::new(series.size, sma, None).unwrap());
    let of_prices = alert(&apple, Comparison::Above, 110);
    world.outbox.add(&of_bars, &apple);
    world.outbox.add(&of_prices, &apple);
    live(&world, &apple).await;
    trades(&world, &apple, &[100, 104]).await;
    world.until(|| world.outbox.fired().len() == 1).await;
    let failed = world.outbox.fired().remove(0);
    assert_eq!(failed.alert, of_bars.id);
    assert!(failed.failure.unwrap().contains("a fault of the server"));
    trades(&world, &apple, &[120]).await;
    world.until(|| world.outbox.fired().len() == 2).await;
    assert_eq!((world.outbox.fired()[1].alert, &world.outbox.fired()[1].failure), (of_prices.id, &None));
}

#[tokio::test(start_paused = true)]
async fn an_indicator_without_a_value_says_so() {
    let world = World::start();
    let apple = apple(&world);
    let series = Series { instrument: apple.id, size: BarSize::Min1 };
    let sma = Parameters { length: Some(50), ..Parameters::default() };
    let sma = Indicator::parse(IndicatorKind::Sma, sma).unwrap();
    let mut wanted = alert(&apple, Comparison::Above, 105);
    wanted.condition.subject = AlertSubject::Indicator(AlertIndicator::new(series.size, sma, None).unwrap());
    world.outbox.add(&wanted, &apple);
    live(&world, &apple).await;
    trades(&world, &apple, &[100, 101, 102]).await;
    world.until(|| !world.outbox.notes.lock().unwrap().is_empty()).await;
    let (_, reason) = world.outbox.notes.lock().unwrap()[0].clone();
    assert!(reason.unwrap().contains("has no value yet"));
    trades(&world, &apple, &[103, 104]).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(world.outbox.notes.lock().unwrap().len(), 1, "it is told once");
}

#[tokio::test(start_paused = true)]
async fn without_a_broker_alerts_end_in_time_and_say_why_they_are_not_watched() {
    let world = World::without_a_broker();
    let apple = apple(&world);
    let wanted = alert(&apple, Comparison::Above, 100);
    world.outbox.add(&wanted, &apple);
    let expirations = || world.outbox.expirations.load(Ordering::SeqCst);
    world.until(|| expirations() > 1).await;
    world.until(|| !world.outbox.notes.lock().unwrap().is_empty()).await;
    let noted = world.outbox.notes.lock().unwrap().clone();
    assert_eq!((noted.len(), noted[0].0), (1, wanted.id));
    assert!(noted[0].1.as_deref().unwrap().contains("IB_ADDRESS"), "{noted:?}");
    // Every user's old events are looked at, soon and every hour.
    let prunings = || world.outbox.prunings.lock().unwrap().clone();
    world.until(|| prunings().len() == 2).await;
    assert_eq!(prunings(), [None, Some(OWNER)]);
}

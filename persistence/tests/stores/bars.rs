use domain::bar::{Bar, BarSize, BarStore, MAX_BARS, Series, TimeRange};
use time::{Duration, OffsetDateTime};

use super::Pair;
use crate::at_once;
use crate::samples::{bar, price, series};

const START: OffsetDateTime = time::macros::datetime!(2026-01-02 00:00 UTC);

fn minute(number: i64) -> OffsetDateTime {
    START + Duration::minutes(number)
}

fn minutes(from: i64, to: i64) -> TimeRange {
    TimeRange { from: minute(from), to: minute(to) }
}

pub async fn contract(pair: &Pair) {
    round_trip(pair).await;
    coverage(pair).await;
    the_most_bars(pair).await;
    writers_at_once(pair).await;
    what_is_forgotten(pair).await;
}

async fn round_trip(pair: &Pair) {
    let of = series(1);
    let bars = [bar(minute(0), "0.00"), Bar { volume: None, ..bar(minute(2), "2.50") }];
    pair.one.write(of, minutes(0, 5), &bars).await.unwrap();

    let (read, known) = pair.other.read(of, minutes(-10, 10)).await.unwrap();
    assert_eq!((read.as_slice(), known.as_slice()), (bars.as_slice(), [minutes(0, 5)].as_slice()));
    // Equal values may differ in scale: what is kept is what was written.
    assert_eq!(read[0].close.to_string(), "0.00");
    assert_eq!(read[0].high.to_string(), bars[0].high.to_string());
    assert_eq!(read[0].low.to_string(), bars[0].low.to_string());

    // `from` is in the range, `to` is not; fractions of a second count.
    let just_after = TimeRange { from: minute(0) + Duration::nanoseconds(1), to: minute(2) };
    assert!(pair.one.read(of, just_after).await.unwrap().0.is_empty());
    let just_until = TimeRange { from: minute(0), to: minute(2) + Duration::nanoseconds(1) };
    assert_eq!(pair.one.read(of, just_until).await.unwrap().0.len(), 2);

    // Another size or instrument is another series.
    for other in [Series { size: BarSize::Min2, ..of }, series(2)] {
        assert_eq!(pair.one.read(other, minutes(-10, 10)).await.unwrap(), (vec![], vec![]));
    }

    // Bars of the same time are replaced, also within one call.
    let again = [bar(minute(2), "1"), bar(minute(2), "9.99")];
    pair.one.write(of, minutes(2, 3), &again).await.unwrap();
    let (read, known) = pair.one.read(of, minutes(0, 5)).await.unwrap();
    assert_eq!((read[1].close, read.len()), (price("9.99"), 2));
    assert_eq!(known, [minutes(0, 5)]);
}

async fn coverage(pair: &Pair) {
    let of = series(3);
    for range in [minutes(0, 10), minutes(20, 30), minutes(40, 50)] {
        pair.one.write(of, range, &[]).await.unwrap();
    }
    let known = async |range| pair.one.read(of, range).await.unwrap().1;
    assert_eq!(known(minutes(5, 45)).await, [minutes(5, 10), minutes(20, 30), minutes(40, 45)]);
    assert_eq!(known(minutes(10, 20)).await, []);
    // Touching and overlapping stretches become one; what is apart stays apart.
    pair.one.write(of, minutes(10, 25), &[]).await.unwrap();
    assert_eq!(known(minutes(-99, 99)).await, [minutes(0, 30), minutes(40, 50)]);
    pair.one.write(of, minutes(-5, 60), &[]).await.unwrap();
    assert_eq!(known(minutes(-99, 99)).await, [minutes(-5, 60)]);
    // An empty stretch covers nothing.
    pair.one.write(of, minutes(70, 70), &[]).await.unwrap();
    assert_eq!(known(minutes(-99, 99)).await, [minutes(-5, 60)]);
}

async fn the_most_bars(pair: &Pair) {
    let of = series(4);
    let count = i64::try_from(MAX_BARS).unwrap();
    // Written in another order than they are read.
    let bars: Vec<_> = (0..count).rev().map(|number| bar(minute(number), &number.to_string())).collect();
    pair.one.write(of, minutes(0, count), &bars).await.unwrap();
    let (read, known) = pair.other.read(of, minutes(0, count)).await.unwrap();
    assert_eq!(known, [minutes(0, count)]);
    assert!(read.iter().rev().eq(&bars), "the bars come back, by time");
}

/// Stretches that are added side by side at once leave one stretch, with every bar of it.
async fn writers_at_once(pair: &Pair) {
    let of = series(5);
    let results = at_once(20, |number| {
        let (sql, number) = (pair.of(number), i64::try_from(number).unwrap());
        async move { sql.write(of, minutes(number, number + 1), &[bar(minute(number), "1")]).await }
    })
    .await;
    for result in results {
        result.unwrap();
    }
    let (read, known) = pair.one.read(of, minutes(-5, 99)).await.unwrap();
    assert_eq!((read.len(), known), (20, vec![minutes(0, 20)]));
}

/// Every size of one instrument is forgotten, and nothing of another; then it is kept anew.
async fn what_is_forgotten(pair: &Pair) {
    let (of, other) = (series(6), series(7));
    let longer = Series { size: BarSize::Hour1, ..of };
    assert_eq!(pair.one.newest(of).await.unwrap(), None);
    for kept in [of, longer, other] {
        pair.one.write(kept, minutes(0, 5), &[bar(minute(3), "3"), bar(minute(1), "1")]).await.unwrap();
    }
    assert_eq!(pair.other.newest(of).await.unwrap(), Some(bar(minute(3), "3")));
    pair.other.forget(of.instrument).await.unwrap();
    for forgotten in [of, longer] {
        assert_eq!(pair.one.read(forgotten, minutes(-9, 9)).await.unwrap(), (vec![], vec![]));
        assert_eq!(pair.one.newest(forgotten).await.unwrap(), None);
    }
    assert_eq!(pair.one.read(other, minutes(0, 5)).await.unwrap().0.len(), 2);
    pair.one.write(of, minutes(2, 4), &[bar(minute(3), "0.3")]).await.unwrap();
    let (read, known) = pair.other.read(of, minutes(0, 5)).await.unwrap();
    assert_eq!((read, known), (vec![bar(minute(3), "0.3")], vec![minutes(2, 4)]));
}

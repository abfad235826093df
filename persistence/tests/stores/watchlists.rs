use domain::instrument::InstrumentId;
use domain::user::UserId;
use domain::watchlist::{
    Change, MAX_INSTRUMENTS, MAX_WATCHLISTS, Watchlist, WatchlistId, WatchlistName, WatchlistStore,
};
use uuid::Uuid;

use super::{Pair, users};
use crate::at_once;
use crate::samples::{id_of, instrument, watchlist};

pub async fn contract(pair: &Pair) {
    let owner = users::only(pair).await.id;
    let instruments: Vec<_> = (1..=250).map(instrument).collect();
    domain::instrument::InstrumentStore::put(&*pair.one, &instruments).await.unwrap();
    names(pair, owner).await;
    items(pair, owner).await;
    limits(pair, owner).await;
    at_the_same_time(pair, owner).await;
}

fn done(change: Change) -> Watchlist {
    match change {
        Change::Done(watchlist) => watchlist,
        other => panic!("not done: {other:?}"),
    }
}

async fn names(pair: &Pair, owner: UserId) {
    let sql = &pair.one;
    let tech = watchlist(owner, "Tech", vec![id_of(3), id_of(1), id_of(3), id_of(2)]);
    let expected = Watchlist { instruments: vec![id_of(3), id_of(1), id_of(2)], ..tech.clone() };
    assert_eq!(done(sql.create(&tech).await.unwrap()), expected);
    assert_eq!(pair.other.find(owner, tech.id).await.unwrap(), Some(expected.clone()));
    assert_eq!(sql.create(&watchlist(owner, "TECH", vec![])).await.unwrap(), Change::NameTaken);

    let empty = watchlist(owner, "Ätna", vec![]);
    done(sql.create(&empty).await.unwrap());
    let rename =
        async |id, name: &str| sql.rename(owner, id, &WatchlistName::parse(name).unwrap()).await.unwrap();
    assert_eq!(rename(empty.id, "tech").await, Change::NameTaken);
    assert_eq!(done(rename(empty.id, "ÄTNA").await).name.as_str(), "ÄTNA");
    assert_eq!(rename(WatchlistId(Uuid::new_v4()), "x").await, Change::NotFound);

    let mut names: Vec<_> = sql.list(owner).await.unwrap();
    names.sort_by_key(|list| list.name.as_str().to_owned());
    assert_eq!(names.iter().map(|list| list.name.as_str()).collect::<Vec<_>>(), ["Tech", "ÄTNA"]);
    assert_eq!(names[0], expected);

    // Nobody sees or changes another's lists.
    let stranger = UserId(Uuid::new_v4());
    assert_eq!(sql.list(stranger).await.unwrap(), []);
    assert_eq!(sql.find(stranger, tech.id).await.unwrap(), None);
    assert!(!sql.delete(stranger, tech.id).await.unwrap());
    assert_eq!(sql.add(stranger, tech.id, id_of(4)).await.unwrap(), Change::NotFound);
    assert_eq!(sql.remove(stranger, tech.id, id_of(1)).await.unwrap(), Change::NotFound);
    assert_eq!(sql.reorder(stranger, tech.id, &[]).await.unwrap(), Change::NotFound);
    assert_eq!(sql.rename(stranger, tech.id, &tech.name).await.unwrap(), Change::NotFound);
    assert_eq!(sql.create(&watchlist(stranger, "Mine", vec![])).await.unwrap(), Change::NotFound);

    for list in [tech.id, empty.id] {
        assert!(sql.delete(owner, list).await.unwrap());
        assert!(!sql.delete(owner, list).await.unwrap());
    }
    assert_eq!(pair.other.list(owner).await.unwrap(), []);
}

async fn items(pair: &Pair, owner: UserId) {
    let sql = &pair.one;
    let list = watchlist(owner, "Items", vec![id_of(1), id_of(2)]);
    let id = done(sql.create(&list).await.unwrap()).id;
    let now = |change| done(change).instruments;

    assert_eq!(now(sql.add(owner, id, id_of(3)).await.unwrap()), [1, 2, 3].map(id_of));
    assert_eq!(now(sql.add(owner, id, id_of(1)).await.unwrap()), [1, 2, 3].map(id_of));
    assert_eq!(sql.add(owner, id, id_of(77_777)).await.unwrap(), Change::NotFound);
    assert_eq!(now(sql.remove(owner, id, id_of(2)).await.unwrap()), [1, 3].map(id_of));
    assert_eq!(now(sql.remove(owner, id, id_of(2)).await.unwrap()), [1, 3].map(id_of));
    assert_eq!(now(sql.add(owner, id, id_of(2)).await.unwrap()), [1, 3, 2].map(id_of));

    let reorder = async |ids: &[i64]| {
        let ids: Vec<InstrumentId> = ids.iter().map(|id| id_of(*id)).collect();
        pair.other.reorder(owner, id, &ids).await.unwrap()
    };
    assert_eq!(now(reorder(&[2, 1, 3]).await), [2, 1, 3].map(id_of));
    for outdated in [&[1, 2][..], &[1, 2, 3, 4], &[1, 2, 2], &[1, 1, 2, 3], &[]] {
        assert_eq!(reorder(outdated).await, Change::Outdated, "{outdated:?}");
    }
    assert_eq!(sql.find(owner, id).await.unwrap().unwrap().instruments, [2, 1, 3].map(id_of));
    assert_eq!(now(sql.add(owner, id, id_of(9)).await.unwrap()), [2, 1, 3, 9].map(id_of));
    assert!(sql.delete(owner, id).await.unwrap());
}

async fn limits(pair: &Pair, owner: UserId) {
    let sql = &pair.one;
    let most: Vec<_> = (1..=200).map(id_of).collect();
    assert_eq!(most.len(), MAX_INSTRUMENTS);
    let full = watchlist(owner, "Full", most.clone());
    done(sql.create(&full).await.unwrap());
    assert_eq!(sql.add(owner, full.id, id_of(201)).await.unwrap(), Change::LimitReached);
    assert_eq!(done(sql.add(owner, full.id, id_of(200)).await.unwrap()).instruments, most);
    let too_many = watchlist(owner, "Too many", (1..=201).map(id_of).collect());
    assert_eq!(sql.create(&too_many).await.unwrap(), Change::LimitReached);
    let unknown = watchlist(owner, "Unknown", vec![id_of(88_888)]);
    assert_eq!(sql.create(&unknown).await.unwrap(), Change::NotFound);
    assert!(sql.delete(owner, full.id).await.unwrap());
}

async fn at_the_same_time(pair: &Pair, owner: UserId) {
    let created = at_once(8, |number| {
        let sql = pair.of(number);
        async move { sql.create(&watchlist(owner, "Race", vec![id_of(1)])).await.unwrap() }
    })
    .await;
    let won: Vec<_> = created.iter().filter(|change| matches!(change, Change::Done(_))).collect();
    assert_eq!(won.len(), 1, "{created:?}");
    assert!(created.iter().all(|change| matches!(change, Change::Done(_) | Change::NameTaken)));

    let id = done(won[0].clone()).id;
    at_once(20, |number| {
        let (sql, instrument) = (pair.of(number), id_of(2 + i64::try_from(number % 10).unwrap()));
        async move { done(sql.add(owner, id, instrument).await.unwrap()) }
    })
    .await;
    let mut list = pair.one.find(owner, id).await.unwrap().unwrap().instruments;
    list.sort_unstable();
    let mut expected: Vec<_> = (1..=11).map(id_of).collect();
    expected.sort_unstable();
    assert_eq!(list, expected, "each once, and none lost");

    let created = at_once(60, |number| {
        let sql = pair.of(number);
        async move { sql.create(&watchlist(owner, &format!("List {number}"), vec![])).await.unwrap() }
    })
    .await;
    let made = created.iter().filter(|change| matches!(change, Change::Done(_))).count();
    assert_eq!(made, MAX_WATCHLISTS - 1, "the limit holds for all together");
    assert_eq!(pair.one.list(owner).await.unwrap().len(), MAX_WATCHLISTS);
}

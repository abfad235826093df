use domain::layout::{Content, Layout, LayoutChange, LayoutId, LayoutName, LayoutStore, MAX_LAYOUTS};
use domain::preferences::{Preferences, PreferencesStore};
use domain::user::{Role, UserId};
use time::Duration;
use uuid::Uuid;

use super::{Pair, users};
use crate::at_once;
use crate::samples::NOW;

fn layout(owner: UserId, content: &str) -> Layout {
    Layout {
        id: LayoutId(Uuid::now_v7()),
        owner,
        name: LayoutName::parse("Morning ☕").unwrap(),
        content: Content::kept(content.into()),
        version: 1,
        updated_at: NOW,
    }
}

pub async fn contract(pair: &Pair) {
    let owner = users::active(pair, "layouts", Role::Viewer).await.id;
    kept_and_changed(pair, owner).await;
    limits(pair, owner).await;
    preferences(pair, owner).await;
}

async fn kept_and_changed(pair: &Pair, owner: UserId) {
    let sql = &pair.one;
    let first = layout(owner, "{\"panels\":[\"ü\"]}");
    assert_eq!(LayoutStore::create(&**sql, &first).await.unwrap(), LayoutChange::Done(first.clone()));
    let later = NOW + Duration::minutes(1);
    let changed = Layout { content: Content::kept("{}".into()), updated_at: later, ..first.clone() };
    let expected = Layout { version: 2, ..changed.clone() };
    assert_eq!(
        LayoutStore::update(&**sql, &changed, Some(1)).await.unwrap(),
        LayoutChange::Done(expected.clone())
    );
    assert_eq!(LayoutStore::update(&**sql, &changed, Some(1)).await.unwrap(), LayoutChange::Outdated);
    assert_eq!(LayoutStore::find(&*pair.other, owner, first.id).await.unwrap(), Some(expected.clone()));
    assert!(matches!(
        LayoutStore::update(&**sql, &changed, None).await.unwrap(),
        LayoutChange::Done(saved) if saved.version == 3
    ));
    // Of many who change the same version, one succeeds.
    let outcomes = at_once(4, |number| {
        let (sql, changed) = (pair.of(number), changed.clone());
        async move { LayoutStore::update(&*sql, &changed, Some(3)).await.unwrap() }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|change| matches!(change, LayoutChange::Done(_))).count(), 1);

    let stranger = UserId(Uuid::new_v4());
    assert_eq!(LayoutStore::find(&**sql, stranger, first.id).await.unwrap(), None);
    let foreign = Layout { owner: stranger, ..changed };
    assert_eq!(LayoutStore::update(&**sql, &foreign, None).await.unwrap(), LayoutChange::NotFound);
    assert!(!LayoutStore::delete(&**sql, stranger, first.id).await.unwrap());
    assert!(LayoutStore::delete(&**sql, owner, first.id).await.unwrap());
    assert!(!LayoutStore::delete(&**sql, owner, first.id).await.unwrap());
}

async fn limits(pair: &Pair, owner: UserId) {
    for _ in 0..MAX_LAYOUTS {
        let change = LayoutStore::create(&*pair.one, &layout(owner, "{}")).await.unwrap();
        assert!(matches!(change, LayoutChange::Done(_)));
    }
    let beyond = LayoutStore::create(&*pair.one, &layout(owner, "{}")).await.unwrap();
    assert_eq!(beyond, LayoutChange::LimitReached);
    let all = LayoutStore::list(&*pair.one, owner).await.unwrap();
    assert_eq!(all.len() as u64, MAX_LAYOUTS);
    assert!(all.is_sorted_by_key(|layout| layout.id));
}

async fn preferences(pair: &Pair, owner: UserId) {
    let find = async || PreferencesStore::find(&*pair.other, owner).await.unwrap();
    let save = async |content: &str, expected| {
        let content = Content::kept(content.into());
        PreferencesStore::save(&*pair.one, owner, &content, expected).await.unwrap()
    };
    assert_eq!(find().await, Preferences::default());
    assert_eq!(save("{\"a\":1}", Some(1)).await, None);
    let saved = save("{\"a\":1}", Some(0)).await.unwrap();
    assert_eq!((saved.content.as_str(), saved.version), ("{\"a\":1}", 1));
    assert_eq!(find().await, saved);
    assert_eq!(save("{}", None).await.unwrap().version, 2);
    assert_eq!(save("{}", Some(1)).await, None);
}

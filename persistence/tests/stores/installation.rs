use domain::installation::InstallationStore;
use domain::store::StoreError;
use domain::world::Environment;
use persistence::sql::SealKey;
use uuid::Uuid;

use super::{Pair, connect_with};
use crate::at_once;

pub async fn contract(pair: &Pair, url: &str) {
    one_installation_in_one_world(pair).await;
    one_key(pair, url).await;
}

async fn one_installation_in_one_world(pair: &Pair) {
    pair.one.ping().await.unwrap();
    let unopened = pair.one.claim_environment(Environment::Live).await;
    assert!(matches!(unopened, Err(StoreError::Fault(_))), "{unopened:?}");

    let opened = at_once(8, |number| {
        let sql = pair.of(number);
        async move { sql.open(Uuid::new_v4()).await.unwrap() }
    })
    .await;
    assert!(opened.iter().all(|installation| *installation == opened[0]), "{opened:?}");
    assert_eq!(opened[0].environment, None);

    assert_eq!(pair.other.environment().await.unwrap(), None);

    let claimed = at_once(8, |number| {
        let sql = pair.of(number);
        let wanted = if number < 4 { Environment::Paper } else { Environment::Live };
        async move { sql.claim_environment(wanted).await.unwrap() }
    })
    .await;
    assert!(claimed.iter().all(|environment| *environment == claimed[0]), "{claimed:?}");
    assert_eq!(pair.one.claim_environment(Environment::Simulated).await.unwrap(), claimed[0]);

    pair.one.replace_environment(Environment::Simulated).await.unwrap();
    assert_eq!(pair.other.environment().await.unwrap(), Some(Environment::Simulated));
    let now = pair.other.open(Uuid::new_v4()).await.unwrap();
    assert_eq!((now.id, now.environment), (opened[0].id, Some(Environment::Simulated)));
}

async fn one_key(pair: &Pair, url: &str) {
    let (keyless, stranger) =
        (connect_with(url, None).await, connect_with(url, Some(SealKey::new([8; 32]))).await);
    assert!(matches!(keyless.claim_key().await, Err(StoreError::Fault(_))));
    let claimed = at_once(8, |number| {
        let sql = pair.of(number);
        async move { sql.claim_key().await.unwrap() }
    })
    .await;
    assert_eq!(claimed, [true; 8], "all have the same");

    assert!(!stranger.claim_key().await.unwrap());
    assert!(pair.other.claim_key().await.unwrap(), "who was refused has changed nothing");
    stranger.replace_key().await.unwrap();
    assert!(stranger.claim_key().await.unwrap() && !pair.one.claim_key().await.unwrap());
    pair.one.replace_key().await.unwrap();
    assert!(pair.other.claim_key().await.unwrap());
    keyless.close().await;
    stranger.close().await;
}

use domain::user::{Role, UserStore, Username};

use super::Pair;
use crate::at_once;
use crate::samples::user;

pub async fn contract(pair: &Pair) {
    assert!(!pair.one.any().await.unwrap());
    assert!(pair.one.find_by_username(&Username::parse("ann0").unwrap()).await.unwrap().is_none());

    let made = at_once(8, |number| {
        let sql = pair.of(number);
        let (user, hash) = user(&format!("ann{number}"));
        async move { sql.create_first(&user, &hash).await.unwrap().then_some(user) }
    })
    .await;
    let made: Vec<_> = made.into_iter().flatten().collect();
    assert_eq!(made.len(), 1, "exactly one is the first: {made:?}");
    assert!(pair.other.any().await.unwrap());

    let (found, hash) = pair.other.find_by_username(&made[0].username).await.unwrap().unwrap();
    assert_eq!((&found, found.role, hash), (&made[0], Role::Admin, user("ann").1));
    let (late, hash) = user("bob");
    assert!(!pair.one.create_first(&late, &hash).await.unwrap());
    assert!(pair.one.find_by_username(&late.username).await.unwrap().is_none());
}

/// The one user that there is.
pub async fn only(pair: &Pair) -> domain::user::User {
    for number in 0..8 {
        let name = Username::parse(&format!("ann{number}")).unwrap();
        if let Some((user, _)) = pair.one.find_by_username(&name).await.unwrap() {
            return user;
        }
    }
    panic!("the users' cases run first")
}

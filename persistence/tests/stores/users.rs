use domain::audit::{AuditAction, AuditLine};
use domain::page::{Page, Side};
use domain::user::{PasswordTokenHash, Role, User, UserId, UserState, UserStore, Username};
use uuid::Uuid;

use super::Pair;
use crate::at_once;
use crate::samples::{NOW, invited, line, password, random, user};

pub async fn contract(pair: &Pair) {
    the_first(pair).await;
    invitations(pair).await;
    lists(pair).await;
}

fn name(text: &str) -> Username {
    Username::parse(text).unwrap()
}

async fn the_first(pair: &Pair) {
    assert!(!pair.one.any().await.unwrap());
    assert!(pair.one.find_by_username(&name("ann0")).await.unwrap().is_none());

    let made = at_once(8, |number| {
        let sql = pair.of(number);
        let (user, hash) = user(&format!("ann{number}"));
        let line = line(AuditAction::UserSetUp);
        async move {
            let made = sql.create_first(&user, &hash, &line).await.unwrap();
            assert_eq!(domain::audit::AuditStore::find(&*sql, line.id).await.unwrap(), made.then_some(line));
            made.then_some(user)
        }
    })
    .await;
    let made: Vec<_> = made.into_iter().flatten().collect();
    assert_eq!(made.len(), 1, "exactly one is the first: {made:?}");
    assert!(pair.other.any().await.unwrap());

    let (found, hash) = pair.other.find_by_username(&made[0].username).await.unwrap().unwrap();
    assert_eq!((&found, found.role, hash), (&made[0], Role::Admin, Some(password())));
    let (late, hash) = user("bob");
    assert!(!pair.one.create_first(&late, &hash, &line(AuditAction::UserSetUp)).await.unwrap());
    assert!(pair.one.find_by_username(&late.username).await.unwrap().is_none());
}

async fn invitations(pair: &Pair) {
    let tried = at_once(8, |number| {
        let sql = pair.of(number);
        let (user, token) = invited("cleo", Role::Trader);
        let line = line(AuditAction::UserInvite);
        async move {
            let done = sql.invite(&user, &token, &line).await.unwrap();
            assert_eq!(domain::audit::AuditStore::find(&*sql, line.id).await.unwrap(), done.then_some(line));
            (done, user, token)
        }
    })
    .await;
    let (made, refused): (Vec<_>, Vec<_>) = tried.into_iter().partition(|(done, ..)| *done);
    assert_eq!(made.len(), 1, "a name is given once: {made:?}");
    let (_, cleo, token) = &made[0];
    assert_eq!(pair.other.find_by_username(&name("cleo")).await.unwrap(), Some((cleo.clone(), None)));
    assert_eq!(pair.one.find_by_password_token(token.hash, NOW).await.unwrap().as_ref(), Some(cleo));
    for (_, _, token) in refused {
        assert_eq!(pair.one.find_by_password_token(token.hash, NOW).await.unwrap(), None);
    }
    let unknown = PasswordTokenHash(random());
    assert_eq!(pair.one.find_by_password_token(unknown, NOW).await.unwrap(), None);
}

async fn lists(pair: &Pair) {
    for (number, role) in [(3, Role::Viewer), (1, Role::Researcher), (2, Role::Trader)] {
        active(pair, &format!("dan{number}"), role).await;
    }
    let names = async |side, cursor: Option<&str>, count| {
        let page = Page { side, cursor: cursor.map(name), count };
        let found = pair.other.list(&page).await.unwrap();
        let names: Vec<_> = found.items.iter().map(|user| user.username.to_string()).collect();
        (names.join(" "), found.more)
    };
    let ann = only(pair).await;
    let all = format!("{} cleo dan1 dan2 dan3", ann.username);
    // (side, from, count, what is found, whether there is more)
    let cases = [
        (Side::First, None, 100, all.as_str(), false),
        (Side::First, None, 5, &all, false),
        (Side::First, Some("cleo"), 2, "dan1 dan2", true),
        (Side::First, Some("cleo"), 3, "dan1 dan2 dan3", false),
        (Side::First, Some("dan"), 1, "dan1", true),
        (Side::First, Some("dan3"), 3, "", false),
        (Side::First, None, 0, "", true),
        (Side::Last, None, 2, "dan2 dan3", true),
        (Side::Last, Some("dan3"), 2, "dan1 dan2", true),
        (Side::Last, Some("dan2"), 2, "cleo dan1", true),
        (Side::Last, Some("dan1"), 5, all.split(" dan1").next().unwrap(), false),
        (Side::Last, Some("a0"), 5, "", false),
    ];
    for (side, cursor, count, expected, more) in cases {
        let found = names(side, cursor, count).await;
        assert_eq!(found, (expected.to_owned(), more), "{side:?} {cursor:?} {count}");
    }

    let (dan, _) = pair.one.find_by_username(&name("dan1")).await.unwrap().unwrap();
    let mut found = pair.one.find(&[dan.id, UserId(Uuid::new_v4()), ann.id]).await.unwrap();
    found.sort_by_key(|user| user.username.to_string());
    assert_eq!(found, [ann, dan]);
    assert_eq!(pair.one.find(&[]).await.unwrap(), []);
}

/// The first user.
pub async fn only(pair: &Pair) -> User {
    for number in 0..8 {
        if let Some((user, _)) = pair.one.find_by_username(&name(&format!("ann{number}"))).await.unwrap() {
            return user;
        }
    }
    panic!("the users' cases run first")
}

/// A new user who was invited and has chosen the password that everybody has.
pub async fn active(pair: &Pair, name: &str, role: Role) -> User {
    let (user, token) = invited(name, role);
    assert!(pair.one.invite(&user, &token, &line(AuditAction::UserInvite)).await.unwrap());
    let set = line(AuditAction::PasswordSet);
    let user = pair.one.set_password(token.hash, &password(), NOW, &set).await.unwrap().unwrap();
    assert_eq!(user.state, UserState::Active);
    user
}

/// The user as the database has it now.
pub async fn now(pair: &Pair, user: &User) -> User {
    pair.other.find(&[user.id]).await.unwrap().remove(0)
}

/// Whether this line is in the log, and as it was given.
pub async fn is_written(pair: &Pair, line: &AuditLine) -> bool {
    match domain::audit::AuditStore::find(&*pair.other, line.id).await.unwrap() {
        Some(written) => {
            assert_eq!(written, *line);
            true
        }
        None => false,
    }
}

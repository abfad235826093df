use domain::audit::AuditAction;
use domain::mail::{CODE_TRIES, MailAddress, MailCodeHash, MailboxStore, NewMailbox};
use domain::user::Role;
use time::Duration;

use super::{Pair, users};
use crate::samples::{NOW, line};

pub async fn contract(pair: &Pair) {
    let user = users::active(pair, "mailbox", Role::Viewer).await.id;
    let other = users::active(pair, "mailbox-other", Role::Viewer).await.id;
    let (right, wrong) = (MailCodeHash([1; 32]), MailCodeHash([2; 32]));
    let mailbox = NewMailbox {
        user,
        address: MailAddress::parse("ann@example.com").unwrap(),
        code: right,
        code_expires_at: NOW + Duration::hours(1),
    };
    let set = async || {
        let audit = line(AuditAction::EmailSet);
        MailboxStore::set(&*pair.one, &mailbox, &audit).await.unwrap();
    };
    let confirm = async |code, at| {
        let audit = line(AuditAction::EmailConfirm);
        MailboxStore::confirm(&*pair.other, user, code, at, &audit).await.unwrap()
    };
    let confirmed_at = async || {
        let found = MailboxStore::find(&*pair.other, &[user, other]).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].user, found[0].address.as_str()), (user, "ann@example.com"));
        found[0].confirmed_at
    };
    assert!(!confirm(right, NOW).await, "there is no address yet");
    set().await;
    assert_eq!(confirmed_at().await, None);
    assert!(!confirm(right, NOW + Duration::hours(1)).await, "it has ended");
    assert!(!confirm(wrong, NOW).await);
    assert!(confirm(right, NOW).await);
    assert_eq!(confirmed_at().await, Some(NOW));
    assert!(!confirm(right, NOW).await, "a code is used once");

    // Another address begins anew, and the one before stays in force until it is confirmed.
    let new = MailAddress::parse("new@example.com").unwrap();
    let wanted = NewMailbox { address: new.clone(), ..mailbox.clone() };
    let audit = line(AuditAction::EmailSet);
    MailboxStore::set(&*pair.one, &wanted, &audit).await.unwrap();
    let found = MailboxStore::find(&*pair.other, &[user]).await.unwrap().remove(0);
    assert_eq!((found.latest(), found.is_confirmed()), (&new, false));
    assert_eq!(found.in_force(), Some(&mailbox.address));
    assert!(confirm(right, NOW + Duration::minutes(1)).await);
    let found = MailboxStore::find(&*pair.other, &[user]).await.unwrap().remove(0);
    assert_eq!((found.latest(), found.is_confirmed(), found.in_force()), (&new, true, Some(&new)));
    assert_eq!(found.confirmed_at, Some(NOW + Duration::minutes(1)));

    // Codes can be tried so often alone.
    set().await;
    for _ in 0..CODE_TRIES {
        assert!(!confirm(wrong, NOW).await);
    }
    assert!(!confirm(right, NOW).await, "after so many wrong ones none is right");
    let found = MailboxStore::find(&*pair.one, &[user]).await.unwrap().remove(0);
    assert_eq!(found.in_force(), Some(&new));
    let audit = line(AuditAction::EmailSet);
    MailboxStore::remove(&*pair.one, user, &audit).await.unwrap();
    assert_eq!(MailboxStore::find(&*pair.one, &[user]).await.unwrap(), []);
}

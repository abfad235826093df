use domain::alert::{Alert, AlertStore};
use domain::audit::AuditAction;
use domain::store::StoreError;
use domain::user::{Role, UserId};
use domain::webhook::{MAX_WEBHOOKS, WebhookStore};
use time::Duration;
use uuid::Uuid;

use super::{Pair, connect_with, users};
use crate::samples::{NOW, alert, line, webhook};

pub async fn contract(pair: &Pair, url: &str) {
    let owner = users::active(pair, "webhook-owner", Role::Viewer).await.id;
    let sql = &pair.one;
    let made = line(AuditAction::WebhookCreate);
    let (first, secret) = webhook(owner, "https://example.com/a?b=c");
    assert!(WebhookStore::create(&**sql, &first, &secret, &made).await.unwrap());
    assert_eq!(pair.other.secret(owner, first.id).await.unwrap(), Some(secret.clone()));
    assert_eq!(
        WebhookStore::find(&*pair.other, owner, &[first.id]).await.unwrap(),
        std::slice::from_ref(&first)
    );
    let stranger = UserId(Uuid::new_v4());
    assert_eq!(WebhookStore::find(&**sql, stranger, &[first.id]).await.unwrap(), []);
    assert_eq!(sql.secret(stranger, first.id).await.unwrap(), None);
    assert!(!WebhookStore::delete(&**sql, stranger, first.id, &made).await.unwrap());
    without_the_key(url, owner, &first, &secret).await;

    sql.note(first.id, NOW, Some("500")).await.unwrap();
    let noted = WebhookStore::list(&**sql, owner).await.unwrap().remove(0);
    assert_eq!((noted.last_error.as_deref(), noted.last_delivered_at), (Some("500"), None));
    sql.note(first.id, NOW + Duration::minutes(1), None).await.unwrap();
    let noted = WebhookStore::list(&**sql, owner).await.unwrap().remove(0);
    assert_eq!((noted.last_error, noted.last_delivered_at), (None, Some(NOW + Duration::minutes(1))));

    for _ in 1..MAX_WEBHOOKS {
        let (another, secret) = webhook(owner, "https://example.com/");
        let made = line(AuditAction::WebhookCreate);
        assert!(WebhookStore::create(&**sql, &another, &secret, &made).await.unwrap());
    }
    let (beyond, secret) = webhook(owner, "https://example.com/");
    let refused = line(AuditAction::WebhookCreate);
    assert!(!WebhookStore::create(&**sql, &beyond, &secret, &refused).await.unwrap());
    let audit = |line: domain::audit::AuditLine| async move {
        domain::audit::AuditStore::find(&*pair.one, line.id).await.unwrap()
    };
    assert_eq!((audit(made).await.is_some(), audit(refused).await.is_some()), (true, false));

    // Its alerts lose it, and stay.
    let wanted = Alert { webhook: Some(first.id), ..alert(owner, 1) };
    assert!(matches!(
        AlertStore::create(&**sql, &wanted).await.unwrap(),
        domain::alert::AlertChange::Done(made) if *made == wanted
    ));
    let gone = line(AuditAction::WebhookDelete);
    assert!(WebhookStore::delete(&**sql, owner, first.id, &gone).await.unwrap());
    let left = AlertStore::find(&**sql, owner, &[wanted.id]).await.unwrap().remove(0);
    assert_eq!(left, Alert { webhook: None, ..wanted });
    assert!(audit(gone).await.is_some());
}

async fn without_the_key(
    url: &str,
    owner: UserId,
    webhook: &domain::webhook::Webhook,
    secret: &domain::webhook::WebhookSecret,
) {
    let sql = connect_with(url, None).await;
    match sql.secret(owner, webhook.id).await {
        Err(StoreError::Fault(cause)) => {
            let text = cause.to_string();
            assert!(text.contains("key") && !text.contains(&secret.text()), "{text}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(WebhookStore::find(&sql, owner, &[webhook.id]).await.unwrap().len(), 1);
    sql.close().await;
}

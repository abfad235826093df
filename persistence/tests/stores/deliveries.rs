use domain::alert::{Alert, AlertEventStore, AlertStore, AlertWatchStore, DeliveryChannel, DeliveryState};
use domain::audit::AuditAction;
use domain::delivery::{
    CLAIMED_FOR, Claim, DeliveryStore, Ending, Job, NoticeContent, PER_HOST, SendError, Target,
};
use domain::mail::{MailAddress, MailCodeHash, MailboxStore, NewMailbox};
use domain::user::{Role, UserId};
use domain::webhook::{Webhook, WebhookSecret, WebhookStore};
use time::{Duration, OffsetDateTime};

use super::{Pair, users};
use crate::at_once;
use crate::samples::{NOW, alert, firing, line, webhook};

const EPOCH: u64 = 1;

pub async fn contract(pair: &Pair) {
    let owner = users::active(pair, "deliveries", Role::Viewer).await.id;
    let (to, secret) = webhook(owner, "https://slow.example.com/hook");
    assert!(pair_create(pair, &to, &secret).await);
    by_both_channels(pair, owner, &to, &secret).await;
    one_machine_takes_so_many(pair, owner, &to).await;
    of_a_deleted_webhook(pair, owner, &to).await;
}

async fn pair_create(pair: &Pair, webhook: &Webhook, secret: &WebhookSecret) -> bool {
    WebhookStore::create(&*pair.one, webhook, secret, &line(AuditAction::WebhookCreate)).await.unwrap()
}

async fn claim(pair: &Pair, now: OffsetDateTime, busy: Vec<(String, usize)>) -> Vec<Job> {
    pair.one.claim(EPOCH, &Claim { now, count: 100, busy }).await.unwrap()
}

async fn go_off(pair: &Pair, owner: UserId, to: &Webhook, email: bool) {
    let wanted = Alert { webhook: Some(to.id), email, ..alert(owner, 1) };
    AlertStore::create(&*pair.one, &wanted).await.unwrap();
    assert_eq!(pair.one.trigger(EPOCH, &[firing(&wanted, 1)]).await.unwrap().len(), 1);
}

async fn confirm(pair: &Pair, user: UserId) {
    let code = MailCodeHash([3; 32]);
    let address = MailAddress::parse("ann@example.com").unwrap();
    let mailbox = NewMailbox { user, address, code, code_expires_at: NOW + Duration::hours(1) };
    MailboxStore::set(&*pair.one, &mailbox, &line(AuditAction::EmailSet)).await.unwrap();
    let audit = line(AuditAction::EmailConfirm);
    assert!(MailboxStore::confirm(&*pair.one, user, code, NOW, &audit).await.unwrap());
}

async fn by_both_channels(pair: &Pair, owner: UserId, to: &Webhook, secret: &WebhookSecret) {
    confirm(pair, owner).await;
    go_off(pair, owner, to, true).await;
    assert_eq!(claim(pair, NOW - Duration::seconds(1), vec![]).await, [], "not due yet");
    // Of many that claim at once, one gets each.
    let claimed = at_once(4, |number| {
        let sql = pair.of(number);
        async move { sql.claim(EPOCH, &Claim { now: NOW, count: 100, busy: vec![] }).await.unwrap() }
    })
    .await;
    let mut jobs: Vec<Job> = claimed.into_iter().flatten().collect();
    assert_eq!(jobs.len(), 2);
    jobs.sort_by_key(|job| job.host.clone());
    let (mail, post) = (&jobs[0], &jobs[1]);
    assert!(matches!(&mail.target, Target::Email(address) if address.as_str() == "ann@example.com"));
    assert_eq!(post.target, Target::Webhook(to.url.clone(), secret.clone()));
    assert_eq!((post.host.as_str(), post.attempt, post.created_at), ("slow.example.com", 1, NOW));
    let NoticeContent::Alert(told) = &post.notice.content else { panic!("{post:?}") };
    assert_eq!((told.symbol.as_str(), told.number, told.value.to_string()), ("SYM1", 1, "101.50".into()));
    assert_eq!(post.notice.text, "SYM1 rose");

    // One that nobody settled is due again.
    let later = NOW + CLAIMED_FOR;
    assert_eq!(claim(pair, later - Duration::seconds(1), vec![]).await, []);
    let again = claim(pair, later, vec![]).await;
    assert_eq!(again.len(), 2);
    assert!(again.iter().all(|job| job.attempt == 2));

    let settle = async |job: &Job, ending| {
        pair.other.settle(job.notice.id, later, &ending).await.unwrap();
    };
    settle(mail, Ending::Delivered).await;
    settle(post, Ending::Again(later + Duration::minutes(1), "500".into())).await;
    let event = pair.one.after(owner, 0, 1).await.unwrap().remove(0);
    let of = |channel| event.deliveries.iter().find(|delivery| delivery.channel == channel).unwrap();
    let mail_now = of(DeliveryChannel::Email);
    assert_eq!((mail_now.state, mail_now.delivered_at), (DeliveryState::Delivered, Some(later)));
    let post_now = of(DeliveryChannel::Webhook);
    assert_eq!((post_now.state, post_now.attempts), (DeliveryState::Pending, 2));
    assert_eq!(post_now.last_error.as_deref(), Some("500"));
    assert_eq!(post_now.next_attempt_at, Some(later + Duration::minutes(1)));
    let noted = WebhookStore::list(&*pair.one, owner).await.unwrap().remove(0);
    assert_eq!((noted.last_error.as_deref(), noted.last_delivered_at), (Some("500"), None));
    settle(post, Ending::GivenUp("gone".into())).await;
    assert_eq!(claim(pair, later + Duration::days(1), vec![]).await, []);
    // What has ended stays so.
    settle(post, Ending::Delivered).await;
    let event = pair.one.after(owner, 0, 1).await.unwrap().remove(0);
    assert!(event.deliveries.iter().any(|delivery| delivery.state == DeliveryState::Failed));
}

async fn one_machine_takes_so_many(pair: &Pair, owner: UserId, to: &Webhook) {
    let (other, secret) = webhook(owner, "https://quick.example.com/");
    assert!(pair_create(pair, &other, &secret).await);
    for _ in 0..PER_HOST + 2 {
        go_off(pair, owner, to, false).await;
    }
    go_off(pair, owner, &other, false).await;
    let slow = to.url.host().to_owned();
    let under_way = |count| vec![(slow.clone(), count)];
    let hosts = |jobs: &[Job]| jobs.iter().filter(|job| job.host == slow).count();
    // Those of the slow machine came first, and do not hold the other up.
    let first = claim(pair, NOW, under_way(PER_HOST)).await;
    assert_eq!((first.len(), hosts(&first)), (1, 0));
    let second = claim(pair, NOW, under_way(1)).await;
    assert_eq!((second.len(), hosts(&second)), (PER_HOST - 1, PER_HOST - 1));
    let third = claim(pair, NOW, vec![]).await;
    assert_eq!(third.len(), 3, "those that are left");
    let few = pair.one.claim(EPOCH, &Claim { now: NOW + CLAIMED_FOR, count: 2, busy: vec![] }).await.unwrap();
    assert_eq!(few.len(), 2);
}

async fn of_a_deleted_webhook(pair: &Pair, owner: UserId, to: &Webhook) {
    let gone = line(AuditAction::WebhookDelete);
    assert!(WebhookStore::delete(&*pair.one, owner, to.id, &gone).await.unwrap());
    let events = pair.one.after(owner, 1, 100).await.unwrap();
    let given_up = events.iter().flat_map(|event| &event.deliveries).filter(|delivery| {
        delivery.state == DeliveryState::Failed
            && delivery.last_error.as_deref() == Some("the webhook was deleted")
    });
    assert_eq!(given_up.count(), PER_HOST + 2);
    // A secret that this node cannot open is no reason to lose the rest.
    assert!(
        claim(pair, NOW + Duration::hours(1), vec![])
            .await
            .iter()
            .all(|job| !matches!(job.target, Target::Nowhere(SendError::Passing(_))))
    );
}

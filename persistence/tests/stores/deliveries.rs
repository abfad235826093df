use domain::alert::{
    Alert, AlertEventStore, AlertStore, AlertWatchStore, DeliveryChannel, DeliveryState, EVENTS_KEPT_FOR,
    Firing, Pruned, Repeat,
};
use domain::audit::AuditAction;
use domain::delivery::{
    CLAIMED_FOR, Claim, DeliveryStore, Ending, Job, NoticeContent, Receiver, SendError, Target,
};
use domain::mail::{MailAddress, MailCodeHash, MailboxStore, NewMailbox};
use domain::user::{Role, UserId};
use domain::webhook::{Webhook, WebhookSecret, WebhookStore};
use sea_orm::ConnectionTrait as _;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Pair, users};
use crate::at_once;
use crate::samples::{NOW, alert, firing, line, webhook};

const EPOCH: u64 = 1;

pub async fn contract(pair: &Pair, url: &str) {
    let owner = users::active(pair, "deliveries", Role::Viewer).await.id;
    let (to, secret) = webhook(owner, "https://slow.example.com/hook");
    assert!(pair_create(pair, &to, &secret).await);
    by_both_channels(pair, owner, &to, &secret).await;
    one_machine_takes_so_many(pair, owner, &to).await;
    of_a_deleted_webhook(pair, owner, &to).await;
    a_page_of_one_user_hides_nobody(pair).await;
    an_address_that_cannot_be_read(pair, url).await;
    what_is_still_delivered_is_kept(pair).await;
}

async fn pair_create(pair: &Pair, webhook: &Webhook, secret: &WebhookSecret) -> bool {
    WebhookStore::create(&*pair.one, webhook, secret, &line(AuditAction::WebhookCreate)).await.unwrap()
}

/// Posts that are claimed while these are under way.
async fn claim(pair: &Pair, now: OffsetDateTime, under_way: Vec<Receiver>) -> Vec<Job> {
    claim_of(pair, DeliveryChannel::Webhook, now, under_way).await
}

async fn claim_of(
    pair: &Pair,
    channel: DeliveryChannel,
    now: OffsetDateTime,
    under_way: Vec<Receiver>,
) -> Vec<Job> {
    pair.one.claim(EPOCH, &Claim { channel, now, under_way }).await.unwrap()
}

/// What both channels claim.
async fn claim_all(pair: &Pair, now: OffsetDateTime) -> Vec<Job> {
    let mut jobs = claim_of(pair, DeliveryChannel::Email, now, vec![]).await;
    jobs.extend(claim_of(pair, DeliveryChannel::Webhook, now, vec![]).await);
    jobs
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
    assert_eq!(claim_all(pair, NOW - Duration::seconds(1)).await, [], "not due yet");
    // Of many that claim at once, one gets each.
    let claimed = at_once(4, |number| {
        let sql = pair.of(number);
        let channel = [DeliveryChannel::Email, DeliveryChannel::Webhook][number / 2];
        async move { sql.claim(EPOCH, &Claim { channel, now: NOW, under_way: vec![] }).await.unwrap() }
    })
    .await;
    let mut jobs: Vec<Job> = claimed.into_iter().flatten().collect();
    assert_eq!(jobs.len(), 2);
    jobs.sort_by_key(|job| job.receiver.host.clone());
    let (mail, post) = (&jobs[0], &jobs[1]);
    assert!(matches!(&mail.target, Target::Email(address) if address.as_str() == "ann@example.com"));
    assert_eq!(post.target, Target::Webhook(to.url.clone(), secret.clone()));
    assert_eq!(post.receiver, Receiver { host: "slow.example.com".into(), owner });
    assert_eq!((post.attempt, post.created_at), (1, NOW));
    let NoticeContent::Alert(told) = &post.notice.content else { panic!("{post:?}") };
    assert_eq!((told.symbol.as_str(), told.number, told.value.to_string()), ("SYM1", 1, "101.50".into()));
    assert_eq!(post.notice.text, "SYM1 rose");

    // One that nobody settled is due again.
    let later = NOW + CLAIMED_FOR;
    assert_eq!(claim_all(pair, later - Duration::seconds(1)).await, []);
    let again = claim_all(pair, later).await;
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
    // What has ended stays so, and says nothing of the webhook any more.
    settle(post, Ending::Delivered).await;
    let noted = WebhookStore::list(&*pair.one, owner).await.unwrap().remove(0);
    assert_eq!((noted.last_error.as_deref(), noted.last_delivered_at), (Some("gone"), None));
    let event = pair.one.after(owner, 0, 1).await.unwrap().remove(0);
    assert!(event.deliveries.iter().any(|delivery| delivery.state == DeliveryState::Failed));
}

async fn one_machine_takes_so_many(pair: &Pair, owner: UserId, to: &Webhook) {
    let per_host = DeliveryChannel::Webhook.room().per_host;
    let (other, secret) = webhook(owner, "https://quick.example.com/");
    assert!(pair_create(pair, &other, &secret).await);
    for _ in 0..per_host + 2 {
        go_off(pair, owner, to, false).await;
    }
    go_off(pair, owner, &other, false).await;
    let slow = to.url.host().to_owned();
    let under_way = |count| vec![Receiver { host: slow.clone(), owner }; count];
    let hosts = |jobs: &[Job]| jobs.iter().filter(|job| job.receiver.host == slow).count();
    // Those of the slow machine came first, and do not hold the other up.
    let first = claim(pair, NOW, under_way(per_host)).await;
    assert_eq!((first.len(), hosts(&first)), (1, 0));
    let second = claim(pair, NOW, under_way(1)).await;
    assert_eq!((second.len(), hosts(&second)), (per_host - 1, per_host - 1));
    let third = claim(pair, NOW, vec![]).await;
    assert_eq!(third.len(), 3, "those that are left");
}

async fn a_page_of_one_user_hides_nobody(pair: &Pair) {
    let room = DeliveryChannel::Webhook.room();
    let (hog, other) = (
        users::active(pair, "hog", Role::Viewer).await.id,
        users::active(pair, "patient", Role::Viewer).await.id,
    );
    let (to, secret) = webhook(hog, "https://hog.example.com/");
    assert!(pair_create(pair, &to, &secret).await);
    let wanted = Alert { webhook: Some(to.id), repeat: Repeat::EveryTime, ..alert(hog, 1) };
    AlertStore::create(&*pair.one, &wanted).await.unwrap();
    // More than a claim looks at.
    for arming in 1..=501 {
        let firing = Firing { at: NOW - Duration::hours(1), ..firing(&wanted, arming) };
        assert_eq!(pair.one.trigger(EPOCH, &[firing]).await.unwrap().len(), 1);
    }
    let (quick, secret) = webhook(other, "https://patient.example.com/");
    assert!(pair_create(pair, &quick, &secret).await);
    go_off(pair, other, &quick, false).await;
    // The machines differ, so that only the user is full.
    let hogging = |number| Receiver { host: format!("{number}.example.com"), owner: hog };
    let jobs = claim(pair, NOW, (0..room.per_owner).map(hogging).collect()).await;
    assert_eq!(jobs.iter().map(|job| job.receiver.owner).collect::<Vec<_>>(), [other]);
    AlertStore::delete(&*pair.one, hog, wanted.id).await.unwrap();
    let gone = line(AuditAction::WebhookDelete);
    assert!(WebhookStore::delete(&*pair.one, hog, to.id, &gone).await.unwrap());
}

/// It fails alone, with a reason.
async fn an_address_that_cannot_be_read(pair: &Pair, url: &str) {
    let [odd, good] = ["odd-address", "good-address"].map(|name| users::active(pair, name, Role::Viewer));
    let (odd, good) = (odd.await.id, good.await.id);
    let database = sea_orm::Database::connect(url).await.unwrap();
    let set =
        async |table: &'static str, key: &'static str, (id, column, value): (Uuid, &'static str, &str)| {
            let update =
                Query::update().table(table).value(column, value).and_where(Expr::col(key).eq(id)).take();
            database.execute(&update).await.unwrap();
        };
    let mut firings = Vec::new();
    for owner in [odd, good] {
        confirm(pair, owner).await;
        let (to, secret) = webhook(owner, "https://example.com/");
        assert!(pair_create(pair, &to, &secret).await);
        let wanted = Alert { webhook: Some(to.id), email: true, ..alert(owner, 1) };
        AlertStore::create(&*pair.one, &wanted).await.unwrap();
        firings.push(firing(&wanted, 1));
        if owner == odd {
            set("webhooks", "id", (to.id.0, "url", "nowhere")).await;
            set("mailboxes", "user_id", (odd.0, "address", "nowhere")).await;
        }
    }
    assert_eq!(pair.one.trigger(EPOCH, &firings).await.unwrap().len(), 2);
    let event = pair.one.after(odd, 0, 1).await.unwrap().remove(0);
    let post = event.deliveries.iter().find(|delivery| delivery.channel == DeliveryChannel::Webhook).unwrap();
    assert_eq!(post.state, DeliveryState::Failed);
    assert!(post.last_error.as_deref().unwrap().contains("cannot be read"), "{post:?}");
    let letters = claim_of(pair, DeliveryChannel::Email, NOW, vec![]).await;
    let target = |owner| letters.iter().find(|job| job.receiver.owner == owner).map(|job| job.target.clone());
    assert!(matches!(target(good), Some(Target::Email(_))));
    let why = target(odd);
    assert!(
        matches!(&why, Some(Target::Nowhere(SendError::Final(why))) if why.contains("cannot be read")),
        "{why:?}"
    );
    set("mailboxes", "user_id", (odd.0, "address", "ann@example.com")).await;
    database.close().await.unwrap();
    for job in letters.iter().chain(&claim(pair, NOW, vec![]).await) {
        pair.one.settle(job.notice.id, NOW, &Ending::Delivered).await.unwrap();
    }
}

/// However old it is, and so is what came after it.
async fn what_is_still_delivered_is_kept(pair: &Pair) {
    let owner = users::active(pair, "pending", Role::Viewer).await.id;
    let (to, secret) = webhook(owner, "https://pending.example.com/");
    assert!(pair_create(pair, &to, &secret).await);
    let wanted = Alert { webhook: Some(to.id), repeat: Repeat::EveryTime, ..alert(owner, 1) };
    AlertStore::create(&*pair.one, &wanted).await.unwrap();
    let at = NOW - EVENTS_KEPT_FOR - Duration::days(1);
    for arming in 1..=4 {
        pair.one.trigger(EPOCH, &[Firing { at, ..firing(&wanted, arming) }]).await.unwrap();
    }
    let events = pair.one.after(owner, 0, 10).await.unwrap();
    for number in [0, 2] {
        let id = events[number].deliveries[0].id;
        pair.one.settle(id, NOW, &Ending::Delivered).await.unwrap();
    }
    let before = UserId(Uuid::from_u128(owner.0.as_u128() - 1));
    assert_eq!(pair.one.prune(EPOCH, Some(before), NOW).await.unwrap(), Pruned::Through(owner));
    let kept = pair.one.after(owner, 0, 10).await.unwrap();
    assert_eq!(kept.iter().map(|event| event.number).collect::<Vec<_>>(), [2, 3, 4]);
    let gone = line(AuditAction::WebhookDelete);
    assert!(WebhookStore::delete(&*pair.one, owner, to.id, &gone).await.unwrap());
}

async fn of_a_deleted_webhook(pair: &Pair, owner: UserId, to: &Webhook) {
    let gone = line(AuditAction::WebhookDelete);
    assert!(WebhookStore::delete(&*pair.one, owner, to.id, &gone).await.unwrap());
    let events = pair.one.after(owner, 1, 100).await.unwrap();
    let given_up = events.iter().flat_map(|event| &event.deliveries).filter(|delivery| {
        delivery.state == DeliveryState::Failed
            && delivery.last_error.as_deref() == Some("the webhook was deleted")
    });
    assert_eq!(given_up.count(), DeliveryChannel::Webhook.room().per_host + 2);
    // A secret that this node cannot open is no reason to lose the rest.
    assert!(
        claim(pair, NOW + Duration::hours(1), vec![])
            .await
            .iter()
            .all(|job| !matches!(job.target, Target::Nowhere(SendError::Passing(_))))
    );
}

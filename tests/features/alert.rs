//! Alerts, from a price in the market to a webhook's receiver.

use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use tests::client::Client;
use tests::installation::{GENEROUS, Installation, servers};
use tests::receiver::{NO_ANSWER, Post, Receiver};
use tests::subscription::Subscription;
use tests::token::now;
use tests::wait::{SOON, within};

const FOLLOW: &str = "subscription { alertEvents(since: \"0\") { number text value threshold \
    alert { id } instrument { symbol } deliveries { channel } } }";

/// Prices on both sides of the threshold.
const BEFORE: &str = "250.25";
const THRESHOLD: &str = "260.5";
const AFTER: &str = "261.25";

/// How long a delivery may take that was claimed by a program which was killed: it is left to that for a minute.
const LATER: Duration = Duration::from_secs(100);

/// The settings of an installation that may post to this machine.
fn settings() -> Vec<(&'static str, &'static str)> {
    [("WEBHOOK_ALLOW_PRIVATE", "true")].into_iter().chain(GENEROUS).collect()
}

/// Somebody with an alert on Apple that goes to a webhook.
struct Watching {
    client: Client,
    apple: String,
    alert: Value,
    webhook: Value,
    secret: String,
}

impl Watching {
    /// Returns when the desk watches the alert and has seen a price before the threshold.
    async fn begin(installation: &mut Installation, receiver: &Receiver) -> Self {
        let client = installation.administrator().await;
        let apple = client.instrument("AAPL").await;
        installation.market.hold("AAPL");
        let mut quotes = client.quotes(&[&apple]).await;
        let is_before = |quote: &Value| quote["state"] == "LIVE" && quote["last"]["price"] == BEFORE;
        installation.trade_until_seen(&mut quotes, "AAPL", BEFORE, is_before).await;
        let input = json!({ "name": "bot", "url": receiver.url() });
        let made = client.mutate("webhookCreate", input, "webhook { id } secret").await;
        assert_eq!(made["userErrors"], json!([]), "{made}");
        let (webhook, secret) = (made["webhook"]["id"].clone(), made["secret"].as_str().unwrap().to_owned());
        let mut watching = Self { client, apple, alert: Value::Null, webhook, secret };
        watching.alert = watching.set("CROSSES_UP", THRESHOLD).await;
        watching.is_watched().await;
        watching
    }

    /// Sets an alert on the last price, and returns its id.
    async fn set(&self, comparison: &str, value: &str) -> Value {
        let condition = json!({ "field": "LAST", "comparison": comparison, "value": value });
        let input = json!({ "instrument": self.apple, "condition": condition, "webhook": self.webhook });
        let made = self.client.mutate("alertCreate", input, "alert { id state }").await;
        assert_eq!(made["alert"]["state"], "ACTIVE", "{made}");
        made["alert"]["id"].clone()
    }

    /// Alerts are read all at once: when a later one of somebody else goes off, this one is watched.
    async fn is_watched(&self) {
        let other = self.client.invite("bob", "VIEWER").await;
        let mut said = other.subscribe(FOLLOW, json!({})).await;
        let condition = json!({ "field": "LAST", "comparison": "ABOVE", "value": "1" });
        let input = json!({ "instrument": self.apple, "condition": condition });
        assert_eq!(other.mutate("alertCreate", input, "").await["userErrors"], json!([]));
        assert_eq!(event(&mut said).await["number"], "1", "each user's events are counted from 1");
    }

    /// The only delivery of the newest event, once it is as it should be.
    async fn delivery(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        const NEWEST: &str = "{ alertEvents(first: 1) { nodes { number \
            deliveries { channel state attempts lastError deliveredAt nextAttemptAt } } } }";
        within(SOON, what, || async {
            let newest = self.client.query(NEWEST, json!({})).await["alertEvents"]["nodes"][0].clone();
            let deliveries = newest["deliveries"].as_array()?;
            assert_eq!(deliveries.len(), 1, "{newest}");
            Some(deliveries[0].clone()).filter(|delivery| fits(delivery))
        })
        .await
    }

    /// Everything that the user's alerts said, and the state of the first of them.
    async fn said(&self) -> (Value, Value) {
        let document =
            "query($id: ID!) { alertEvents { nodes { number } } node(id: $id) { ... on Alert { state } } }";
        let found = self.client.query(document, json!({ "id": self.alert })).await;
        (found["alertEvents"]["nodes"].clone(), found["node"]["state"].clone())
    }

    /// All posts are tries of one delivery, each signed at its time.
    fn tells_of_one(&self, posts: &[Post], number: &str) {
        let first = &posts[0];
        for post in posts {
            assert!(post.is_signed_with(&self.secret), "the signature of {post:?}");
            assert!(!post.is_signed_with("whsec_another"), "the signature of {post:?}");
            assert_eq!(post.line(), "POST /hooks/apple HTTP/1.1");
            assert_eq!(post.header("tickgraph-id"), first.header("tickgraph-id"));
            assert_eq!(post.header("idempotency-key"), first.header("tickgraph-id"));
            assert_eq!(post.body(), first.body(), "what is told stays");
            let at: i64 = post.header("tickgraph-timestamp").parse().unwrap();
            assert!((now() - at).abs() < 300, "{at}");
        }
        let message = first.message();
        assert_eq!(message["id"], first.header("tickgraph-id"));
        assert_eq!((&message["type"], &message["number"]), (&json!("alert"), &json!(number)), "{message}");
        assert_eq!(message["instrument"]["symbol"], "AAPL");
    }
}

/// The next event of a subscription.
async fn event(said: &mut Subscription) -> Value {
    let payload = said.payload().await;
    assert_eq!(payload.get("errors"), None, "{payload}");
    payload["data"]["alertEvents"].clone()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap_or_else(|| panic!("no number: {value}")).parse().unwrap()
}

async fn a_crossing_is_told(installation: &mut Installation) {
    let mut receiver = Receiver::answering(500).await;
    let watching = Watching::begin(installation, &receiver).await;
    let mut said = watching.client.subscribe(FOLLOW, json!({})).await;
    installation.market.trade("AAPL", AFTER);

    let told = event(&mut said).await;
    assert_eq!((&told["number"], &told["alert"]["id"]), (&json!("1"), &watching.alert), "{told}");
    assert_eq!(told["instrument"]["symbol"], "AAPL");
    assert_eq!(decimal(&told["value"]), AFTER.parse().unwrap());
    assert_eq!(decimal(&told["threshold"]), THRESHOLD.parse().unwrap());
    assert_eq!(told["deliveries"], json!([{ "channel": "WEBHOOK" }]));
    let one = json!([{ "number": "1" }]);
    assert_eq!(watching.said().await, (one, json!("TRIGGERED")));

    let mut posts = vec![receiver.next(SOON).await];
    assert!(!posts[0].was_taken());
    receiver.answer(204);
    posts.extend(receiver.until_taken(SOON).await);
    watching.tells_of_one(&posts, "1");
    let message = posts[0].message();
    assert_eq!(message["text"], told["text"], "the receiver and the subscriber are told the same");
    assert_eq!(decimal(&message["value"]), AFTER.parse().unwrap());
    assert_eq!(decimal(&message["threshold"]), THRESHOLD.parse().unwrap());
    let delivery = watching.delivery("it is delivered", |delivery| delivery["state"] == "DELIVERED").await;
    assert_eq!(delivery["attempts"], posts.len(), "{delivery}");
    assert!(delivery["deliveredAt"].is_string() && delivery["nextAttemptAt"].is_null(), "{delivery}");

    // What comes next is of another alert: neither the event nor the post comes twice.
    installation.market.trade("AAPL", BEFORE);
    installation.market.trade("AAPL", AFTER);
    watching.set("BELOW", "1000").await;
    assert_eq!(event(&mut said).await["number"], "2");
    let next = receiver.until_taken(SOON).await;
    watching.tells_of_one(&next, "2");
    assert_ne!(next[0].header("tickgraph-id"), posts[0].header("tickgraph-id"));
    assert!(!installation.logs().contains(&watching.secret), "the secret is in a log");
    assert!(!installation.logs().contains("hooks/apple"), "the receiver's address is in a log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crossing_is_told_once_though_the_receiver_fails_at_first() {
    a_crossing_is_told(&mut Installation::single_with(&settings()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crossing_is_told_once_by_a_desk_of_its_own() {
    let Some((postgres, redis)) = servers().await else { return };
    a_crossing_is_told(&mut Installation::split_with(postgres, redis, &settings()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_off_before_a_power_cut_is_delivered_after_it() {
    let mut installation = Installation::single_with(&settings()).await;
    let mut receiver = Receiver::answering(500).await;
    let watching = Watching::begin(&mut installation, &receiver).await;
    installation.market.trade("AAPL", AFTER);
    let mut posts = vec![receiver.next(SOON).await];
    let why = "the receiver answered with 500";
    let waiting =
        watching.delivery("the first try has failed", |delivery| delivery["lastError"] == why).await;
    assert_eq!(waiting["state"], "PENDING", "{waiting}");
    installation.power_cut("serve").await;
    receiver.answer(200);
    posts.extend(receiver.until_taken(LATER).await);
    watching.tells_of_one(&posts, "1");
    let delivery = watching.delivery("it is delivered", |delivery| delivery["state"] == "DELIVERED").await;
    assert!(delivery["attempts"].as_u64() >= Some(2), "{delivery}");

    // The price has not come back since: the crossing is told once.
    let one = json!([{ "number": "1" }]);
    assert_eq!(watching.said().await, (one, json!("TRIGGERED")));
    let mut said = watching.client.subscribe(FOLLOW, json!({})).await;
    assert_eq!(event(&mut said).await["number"], "1");
    watching.set("BELOW", "1000").await;
    assert_eq!(event(&mut said).await["number"], "2", "numbers go on");
    watching.tells_of_one(&receiver.until_taken(SOON).await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_being_delivered_at_a_power_cut_is_delivered_again() {
    let mut installation = Installation::single_with(&settings()).await;
    let mut receiver = Receiver::answering(NO_ANSWER).await;
    let watching = Watching::begin(&mut installation, &receiver).await;
    installation.market.trade("AAPL", AFTER);
    let mut posts = vec![receiver.next(SOON).await];
    installation.power_cut("serve").await;
    receiver.answer(200);
    posts.extend(receiver.until_taken(LATER).await);
    watching.tells_of_one(&posts, "1");
    let delivery = watching.delivery("it is delivered", |delivery| delivery["state"] == "DELIVERED").await;
    assert_eq!((posts.len(), &delivery["attempts"]), (2, &json!(2)), "{delivery}");
    let one = json!([{ "number": "1" }]);
    assert_eq!(watching.said().await, (one, json!("TRIGGERED")));
}

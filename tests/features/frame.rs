//! Frames and messages as careless, broken and hostile clients send them, drawn at random from a seed.
//!
//! A case is a list of steps on a socket of its own. A model of the protocol says what the server owes after each
//! step: an answer, a close with one of the fitting codes, or nothing. After every case another client of the same
//! server must still get its events. For a long run:
//!
//!     TICKGRAPH_FUZZ_CASES=20000 TICKGRAPH_FUZZ_SEED=7 cargo test -p tests --test features -- frame:: --nocapture

mod meaning;
mod model;
mod step;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use tests::client::Client;
use tests::fuzz;
use tests::installation::Installation;
use tests::subscription::Subscription;

use model::Session;
use step::Case;

/// How often a case that fails is tried in a simpler form.
const SIMPLER: u32 = 200;

/// How much more memory the server may hold after all cases; the allocator keeps some.
const GROWTH_KIB: u64 = 96 * 1_024;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_client_sends_the_server_answers_by_the_rules() {
    let (cases, seed) = (fuzz::cases(100), fuzz::seed(3));
    let mut installation = Installation::generous().await;
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    installation.market.hold("AAPL");
    let mut watcher = client.quotes(&[&apple]).await;
    let before = installation.api.resident_kib();
    let started = Instant::now();

    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut outcomes = BTreeMap::<String, u32>::new();
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let cases_of = step::case();
    for n in 0..cases {
        refreshed(&client).await;
        let mut case = cases_of.new_tree(&mut runner).unwrap();
        match Session::play(&client, &apple, &case.current()).await {
            Ok(outcome) => *outcomes.entry(outcome).or_default() += 1,
            Err(why) => fail(&client, &apple, &mut case, why).await,
        }
        others_are_served(&installation, &mut watcher, n).await;
    }
    let growth = installation.api.resident_kib().saturating_sub(before);
    report(&format!(
        "{cases} cases in {:?}, {growth} KiB more; how they ended: {outcomes:?}",
        started.elapsed()
    ));
    assert!(growth < GROWTH_KIB, "the server holds {growth} KiB more after {cases} cases");
}

/// Makes a case that fails as small as it goes, and fails the test with it.
async fn fail(client: &Client, apple: &str, case: &mut impl ValueTree<Value = Case>, why: String) {
    let (mut least, mut why) = (case.current(), why);
    let mut goes_on = case.simplify();
    for _ in 0..SIMPLER {
        if !goes_on {
            break;
        }
        let current = case.current();
        goes_on = match Session::play(client, apple, &current).await {
            Ok(_) => case.complicate(),
            Err(reason) => {
                (least, why) = (current, reason);
                case.simplify()
            }
        };
    }
    panic!("{why}\nin this case: {least:#?}");
}

/// An access token lives for minutes; a long run takes hours.
async fn refreshed(client: &Client) {
    let left = tests::token::claims(&client.token().unwrap())["exp"].as_i64().unwrap() - tests::token::now();
    if left < 120 {
        assert_eq!(client.refresh().await["sessionRefresh"]["userErrors"], json!([]));
    }
}

/// Another client gets the next price, whatever happened on other sockets.
async fn others_are_served(installation: &Installation, watcher: &mut Subscription, count: u32) {
    let price = format!("{}.{:02}", 100 + count / 100 % 100, count % 100);
    installation.market.trade("AAPL", &price);
    let is_it = |quote: &serde_json::Value| {
        let shown = quote["last"]["price"].as_str().and_then(|shown| shown.parse::<f64>().ok());
        shown == price.parse().ok()
    };
    let limit = Duration::from_secs(10);
    watcher.until_within(limit, "the other client gets its events", is_it).await;
}

#[allow(clippy::print_stderr, reason = "a long run by hand ends with its figures")]
fn report(figures: &str) {
    eprintln!("{figures}");
}

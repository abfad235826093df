//! The dashboard in a real browser.

use std::time::Duration;

use tempfile::TempDir;
use tests::browser::Browser;
use tests::client::{PASSWORD, USERNAME};
use tests::installation::Installation;
use tests::market::Market;
use tests::program::{Settings, Tickgraph};
use tests::wait::within;

async fn set_up(browser: &Browser, server: &mut Tickgraph) {
    browser.visit(&server.set_up_link().await).await;
    browser.fill("username", USERNAME).await;
    browser.fill("password", PASSWORD).await;
    browser.click("setup-submit").await;
    browser.sees("search-input").await;
}

/// Adds an instrument to the watchlist by searching for it, and shows its chart.
async fn add(browser: &Browser, symbol: &str) {
    browser.fill("search-input", symbol).await;
    browser.click(&format!("search-result-{symbol}")).await;
    browser.click(&format!("watchlist-row-{symbol}")).await;
}

/// The quote cell and the chart's last bar both move by themselves.
async fn moves(browser: &Browser, symbol: &str) {
    let patience = Duration::from_mins(1);
    let has_digits = |text: &str| text.chars().any(|c| c.is_ascii_digit());
    for id in [format!("quote-last-{symbol}"), "chart-last-close".to_owned()] {
        let first = browser.text_within(patience, &id, "a price", has_digits).await;
        browser.text_within(patience, &id, "another price", |text| has_digits(text) && text != first).await;
    }
}

/// The quote cell and the chart's last bar both follow trades in the market.
async fn follows(browser: &Browser, market: &Market, symbol: &str, prices: [&str; 2]) {
    market.hold(symbol);
    for price in prices {
        within(Duration::from_mins(1), &format!("the screen shows a trade at {price}"), || async {
            market.trade(symbol, price);
            let cell = browser.shows(&format!("quote-last-{symbol}"), price).await;
            (cell && browser.shows("chart-last-close", price).await).then_some(())
        })
        .await;
    }
}

async fn feed_shows(browser: &Browser, states: &[&str]) {
    let fits = |text: &str| states.iter().any(|state| text.to_uppercase().contains(state));
    browser.text_within(Duration::from_mins(1), "feed-state", &format!("{states:?}"), fits).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quotes_and_chart_move_on_the_embedded_defaults() {
    let Some(browser) = Browser::open().await else { return };
    let folder = TempDir::new().unwrap();
    let mut server = Tickgraph::start("serve", &Settings::in_folder(folder.path()));
    set_up(&browser, &mut server).await;
    browser.click("user-menu").await;
    browser.click("log-out").await;
    browser.sees("login-form").await;
    browser.log_in(server.address().await, PASSWORD).await;
    add(&browser, "NFLX").await;
    moves(&browser, "NFLX").await;
    feed_shows(&browser, &["LIVE"]).await;
    browser.text("environment-banner", "SIMULATED", |text| text.to_uppercase().contains("SIMULATED")).await;
    // The chart library styles its attribution by an inline style, which the policy forbids; app.css does it.
    let mut complaints = browser.complaints().await;
    complaints.retain(|text| !(text.contains("lightweight-charts") && text.contains("inline style")));
    assert_eq!(complaints, Vec::<String>::new(), "the browser's console complains");
}

#[tokio::test(flavor = "multi_thread")]
async fn quotes_and_chart_move_over_redis_and_postgres_and_survive_outages() {
    let Some(browser) = Browser::open().await else { return };
    let Some(mut installation) = Installation::split().await else { return };
    let client = installation.administrator().await;
    browser.log_in(client.address(), PASSWORD).await;
    add(&browser, "NFLX").await;
    follows(&browser, &installation.market, "NFLX", ["103.25", "104.50"]).await;
    feed_shows(&browser, &["LIVE"]).await;
    let unsure = ["STALE", "RECOVERING"];

    installation.market.stop_gateway().await;
    feed_shows(&browser, &unsure).await;
    installation.market.restart_gateway().await;
    feed_shows(&browser, &["LIVE"]).await;

    installation.redis.as_mut().unwrap().stop().await.unwrap();
    feed_shows(&browser, &unsure).await;
    installation.redis.as_mut().unwrap().restart().await.unwrap();
    feed_shows(&browser, &["LIVE"]).await;

    let standby = Tickgraph::start("desk", &installation.settings());
    installation.standby_waits(&standby).await;
    installation.desk.replace(standby).unwrap().kill9().await;
    feed_shows(&browser, &unsure).await;
    feed_shows(&browser, &["LIVE"]).await;
    follows(&browser, &installation.market, "NFLX", ["105.75", "102.50"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_gateway_is_seen_and_heals_by_itself() {
    let Some(browser) = Browser::open().await else { return };
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    browser.log_in(client.address(), PASSWORD).await;
    add(&browser, "NFLX").await;
    feed_shows(&browser, &["LIVE"]).await;
    installation.market.faults().go_silent();
    feed_shows(&browser, &["STALE"]).await;
    installation.market.faults().speak();
    feed_shows(&browser, &["LIVE"]).await;
    follows(&browser, &installation.market, "NFLX", ["103.25", "104.50"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_where_it_was_typed() {
    let Some(browser) = Browser::open().await else { return };
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    browser.log_in(client.address(), "a wrong password").await;
    browser.text("form-problem", "the reason", |text| !text.is_empty()).await;
    assert_eq!(client.viewer().await["viewer"]["username"], USERNAME, "the other session was disturbed");
}

//! Alerts on the screen: made in the dialog, seen as a line, heard from, read, and told by e-mail and webhook.

use std::time::Duration;

use serde_json::json;
use tests::client::PASSWORD;
use tests::mailbox::{Letter, Mailbox};
use tests::receiver::Receiver;
use tests::screen::Screen;
use tests::wait::{SOON, within};

/// Prices on both sides of the threshold.
const BEFORE: &str = "250.25";
const THRESHOLD: &str = "260.50";
const AFTER: &str = "261.25";

/// A mailbox is confirmed by the code that came to it, and by no other.
async fn confirm_mailbox(screen: &Screen, mailbox: &mut Mailbox) {
    let browser = &screen.browser;
    screen.visit("/account").await;
    browser.fill("email-new", "ann@desk.example").await;
    browser.fill("email-password", PASSWORD).await;
    browser.click("email-set").await;
    browser.sees("email-confirm-form").await;
    let Letter { to, body, .. } = mailbox.next(SOON).await;
    assert_eq!(to, "ann@desk.example");
    let code = body.split_whitespace().next().unwrap_or_default();

    let wrong: String = code.bytes().map(|digit| char::from(b'0' + (digit - b'0' + 1) % 10)).collect();
    browser.fill("email-code", &wrong).await;
    browser.click("email-confirm").await;
    browser
        .until("why the code is wrong", "return $('email-code').getAttribute('aria-invalid') === 'true'")
        .await;
    browser.fill("email-code", code).await;
    browser.click("email-confirm").await;
    browser.misses("email-confirm-form").await;
    let standing = browser.text("email-address", "the address", |text| text.contains("ann@desk")).await;
    assert_eq!(standing.to_lowercase().split_whitespace().last(), Some("confirmed"), "{standing}");
}

/// A webhook, and the secret that the page shows once.
async fn make_webhook(screen: &Screen, receiver: &Receiver) -> String {
    let browser = &screen.browser;
    browser.fill("webhook-name", "bot").await;
    browser.fill("webhook-url", &receiver.url()).await;
    browser.click("webhook-create").await;
    let secret = browser.until("the secret", "return $('webhook-secret')?.value || null").await;
    browser.click("webhook-secret-kept").await;
    browser.misses("webhook-secret").await;
    secret.as_str().unwrap().to_owned()
}

/// An alert on a price near the market, told in every way. The chart shows it as a line.
async fn make_alert(screen: &Screen) {
    let browser = &screen.browser;
    screen.visit("/").await;
    screen.shows("chart", "AAPL").await;
    browser.press("a").await;
    browser.choose("alert-comparison", "crosses up").await;
    browser.fill("alert-value", "dear").await;
    browser.click("alert-save").await;
    browser
        .until("why no alert is made", "return $('alert-value').getAttribute('aria-invalid') === 'true'")
        .await;
    browser.fill("alert-value", THRESHOLD).await;
    browser.choose("alert-webhook", "bot").await;
    browser.click("alert-email").await;
    browser.click("alert-save").await;
    browser.misses("alert-form").await;
    let row = browser.text("alert-row", "the alert", |text| text.contains(THRESHOLD)).await;
    assert!(row.contains("crosses up"), "{row}");
    let line = format!("return $$('chart-alert').some((line) => line.textContent.includes('{THRESHOLD}'))");
    browser.until("the line in the chart", &line).await;
}

/// Trades on both sides of the threshold until the screen tells of a crossing: when the desk begins to watch is its own
/// affair.
async fn cross(screen: &Screen) {
    let market = &screen.installation.market;
    within(SOON, "a crossing is told", || async {
        market.trade("AAPL", BEFORE);
        let watched = screen.browser.shows("quote-last-AAPL", BEFORE).await;
        market.trade("AAPL", AFTER);
        (watched && screen.browser.shows("bell-count", "1").await).then_some(())
    })
    .await;
}

/// What went off is seen, posted and mailed, and read when the bell is opened.
async fn hear(screen: &Screen, receiver: &mut Receiver, mailbox: &mut Mailbox, secret: &str) {
    let browser = &screen.browser;
    let toast = browser.text("toast", "what happened", |text| text.contains("AAPL")).await;
    assert!(toast.contains("260.5"), "{toast}");
    let post = receiver.next(SOON).await;
    assert!(post.is_signed_with(secret), "{post:?}");
    assert_eq!(post.message()["instrument"]["symbol"], "AAPL");
    let letter = mailbox.next(SOON).await;
    assert!(letter.head.contains("AAPL") && letter.body.contains("260.5"), "{letter:?}");

    browser.click("bell").await;
    let said = browser.text("alert-event", "what happened", |text| text.contains("AAPL")).await;
    assert!(said.contains("260.5"), "{said}");
    browser.misses("bell-count").await;
    browser.press("Escape").await;
    browser.misses("bell-panel").await;
    let read = screen.client.query("{ alertEvents { nodes { readAt } } }", json!({})).await;
    assert!(read["alertEvents"]["nodes"][0]["readAt"].is_string(), "{read}");
    browser.text("alert-state", "that it is done", |text| text.to_lowercase() == "triggered").await;
}

/// An alert that is changed stands in the list and in the chart as it is now.
async fn edit(screen: &Screen) {
    let browser = &screen.browser;
    browser.click("alert-edit").await;
    browser.fill("alert-value", "270.5").await;
    browser.click("alert-save").await;
    browser.misses("alert-form").await;
    browser.text("alert-row", "the new value", |text| text.contains("270.50")).await;
    browser.click("alert-delete").await;
    browser.misses("alert-row").await;
    browser.misses("chart-alert").await;
}

/// An alert on an indicator goes off as one on a price does.
async fn watch_an_indicator(screen: &Screen) {
    let (browser, market) = (&screen.browser, &screen.installation.market);
    browser.press("a").await;
    browser.choose("alert-field", "Indicator").await;
    browser.choose("alert-indicator", "SMA").await;
    browser.choose("alert-size", "5s").await;
    browser.fill("alert-length", "ten").await;
    browser.click("alert-save").await;
    browser.until("what is wrong", "return $('alert-length').getAttribute('aria-invalid') === 'true'").await;
    browser.fill("alert-length", "3").await;
    browser.choose("alert-comparison", "is above").await;
    browser.fill("alert-value", "1").await;
    browser.click("alert-save").await;
    browser.misses("alert-form").await;
    let row = browser.text("alert-row", "the alert", |text| text.contains("SMA")).await;
    assert!(row.contains("is above 1"), "{row}");
    within(Duration::from_mins(1), "the indicator's alert tells", || async {
        // A bar needs trades.
        market.trade("AAPL", AFTER);
        let told = browser.ask("return $$('toast').some((toast) => toast.textContent.includes('SMA'))").await;
        (told == true).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_made_on_the_screen_is_seen_heard_mailed_and_posted() {
    let (mut receiver, mut mailbox) = (Receiver::answering(200).await, Mailbox::open().await);
    let (mail, from) = (mailbox.url(), "Tickgraph <alerts@desk.example>");
    let settings = [("WEBHOOK_ALLOW_PRIVATE", "true"), ("SMTP_URL", &mail), ("MAIL_FROM", from)];
    let Some(screen) = Screen::open(&settings, &["AAPL"]).await else { return };
    screen.installation.market.hold("AAPL");
    confirm_mailbox(&screen, &mut mailbox).await;
    let secret = make_webhook(&screen, &receiver).await;
    make_alert(&screen).await;
    cross(&screen).await;
    hear(&screen, &mut receiver, &mut mailbox, &secret).await;
    edit(&screen).await;
    watch_an_indicator(&screen).await;
}

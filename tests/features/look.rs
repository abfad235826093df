//! How every page looks: in Chinese, on a telephone, and in the dark and the light.

use serde_json::{Value, json};
use tests::browser::Scheme;
use tests::client::PASSWORD;
use tests::screen::Screen;

/// Every page of somebody who is logged in, and what shows that it is there.
const PAGES: [(&str, &str); 8] = [
    ("/", "workspace"),
    ("/account", "password-change-form"),
    ("/account/preferences", "preferences"),
    ("/account/sessions", "sessions"),
    ("/account/keys", "keys"),
    ("/admin/users", "users"),
    ("/admin/audit", "audit"),
    ("/gallery", "gallery"),
];

/// What opens over the dashboard: what to press or click, and what shows that it is open.
const OVERLAYS: [(Open, &str); 9] = [
    (Open::Key("Control+k"), "palette-dialog"),
    (Open::Key("?"), "cheat-sheet"),
    (Open::Key("a"), "alert-form"),
    (Open::Click("layout-menu"), "layout-name"),
    (Open::Click("bell"), "bell-panel"),
    (Open::Click("connection-light"), "connection-parts"),
    (Open::Click("user-menu"), "log-out"),
    (Open::Click("columns-1"), "column-Last"),
    (Open::Click("link-1"), "link-orange"),
];

#[derive(Clone, Copy, Debug)]
enum Open {
    Key(&'static str),
    Click(&'static str),
}

/// A judgement about what the page shows: the offences, as texts.
const WORDS: &str = include_str!("look/words.js");
const ROOM: &str = include_str!("look/room.js");
const CONTRAST: &str = include_str!("look/contrast.js");

async fn open(screen: &Screen, path: &str, mark: &str) {
    screen.visit(path).await;
    screen.browser.sees(mark).await;
    let quiet = "return !document.querySelector('.spinner:not(.sample-card *)')";
    screen.browser.until("a page that has loaded", quiet).await;
}

/// Everything that one judgement has against the page as it is.
async fn offences(screen: &Screen, place: &str, judge: &str) -> Vec<String> {
    let found = screen.browser.ask(judge).await;
    let found = found.as_array().unwrap_or_else(|| panic!("{place}: {found}"));
    found.iter().map(|offence| format!("{place}: {}", offence.as_str().unwrap())).collect()
}

/// Holds one judgement against every page, and against whatever opens over the dashboard.
async fn judge_all(screen: &Screen, judge: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (path, mark) in PAGES {
        open(screen, path, mark).await;
        found.extend(offences(screen, path, judge).await);
    }
    open(screen, PAGES[0].0, PAGES[0].1).await;
    for (opens, mark) in OVERLAYS {
        let browser = &screen.browser;
        match opens {
            Open::Key(keys) => browser.press(keys).await,
            // What has no place on a telephone is not opened there.
            Open::Click(id)
                if browser.ask(&format!("return !$('{id}')?.getClientRects().length")).await == true =>
            {
                continue;
            }
            Open::Click(id) => browser.click(id).await,
        }
        browser.sees(mark).await;
        found.extend(offences(screen, mark, judge).await);
        browser.press("Escape").await;
        browser.misses(mark).await;
    }
    found
}

fn none(how: &str, found: &[String]) {
    assert!(found.is_empty(), "{how}:\n{}", found.join("\n"));
}

/// Something in every list, so that there is something to look at.
async fn furnish(screen: &Screen) {
    let (client, apple) = (&screen.client, screen.client.instrument("AAPL").await);
    for value in ["1", "100000"] {
        let condition = json!({ "field": "LAST", "comparison": "ABOVE", "value": value });
        let input = json!({ "instrument": apple, "condition": condition });
        assert_eq!(client.mutate("alertCreate", input, "").await["userErrors"], json!([]));
    }
    client.api_key(&["MARKET_READ"]).await;
    client.invite("bea", "VIEWER").await;
    screen.browser.sees("bell-count").await;
    screen.browser.click("bell").await;
    screen.browser.sees("alert-event").await;
    screen.browser.press("Escape").await;
}

async fn prefer(screen: &Screen, choices: Value) {
    let known = screen.client.query("{ preferences { version } }", json!({})).await;
    let input = json!({ "content": choices.to_string(), "expectedVersion": known["preferences"]["version"] });
    let saved = screen.client.mutate("preferencesSave", input, "").await;
    assert_eq!(saved["userErrors"], json!([]), "{saved}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_speaks_chinese_fits_a_telephone_and_can_be_read_dark_and_light() {
    let Some(screen) = Screen::open(&[], &["AAPL", "MSFT"]).await else { return };
    furnish(&screen).await;
    screen.browser.prefer(Scheme::Dark).await;
    none("in the dark", &judge_all(&screen, CONTRAST).await);
    screen.browser.prefer(Scheme::Light).await;
    none("in the light", &judge_all(&screen, CONTRAST).await);
    screen.browser.narrow().await;
    none("on a telephone", &judge_all(&screen, ROOM).await);
    none("the panels on a telephone", &tap_through(&screen).await);
    screen.browser.wide().await;
    prefer(&screen, json!({ "language": "zh-CN" })).await;
    none("in Chinese", &judge_all(&screen, WORDS).await);
    none("in Chinese, before the log-in", &log_in_page(&screen).await);
}

/// On a telephone every panel is one tap away.
async fn tap_through(screen: &Screen) -> Vec<String> {
    let (browser, mut found) = (&screen.browser, Vec::new());
    open(screen, "/", "phone-bar").await;
    for kind in ["alerts", "quote", "chart", "depth", "trades", "watchlist"] {
        browser.click(&format!("phone-{kind}")).await;
        let panel = format!("panel-{kind}");
        browser.sees(&panel).await;
        found.extend(offences(screen, &panel, ROOM).await);
    }
    browser.click("watchlist-row-MSFT").await;
    browser.click("phone-quote").await;
    screen.shows("quote", "MSFT").await;
    found
}

/// The page before the dashboard speaks the reader's language too.
async fn log_in_page(screen: &Screen) -> Vec<String> {
    let browser = &screen.browser;
    open(screen, "/", "panel-chart").await;
    browser.click("user-menu").await;
    browser.click("log-out").await;
    browser.sees("login-form").await;
    let mut found = offences(screen, "the page", WORDS).await;
    browser.fill("username", "ann").await;
    browser.fill("password", &PASSWORD[1..]).await;
    browser.click("login-submit").await;
    browser.sees("form-problem").await;
    found.extend(offences(screen, "a wrong password", WORDS).await);
    found
}

//! The workspace in a real browser: panels that are arranged, layouts that are kept, and what two sessions do to one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tests::screen::Screen;
use tests::wait::{SOON, within};

/// Where every panel stands, by its number, in pixels.
const PLACES: &str =
    "return Object.fromEntries([...document.querySelectorAll('[data-panel]')].map((panel) => {
    const { x, y, width, height } = panel.getBoundingClientRect();
    return [panel.dataset.panel, [x, y, width, height].map(Math.round)];
}))";

/// Whether a panel of this kind holds the focus.
async fn has_focus(screen: &Screen, kind: &str) {
    let script = format!("return document.activeElement?.closest('[data-panel]') === $('panel-{kind}')");
    screen.browser.until(&format!("the focus in the panel '{kind}'"), &script).await;
}

/// A side of the first panel of this kind, in pixels: `top`, `height`, ...
async fn measure(screen: &Screen, kind: &str, what: &str) -> f64 {
    let script = format!("return $('panel-{kind}').getBoundingClientRect().{what}");
    screen.browser.ask(&script).await.as_f64().unwrap()
}

/// Panels come, move, grow and go by keys alone.
async fn arrange(screen: &Screen) {
    let browser = &screen.browser;
    browser.press("n").await;
    browser.sees("palette").await;
    browser.type_text("news").await;
    browser.sees("palette-add-news").await;
    browser.press("Enter").await;
    browser.sees("panel-news").await;
    has_focus(screen, "news").await;

    assert!(measure(screen, "news", "top").await > measure(screen, "chart", "top").await);
    browser.press("Control+Shift+ArrowUp").await;
    let script =
        "return $('panel-news').getBoundingClientRect().top < $('panel-chart').getBoundingClientRect().top";
    browser.until("the news over the chart", script).await;

    let before = measure(screen, "news", "height").await;
    browser.press("Shift+ArrowDown").await;
    let script = format!("return $('panel-news').getBoundingClientRect().height > {before}");
    browser.until("more room for the news", &script).await;

    browser.press("Shift+X").await;
    browser.misses("panel-news").await;
    browser
        .until("the focus in some panel", "return !!document.activeElement?.closest('[data-panel]')")
        .await;
}

/// Panels of one colour follow each other, and no others.
async fn link(screen: &Screen) {
    let browser = &screen.browser;
    browser.click("watchlist-row-MSFT").await;
    for kind in ["quote", "chart", "depth", "trades"] {
        screen.shows(kind, "MSFT").await;
    }
    let chart = browser.ask("return $('panel-chart').dataset.panel").await;
    let menu = format!("link-{}", chart.as_str().unwrap());
    browser.click(&menu).await;
    browser.click("link-orange").await;
    browser.misses("link-orange").await;
    browser.click("watchlist-row-AAPL").await;
    screen.shows("quote", "AAPL").await;
    screen.shows("chart", "MSFT").await;
    browser.click(&menu).await;
    browser.click("link-blue").await;
    screen.shows("chart", "AAPL").await;
}

/// Waits until the server has what is on the screen.
async fn is_saved(screen: &Screen) {
    screen.browser.until("the layout is saved", "return !!$('layout-state-saved')").await;
}

/// A layout under a name of its own looks the same after the page is loaded anew.
async fn keep(screen: &Screen) {
    let browser = &screen.browser;
    browser.click("layout-menu").await;
    browser.fill("layout-name", "Morning").await;
    browser.click("layout-copy").await;
    let named = "return $('layout-menu').getAttribute('aria-label').endsWith(': Morning')";
    browser.until("the layout 'Morning'", named).await;
    browser.press("Escape").await;
    is_saved(screen).await;
    let before = browser.ask(PLACES).await;
    browser.reload().await;
    screen.shows("chart", "AAPL").await;
    browser.until("the layout 'Morning'", named).await;
    assert_eq!(browser.ask(PLACES).await, before);
}

/// The layout 'Morning', as the server keeps it.
async fn morning(screen: &Screen) -> Value {
    screen.layouts().await.into_iter().find(|layout| layout["name"] == "Morning").expect("it is kept")
}

/// Somewhere else, the same person makes the first column this wide.
async fn changed_elsewhere(screen: &Screen, share: f64) {
    let layout = morning(screen).await;
    let mut content: Value = serde_json::from_str(layout["content"].as_str().unwrap()).unwrap();
    content["root"]["split"]["share"] = json!(share);
    let input = json!({ "layout": layout["id"], "name": "Morning", "content": content.to_string(),
        "expectedVersion": layout["version"] });
    let saved = screen.client.mutate("layoutSave", input, "layout { version }").await;
    assert_eq!(saved["userErrors"], json!([]), "{saved}");
}

/// How much of the room the first column takes.
const FIRST: &str = "const room = $('workspace').getBoundingClientRect().width;
    const share = $('panel-watchlist').getBoundingClientRect().width / room;";

/// What was changed elsewhere meanwhile is never overwritten unasked.
async fn conflict(screen: &Screen) {
    let browser = &screen.browser;
    changed_elsewhere(screen, 0.45).await;
    browser.press("1").await;
    browser.press("Shift+ArrowRight").await;
    browser.click("conflict-theirs").await;
    browser.misses("layout-conflict").await;
    browser.until("their arrangement", &format!("{FIRST} return Math.abs(share - 0.45) < 0.01")).await;

    changed_elsewhere(screen, 0.25).await;
    browser.press("1").await;
    browser.press("Shift+ArrowRight").await;
    browser.click("conflict-mine").await;
    browser.misses("layout-conflict").await;
    browser.until("my arrangement", &format!("{FIRST} return Math.abs(share - 0.48) < 0.01")).await;
    within(SOON, "the server keeps mine", || async {
        let content: Value =
            serde_json::from_str(morning(screen).await["content"].as_str().unwrap()).unwrap();
        let share = content["root"]["split"]["share"].as_f64()?;
        ((share - 0.48).abs() < 0.01).then_some(())
    })
    .await;
}

/// A layout that is far too large is refused, and changes nothing.
async fn refuse(screen: &Screen) {
    let before = screen.layouts().await;
    let input = |length: usize| {
        let content = json!({ "form": 1, "text": "x".repeat(length) }).to_string();
        json!({ "input": { "name": "Large", "content": content } })
    };
    let document =
        "mutation($input: LayoutSaveInput!) { layoutSave(input: $input) { userErrors { code message } } }";
    let large = screen.client.ask(document, input(100 * 1_024)).await;
    let told = large["layoutSave"]["userErrors"][0]["message"].as_str().unwrap_or_default().to_owned();
    assert!(told.contains("65536"), "{large:?}");
    let huge = screen.client.ask(document, input(2 * 1_024 * 1_024)).await;
    assert_eq!(huge.status, 413, "{huge:?}");
    assert!(huge.error_text().contains("256 KiB"), "{huge:?}");
    assert_eq!(screen.layouts().await, before);
}

/// A layout may name an instrument that is no more: its panels say so, and all others work.
async fn miss(screen: &Screen) {
    let browser = &screen.browser;
    let gone = URL_SAFE_NO_PAD.encode("Instrument:00000000-0000-0000-0000-00000000002a");
    let mut content: Value =
        serde_json::from_str(morning(screen).await["content"].as_str().unwrap()).unwrap();
    content["linked"] = json!({ "blue": gone });
    let input = json!({ "name": "Gone", "content": content.to_string() });
    let saved = screen.client.mutate("layoutSave", input, "layout { id }").await;
    assert_eq!(saved["userErrors"], json!([]), "{saved}");
    browser.reload().await;
    browser.sees("panel-chart").await;
    browser.press("g").await;
    browser.sees("palette-layout-Gone").await;
    browser.type_text("gone").await;
    browser.press("Enter").await;
    let said = browser.text("instrument-gone", "why it is empty", |text| !text.is_empty()).await;
    assert!(said.contains("no longer"), "{said}");
    assert_eq!(browser.ask("return $$('instrument-gone').length").await, 4, "each panel that follows it");
    browser.click("watchlist-row-MSFT").await;
    screen.shows("chart", "MSFT").await;
    browser.misses("instrument-gone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_arranged_linked_kept_and_shared_with_another_session() {
    let Some(screen) = Screen::open(&[], &["AAPL", "MSFT"]).await else { return };
    arrange(&screen).await;
    link(&screen).await;
    keep(&screen).await;
    conflict(&screen).await;
    refuse(&screen).await;
    miss(&screen).await;
}

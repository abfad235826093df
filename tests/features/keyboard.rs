//! The dashboard by keys alone: everything is reached, and the focus is always seen.

use serde_json::json;
use tests::screen::Screen;

/// The focus is on an element that is drawn, and drawn as having it.
const SEEN: &str = "const here = document.activeElement;
    if (!here || here === document.body || !here.getClientRects().length) return null;
    const drawn = (element, part) => {
        const style = getComputedStyle(element, part);
        return style.outlineStyle !== 'none' && style.outlineWidth !== '0px';
    };
    // A panel draws it on its frame; a line between panels as a bar; a field for typing has the caret.
    const frame = here.querySelector(':scope > .tile-frame');
    const line = here.matches('[role=separator]')
        && getComputedStyle(here, '::after').backgroundColor !== 'rgba(0, 0, 0, 0)';
    const typed = here.matches('.palette-field input');
    return drawn(here) || (frame && drawn(frame)) || line || typed
        ? (here.dataset.testid || here.id || here.className || here.tagName) : null;";

/// What has the focus, and is seen to have it.
async fn seen(screen: &Screen, what: &str) -> String {
    let found = screen.browser.until(&format!("the focus {what}"), SEEN).await;
    found.as_str().unwrap().to_owned()
}

/// Waits until what has this test id, or something within it, has the focus.
async fn focus_in(screen: &Screen, id: &str) {
    let script = format!("return !!document.activeElement?.closest(\"[data-testid='{id}']\")");
    screen.browser.until(&format!("the focus in '{id}'"), &script).await;
    seen(screen, &format!("in '{id}'")).await;
}

/// Ctrl-K finds an instrument, and the panel that had the focus shows it.
async fn search(screen: &Screen) {
    let browser = &screen.browser;
    browser.press("4").await;
    focus_in(screen, "panel-chart").await;
    browser.press("Control+k").await;
    focus_in(screen, "palette").await;
    browser.type_text("NVDA").await;
    browser
        .until(
            "NVDA first",
            "return !!document.querySelector('#palette-option-0')?.textContent.includes('NVIDIA')",
        )
        .await;
    browser.press("Enter").await;
    browser.misses("palette-dialog").await;
    screen.shows("chart", "NVDA").await;
    focus_in(screen, "panel-chart").await;
}

/// Panels are reached by number and one after the other.
async fn switch_panels(screen: &Screen) {
    let browser = &screen.browser;
    for (number, kind) in ["watchlist", "alerts", "quote", "chart", "depth", "trades"].iter().enumerate() {
        browser.press(&(number + 1).to_string()).await;
        focus_in(screen, &format!("panel-{kind}")).await;
    }
    browser.press("]").await;
    focus_in(screen, "panel-watchlist").await;
    browser.press("[").await;
    focus_in(screen, "panel-trades").await;
    browser.press("m").await;
    let hidden = "return getComputedStyle($('panel-chart')).visibility === 'hidden'";
    browser.until("one panel alone", hidden).await;
    browser.press("m").await;
    browser.until("all panels", "return getComputedStyle($('panel-chart')).visibility === 'visible'").await;
}

/// Whatever opens by a key closes by Escape, and the focus is where it was.
async fn open_and_close(screen: &Screen) {
    let browser = &screen.browser;
    browser.press("5").await;
    focus_in(screen, "panel-depth").await;
    for (key, opened) in [
        ("?", "cheat-sheet"),
        ("Control+k", "palette-dialog"),
        ("g", "palette-dialog"),
        ("n", "palette-dialog"),
        ("a", "alert-form"),
    ] {
        browser.press(key).await;
        focus_in(screen, opened).await;
        browser.press("Escape").await;
        browser.misses(opened).await;
        focus_in(screen, "panel-depth").await;
    }
    browser.press("b").await;
    browser.sees("bell-panel").await;
    focus_in(screen, "bell").await;
    browser.press("Escape").await;
    browser.misses("bell-panel").await;
    focus_in(screen, "bell").await;
}

/// Opens a menu by Enter.
async fn open_menu(screen: &Screen, menu: &str) {
    screen.browser.ask(&format!("$('{menu}').focus()")).await;
    screen.browser.press("Enter").await;
    screen.browser.until("an open menu", &format!("return !!document.getElementById('{menu}-panel')")).await;
}

async fn is_closed(screen: &Screen, menu: &str) {
    screen.browser.until("a closed menu", &format!("return !document.getElementById('{menu}-panel')")).await;
}

/// Escape leads back from anywhere inside a menu; a menu that is left behind closes.
async fn open_menus(screen: &Screen) {
    let browser = &screen.browser;
    for menu in ["layout-menu", "user-menu", "columns-1"] {
        open_menu(screen, menu).await;
        browser.press("Tab").await;
        browser.press("Escape").await;
        is_closed(screen, menu).await;
        focus_in(screen, menu).await;
    }
    // Nothing in it can be chosen, so that the next stop is outside.
    open_menu(screen, "connection-light").await;
    browser.press("Tab").await;
    is_closed(screen, "connection-light").await;
    focus_in(screen, "user-menu").await;
}

/// Rows are walked, chosen, moved and taken out.
async fn walk_rows(screen: &Screen) {
    let browser = &screen.browser;
    let order = "return $$('watchlist-table')[0].innerText.match(/AAPL|MSFT|NVDA/g).join(' ')";
    browser.press("1").await;
    for _ in 0..20 {
        browser.press("Tab").await;
        if browser.ask("return document.activeElement.matches('.row-symbol')").await == json!(true) {
            break;
        }
    }
    focus_in(screen, "watchlist-row-AAPL").await;
    browser.press("ArrowDown").await;
    focus_in(screen, "watchlist-row-MSFT").await;
    browser.press("Enter").await;
    screen.shows("chart", "MSFT").await;
    browser.press("Alt+ArrowUp").await;
    browser.until("MSFT first", &format!("{order} === 'MSFT AAPL NVDA'")).await;
    focus_in(screen, "watchlist-row-MSFT").await;
    browser.press("Delete").await;
    browser.misses("watchlist-row-MSFT").await;
    focus_in(screen, "watchlist-row-AAPL").await;
}

/// From the top of the page to its end, Tab never loses the focus nor hides it.
async fn walk_the_page(screen: &Screen) {
    let browser = &screen.browser;
    browser.ask("document.querySelector('.brand').focus()").await;
    let mut places = Vec::new();
    loop {
        browser.press("Tab").await;
        if browser.ask("return document.activeElement === document.body").await == json!(true) {
            break;
        }
        places.push(seen(screen, &format!("after {:?}", places.last())).await);
        assert!(places.len() < 300, "there is no end: {places:?}");
    }
    assert!(places.len() > 40, "{places:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_done_by_keys_and_the_focus_is_always_seen() {
    let Some(screen) = Screen::open(&[], &["AAPL", "MSFT", "NVDA"]).await else { return };
    search(&screen).await;
    switch_panels(&screen).await;
    open_and_close(&screen).await;
    open_menus(&screen).await;
    walk_rows(&screen).await;
    walk_the_page(&screen).await;
}

//! The whole dashboard on `tickgraph serve`: six charts of six instruments that trade, and the first view.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tests::client::{Client, PASSWORD, USERNAME};
use tests::installation::{GENEROUS, Installation};
use tests::market::Market;
use tests::program::{Settings, Tickgraph};

use super::devtools::{Browser, Page};
use super::trace::{BEGIN, END, busy};
use super::{Options, Rounds};

/// An instrument for each colour that links panels.
const CHARTS: [(&str, &str); 6] = [
    ("AAPL", "blue"),
    ("MSFT", "orange"),
    ("NVDA", "green"),
    ("AMZN", "purple"),
    ("GOOGL", "pink"),
    ("META", "teal"),
];

/// How often each of them trades in a second.
const TRADES: u64 = 60;

/// Time for the page to come to rest.
const REST: Duration = Duration::from_secs(2);

/// Counts how often a chart shows another last price.
const COUNTER: &str = "window.changes = 0; for (const last of document.querySelectorAll('[data-testid=chart-last-close]')) \
    new MutationObserver(() => window.changes += 1).observe(last, { characterData: true, childList: true, subtree: true });";

/// Six charts with prices in them.
const SIX: &str = "document.querySelectorAll('[data-testid=chart] canvas').length >= 6 \
    && document.querySelectorAll('[data-testid=chart-last-close]').length === 6";

/// Remembers when the watchlist had a price, and the chart was drawn, in milliseconds since the navigation began.
const WATCHER: &str = "window.firstView = new Promise((done) => { const seen = {}; const number = (selector) => \
    /[0-9]/.test(document.querySelector(selector)?.textContent ?? ''); const look = () => { const now = performance.now(); \
    if (number('[data-testid^=quote-last-]')) seen.list ??= now; \
    if (document.querySelector('[data-testid=chart] canvas') && number('[data-testid=chart-last-close]')) seen.chart ??= now; \
    if (seen.list && seen.chart) requestAnimationFrame(() => done({ ...seen, both: performance.now() })); \
    else requestAnimationFrame(look); }; look(); });";

/// What was remembered; what the page says instead, where there is nothing after a while.
const SEEN: &str = "Promise.race([window.firstView, new Promise((_, fail) => \
    setTimeout(() => fail(new Error(document.body.innerText.slice(0, 300))), 30000))])";

/// Six charts whose instruments trade.
pub async fn six(browser: &mut Browser, options: &Options) -> anyhow::Result<()> {
    let mut installation = Installation::single_with(&GENEROUS).await;
    let client = installation.administrator().await;
    installation.ready(&client).await;
    let prices = arrange(&client, &installation.market).await?;
    let page = enter(browser, &client).await?;
    browser.wait(&page, SIX).await?;
    browser.evaluate(&page, COUNTER).await?;
    let watched = async {
        tokio::time::sleep(REST).await;
        let (mut share, mut processor, mut rate) = (Rounds::default(), Rounds::default(), Rounds::default());
        for _ in 0..options.rounds {
            browser.start_trace().await?;
            let before = changes(browser, &page, BEGIN).await?;
            tokio::time::sleep(Duration::from_secs(options.seconds)).await;
            let after = changes(browser, &page, END).await?;
            let busy = busy(&browser.end_trace().await?)?;
            share.add(busy.share());
            processor.add(busy.processor_share());
            rate.add((after - before) / busy.wall);
        }
        ensure!(
            rate.0.iter().all(|rate| *rate > 10.0),
            "the charts stand still: {:?} prices a second",
            rate.0
        );
        let what = format!("the dashboard, 6 charts, {TRADES} trades/s each");
        share.tell(&format!("{what}: main thread busy (aim: 40)"), "%");
        processor.tell(&format!("{what}: on a processor"), "%");
        rate.tell(&format!("{what}: prices shown in all"), "/s");
        anyhow::Ok(())
    };
    tokio::select! {
        done = watched => done?,
        () = trade(&installation.market, &prices) => bail!("the trades ended"),
    }
    browser.close(page).await
}

/// Saves a layout of six charts, and returns the last price of each instrument.
async fn arrange(client: &Client, market: &Market) -> anyhow::Result<Vec<Decimal>> {
    let (mut panels, mut linked, mut prices) = (Vec::new(), serde_json::Map::new(), Vec::new());
    for (number, (symbol, colour)) in (1_u32..).zip(CHARTS) {
        let id = client.instrument(symbol).await;
        let bars = json!({ "instrument": id });
        let newest = "query($instrument: ID!) { bars(instrument: $instrument, size: MIN_1, last: 1) { bars { close } } }";
        let close = client.query(newest, bars).await["bars"]["bars"][0]["close"].take();
        prices.push(close.as_str().context("no bar")?.parse()?);
        market.hold(symbol);
        linked.insert(colour.to_owned(), json!(id));
        panels.push(json!({ "id": number, "kind": "chart", "link": colour, "settings": {} }));
    }
    let split = |axis: &str, share: f64, first: Value, second: Value| json!({ "split": { "axis": axis, "share": share, "first": first, "second": second } });
    let panel = |number: u32| json!({ "panel": number });
    let row = |first: u32| {
        split("row", 1.0 / 3.0, panel(first), split("row", 0.5, panel(first + 1), panel(first + 2)))
    };
    let room = split("column", 0.5, row(1), row(4));
    let content = json!({ "form": 1, "root": room, "panels": panels, "linked": linked, "own": {} });
    let input = json!({ "name": "Six charts", "content": content.to_string() });
    let saved = client.mutate("layoutSave", input, "layout { id }").await;
    ensure!(saved["userErrors"] == json!([]), "the layout was refused: {saved}");
    Ok(prices)
}

/// The dashboard in a page of its own, where the client is logged in.
async fn enter(browser: &mut Browser, client: &Client) -> anyhow::Result<Page> {
    let page = browser.open().await?;
    // The one that it holds is another page's by now.
    client.hold_cookie(None);
    let logged_in = client.log_in(USERNAME, PASSWORD).await;
    ensure!(logged_in["sessionCreate"]["userErrors"] == json!([]), "{:?}", logged_in.body);
    let cookie = client.cookie().context("no refresh cookie")?;
    let url = format!("http://{}/", client.address());
    browser.set_cookie(&page, &format!("{url}graphql"), &cookie).await?;
    browser.before(&page, WATCHER).await?;
    browser.visit(&page, &url).await?;
    Ok(page)
}

async fn changes(browser: &mut Browser, page: &Page, mark: &str) -> anyhow::Result<f64> {
    let seen = browser.evaluate(page, &format!("performance.mark('{mark}'), window.changes")).await?;
    seen.as_f64().context("nothing was counted")
}

/// Trades for ever, evenly spread, up and down some cents around where each instrument was. The steps are seven, so that
/// whoever looks at each sixth trade, as a chart does that is told ten times a second, sees another price.
async fn trade(market: &Market, prices: &[Decimal]) {
    let mut every = tokio::time::interval(Duration::from_micros(1_000_000 / (TRADES * CHARTS.len() as u64)));
    let steps = [0, 1, 2, 3, 4, 2, 1].map(|cents| Decimal::new(cents, 2));
    for step in steps.iter().cycle() {
        for ((symbol, _), price) in CHARTS.iter().zip(prices) {
            every.tick().await;
            market.trade(symbol, &(price + step).to_string());
        }
    }
}

/// The dashboard as it is on the embedded defaults, from the address to the first prices: with an empty cache, and again.
pub async fn first_view(browser: &mut Browser, options: &Options) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = Settings::in_folder(folder.path());
    // Nobody opens the dashboard as often in as few seconds: it would be refused for what that costs.
    let settings = GENEROUS.iter().fold(settings, |settings, (name, value)| settings.with(name, *value));
    let mut server = Tickgraph::start("serve", &settings);
    let client = Client::of(server.address().await);
    client.set_up(&server.set_up_token().await).await;
    client.log_in(USERNAME, PASSWORD).await;
    let list = client.mutate("watchlistCreate", json!({ "name": "Shares" }), "watchlist { id }").await;
    for (symbol, _) in CHARTS {
        let input =
            json!({ "watchlist": list["watchlist"]["id"], "instrument": client.instrument(symbol).await });
        client.mutate("watchlistAdd", input, "watchlist { id }").await;
    }
    let (mut empty, mut chart, mut warm) = (Rounds::default(), Rounds::default(), Rounds::default());
    for _ in 0..options.rounds {
        let page = enter(browser, &client).await?;
        let seen = browser.evaluate(&page, SEEN).await?;
        empty.add(seen["both"].as_f64().context("nothing was seen")?);
        chart.add(seen["chart"].as_f64().context("no chart was seen")?);
        browser.visit(&page, &format!("http://{}/", client.address())).await?;
        let seen = browser.evaluate(&page, SEEN).await?;
        warm.add(seen["both"].as_f64().context("nothing was seen")?);
        browser.close(page).await?;
    }
    empty.tell("first view, nothing in the cache: chart and watchlist have prices (aim: 1,500)", "ms");
    chart.tell("    the chart of it", "ms");
    warm.tell("first view, again", "ms");
    Ok(())
}

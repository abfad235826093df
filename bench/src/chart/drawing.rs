//! The drawing scripts of the dashboard in a page of their own, beside the bare chart library.

use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::Context;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use tokio::net::TcpListener;

use super::devtools::{Browser, Page};
use super::trace::busy;
use super::{Options, Rounds};
use crate::say;

/// The most bars that a chart has to show.
const MANY: u32 = 200_000;

/// The charts that move at a time.
const CHARTS: u32 = 6;

/// How many bars those have: as a chart is opened, and after some scrolling.
const FEW: [u32; 2] = [500, 5_000];

/// Where each script of the page comes from, from the root of the project on.
const FILES: [(&str, &str); 12] = [
    ("", "bench/chart/index.html"),
    ("measure.js", "bench/chart/measure.js"),
    ("tokens.css", "web/public/tokens.css"),
    (
        "lightweight-charts.js",
        "web/node_modules/lightweight-charts/dist/lightweight-charts.standalone.production.mjs",
    ),
    ("bridge.js", "web/src/chart/bridge.js"),
    ("alert_lines.js", "web/src/chart/alert_lines.js"),
    ("lines.js", "web/src/chart/lines.js"),
    ("look.js", "web/src/chart/look.js"),
    ("picture.js", "web/src/chart/picture.js"),
    ("sight.js", "web/src/chart/sight.js"),
    ("volume_profile.js", "web/src/chart/volume_profile.js"),
    ("zone.js", "web/src/chart/zone.js"),
];

/// Measures, and prints its part of the table.
pub async fn measure(browser: &mut Browser, options: &Options) -> anyhow::Result<()> {
    let address = serve().await?;
    let page = browser.open().await?;
    browser.visit(&page, &address).await?;
    browser.wait(&page, "window.ready").await?;
    load(browser, &page, options).await?;
    for bars in FEW {
        moving(browser, &page, options, bars).await?;
    }
    browser.close(page).await
}

/// The page on a free port.
async fn serve() -> anyhow::Result<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut site = Router::new();
    for (name, path) in FILES {
        let content = std::fs::read(root.join(path)).with_context(|| format!("{path} is missing"))?;
        let kind = match Path::new(path).extension().and_then(|end| end.to_str()) {
            Some("html") => "text/html",
            Some("css") => "text/css",
            _ => "text/javascript",
        };
        site = site.route(&format!("/{name}"), get(async move || ([(CONTENT_TYPE, kind)], content.clone())));
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, site).await });
    Ok(format!("http://{address}/"))
}

/// Many bars, from having them to having them on the screen. The two take turns; the first round, in which nothing is
/// compiled yet, is told apart.
async fn load(browser: &mut Browser, page: &Page, options: &Options) -> anyhow::Result<()> {
    let kinds = ["ours", "bare"];
    let mut rounds = [Rounds::default(), Rounds::default()];
    for round in 0..=options.rounds {
        for (kind, rounds) in kinds.iter().zip(&mut rounds) {
            let took = browser.evaluate(page, &format!("load('{kind}', {MANY})")).await?;
            let took = took.as_f64().context("no time")?;
            if round == 0 {
                say(&format!("{MANY} bars drawn, {kind}, the very first time: {took:.0} ms"));
            } else {
                rounds.add(took);
            }
        }
    }
    let [ours, bare] = rounds;
    ours.tell("200,000 bars drawn (aim: 1,000)", "ms");
    bare.tell("200,000 bars drawn by the bare library", "ms");
    Ok(())
}

/// Six charts whose newest bar changes at every frame.
async fn moving(browser: &mut Browser, page: &Page, options: &Options, bars: u32) -> anyhow::Result<()> {
    for kind in ["ours", "bare"] {
        let (mut share, mut processor, mut rate) = (Rounds::default(), Rounds::default(), Rounds::default());
        browser.evaluate(page, &format!("show('{kind}', {CHARTS}, {bars})")).await?;
        for _ in 0..options.rounds {
            browser.start_trace().await?;
            let frames = browser.evaluate(page, &format!("run({})", options.seconds)).await?;
            let busy = busy(&browser.end_trace().await?)?;
            share.add(busy.share());
            processor.add(busy.processor_share());
            rate.add(frames.as_f64().context("no frames")? / busy.wall);
        }
        browser.evaluate(page, "clear()").await?;
        let what = format!("6 charts of {bars} bars, each changed in each frame, {kind}");
        share.tell(&format!("{what}: main thread busy"), "%");
        processor.tell(&format!("{what}: on a processor"), "%");
        rate.tell(&format!("{what}: frames"), "/s");
    }
    Ok(())
}

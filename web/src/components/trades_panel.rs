//! Time and sales: every print, newest first.

use std::collections::VecDeque;

use cynic::SubscriptionBuilder;
use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use super::price::NOTHING;
use crate::feed::{Feed, batched};
use crate::graphql::failure::Failure;
use crate::graphql::instrument::Instrument;
use crate::graphql::scalar::{DateTime, Decimal};
use crate::graphql::trade::{self, LiveTrades, LiveTradesVariables, TradeEvent, TradeSide};
use crate::live::{Event, LinkState, Live};
use crate::number;
use crate::preferences::{Preferences, use_clock, use_text};
use crate::session::Session;
use crate::tape::{Line, MOST, Tape};
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::{Empty, Loading, Problem};
use crate::ui::rows::{Gap, Rows, Scroller, use_rows};
use crate::workspace::panel::PanelId;
use crate::workspace::state::Workspace;

/// How long to wait before what ended is started again.
const AGAIN_MS: u32 = 5_000;

/// How far the reading is.
#[derive(Clone, Debug, PartialEq)]
enum Reading {
    Loading,
    Failed(Failure),
    Ready,
}

/// What came since the last frame. A hidden page draws none: of more lines than the tape keeps, the oldest are dropped.
#[derive(Default)]
struct Arrivals {
    lines: VecDeque<Line>,
    refusal: Option<Failure>,
}

impl Arrivals {
    fn line(&mut self, line: Line) {
        self.refusal = None;
        self.lines.push_back(line);
        if self.lines.len() > MOST {
            self.lines.pop_front();
        }
    }
}

/// What the panel knows.
#[derive(Clone, Copy, PartialEq)]
struct Model {
    session: Session,
    tape: Signal<Tape>,
    reading: Signal<Reading>,
    /// Why no further prints come.
    refusal: Signal<Option<Failure>>,
}

impl Model {
    fn start(mut self) {
        self.tape.set(Tape::default());
        self.reading.set(Reading::Loading);
        self.refusal.set(None);
    }

    /// Reads what happened before. What came live meanwhile stands after it.
    async fn read(mut self, instrument: Instrument) {
        match trade::latest(self.session, instrument.id).await {
            Ok(trades) => {
                let whole = Tape::beginning(trades).after(&self.tape.peek());
                self.tape.set(whole);
                self.reading.set(Reading::Ready);
            }
            // Prints that come live are shown all the same.
            Err(failure) => self.reading.set(Reading::Failed(failure)),
        }
    }

    fn missed(self) -> Line {
        Line::Gap(DateTime::from_millis(self.session.server_now()), String::new())
    }

    /// Takes in every print as it comes.
    async fn follow(mut self, live: Live, instrument: Instrument) {
        let model = self;
        loop {
            let variables = LiveTradesVariables { instrument: instrument.id.clone() };
            let mut waiting = Arrivals::default();
            batched(
                live.subscribe(&LiveTrades::build(variables)),
                &mut waiting,
                |waiting, event| match event {
                    Event::Data(LiveTrades { trades: TradeEvent::Trade(trade) }) => {
                        waiting.line(Line::Print(*trade));
                    }
                    Event::Data(LiveTrades { trades: TradeEvent::Gap(gap) }) => {
                        waiting.line(Line::Gap(gap.at, gap.reason));
                    }
                    Event::Data(_) => {}
                    Event::Restarted => waiting.line(model.missed()),
                    Event::Failed(failure) => waiting.refusal = Some(failure),
                },
                |waiting| {
                    let mut tape = self.tape.write();
                    let told = !waiting.lines.is_empty();
                    waiting.lines.drain(..).for_each(|line| tape.add(line));
                    let refusal = waiting.refusal.take();
                    if refusal.is_some() || (told && self.refusal.peek().is_some()) {
                        self.refusal.set(refusal);
                    }
                },
            )
            .await;
            // What is printed until it runs again is missing.
            if self.tape.peek().newest() > 0 {
                let missed = self.missed();
                self.tape.write().add(missed);
            }
            TimeoutFuture::new(AGAIN_MS).await;
        }
    }
}

/// The panel.
#[component]
pub fn TradesPanel(panel: PanelId, instrument: Instrument) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let workspace = use_context::<Workspace>();
    let live = use_context::<Live>();
    let model = use_hook(|| Model {
        session,
        tape: Signal::new(Tape::default()),
        reading: Signal::new(Reading::Loading),
        refusal: Signal::new(None),
    });
    let subject = instrument.clone();
    let key = use_memo(use_reactive!(|subject| subject));
    use_resource(move || {
        let (live, instrument) = (live.clone(), key());
        async move {
            model.start();
            futures::join!(model.read(instrument.clone()), model.follow(live, instrument));
        }
    });
    let least_text = workspace.settings(panel).least.unwrap_or_default();
    let least = least_text.parse::<Decimal>().ok();
    let refusal = (model.refusal)();
    let failed = match &*model.reading.read() {
        Reading::Failed(failure) => Some(failure.clone()),
        _ => None,
    };
    let empty = model.tape.read().newest() == 0;
    rsx! {
        div { class: "panel trades-panel",
            div { class: "panel-bar",
                label { class: "muted", r#for: "least-{panel}", {text.say(Text::LeastSize)} }
                input {
                    id: "least-{panel}",
                    class: "small-input",
                    r#type: "text",
                    inputmode: "decimal",
                    autocomplete: "off",
                    placeholder: "0",
                    "data-testid": "trades-least",
                    "aria-invalid": if least_text.is_empty() || least.is_some() { "false" } else { "true" },
                    value: "{least_text}",
                    oninput: move |event| {
                        let least = Some(event.value()).filter(|least| !least.is_empty());
                        workspace.set(panel, |settings| settings.least = least);
                    },
                }
            }
            if let Some(failure) = refusal.clone().or(failed.clone()).filter(|_| !empty) {
                p { class: "strip", role: "status", {text.failure(&failure)} }
            }
            match (empty, refusal.or(failed), &*model.reading.read()) {
                (true, Some(failure), _) => rsx! {
                    Problem {
                        title: text.say(Text::TradesFailed),
                        message: text.failure(&failure),
                        onagain: |()| {},
                    }
                },
                (true, None, Reading::Loading) => rsx! { Loading { label: text.say(Text::LoadingTrades) } },
                (true, None, _) => rsx! { Empty { title: text.say(Text::NoTrades) } },
                (false, ..) => rsx! { TapeTable { tape: model.tape, least, instrument } },
            }
        }
    }
}

/// The prints. Who scrolls keeps what is in sight, and is told how many came since.
#[component]
fn TapeTable(tape: Signal<Tape>, least: Option<Decimal>, instrument: Instrument) -> Element {
    let text = use_text();
    let feed = use_context::<Feed>();
    let row_height = use_context::<Preferences>().row_height().min(28) - 4;
    let rows = use_rows();
    let scale = number::scale_of(instrument.price_increment);
    let mut held = use_signal(|| None::<u64>);
    use_effect(move || {
        let reading = rows.top() > 0.0;
        if reading != held.peek().is_some() {
            held.set(reading.then(|| tape.peek().newest()));
        }
    });
    let online = feed.link.read().state == LinkState::Online;
    let tape = tape.read();
    let shown = tape.shown(held(), least);
    let since = held().map_or(0, |held| tape.newest() - held);
    let range = rows.range(row_height, shown.len());
    rsx! {
        div { class: "tape-box",
            if since > 0 {
                NewTrades { since, rows }
            }
            Scroller { rows, label: text.fill(Text::TradesOf, &[("symbol", &instrument.symbol)]), class: "tape-scroll",
                table {
                    class: if online { "tape" } else { "tape is-stale" },
                    "data-testid": "trades-table",
                    "aria-rowcount": "{shown.len() + 1}",
                    caption { class: "hidden", {text.fill(Text::TradesOf, &[("symbol", &instrument.symbol)])} }
                    thead {
                        tr {
                            th { scope: "col", class: "tape-time", {text.say(Text::Time)} }
                            th { scope: "col", {text.say(Text::Price)} }
                            th { scope: "col", {text.say(Text::Size)} }
                            th { scope: "col", class: "tape-exchange", {text.say(Text::Exchange)} }
                        }
                    }
                    tbody {
                        Gap { count: range.start, row_height }
                        for (number, line) in shown[range.clone()].iter().copied() {
                            TapeRow { key: "{number}", line: line.clone(), scale, row_height }
                        }
                        Gap { count: shown.len() - range.end, row_height }
                    }
                }
            }
        }
    }
}

#[component]
fn NewTrades(since: u64, rows: Rows) -> Element {
    let text = use_text();
    let count = if since > 999 { "999+".to_owned() } else { since.to_string() };
    rsx! {
        button {
            r#type: "button",
            class: "button new-trades",
            onclick: move |_| crate::browser::scroll_to_top(".tape-scroll"),
            Icon { glyph: Glyph::ArrowUp }
            {text.fill(Text::NewTrades, &[("count", &count)])}
        }
    }
}

#[component]
fn TapeRow(line: Line, scale: u32, row_height: u32) -> Element {
    let text = use_text();
    let clock = use_clock();
    let trade = match line {
        Line::Print(trade) => trade,
        Line::Gap(at, reason) => {
            let reason = if reason.is_empty() { text.say(Text::TradesMissed).to_owned() } else { reason };
            return rsx! {
                tr { class: "tape-gap", height: "{row_height}px",
                    td { class: "tape-time", {clock.time(at.millis())} }
                    td { colspan: "3", title: "{reason}", "{reason}" }
                }
            };
        }
    };
    let class = match trade.side {
        Some(TradeSide::Buy) => "up",
        Some(TradeSide::Sell) => "down",
        None => "flat",
    };
    let side = match trade.side {
        Some(TradeSide::Buy) => Text::AtTheAsk,
        Some(TradeSide::Sell) => Text::AtTheBid,
        None => Text::BetweenBidAndAsk,
    };
    let conditions = trade.conditions.clone().unwrap_or_default();
    let exchange = trade.exchange.clone().unwrap_or_default();
    rsx! {
        tr { class: if trade.unreported { "tape-unreported" }, height: "{row_height}px",
            td { class: "tape-time", {clock.exact_time(trade.at().millis())} }
            td { class: "tape-price {class}", title: text.say(side),
                {number::price(trade.price, scale)}
                span { class: "hidden", {text.say(side)} }
            }
            td { {trade.size.map_or_else(|| NOTHING.to_owned(), number::size)} }
            td { class: "tape-exchange muted", title: "{conditions}", "{exchange} {conditions}" }
        }
    }
}

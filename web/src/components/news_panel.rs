//! The news of the system: what happened to connections, desk, feed and alerts, newest first.

use dioxus::prelude::*;

use super::alert_condition;
use crate::feed::Feed;
use crate::graphql::instrument::InstrumentId;
use crate::graphql::quote::FeedState;
use crate::graphql::system::{ComponentState, ConnectionState, DeskState};
use crate::live::LinkState;
use crate::news::{Happening, What};
use crate::preferences::{use_clock, use_text};
use crate::text::{Catalogue, Text};
use crate::ui::notice::Empty;
use crate::workspace::state::Workspace;

/// How many symbols are named before the rest is counted.
const NAMED: usize = 6;

/// The panel.
#[component]
pub fn NewsPanel() -> Element {
    let text = use_text();
    let feed = use_context::<Feed>();
    let news = feed.news.read();
    let happenings: Vec<_> = news.all().cloned().collect();
    rsx! {
        div { class: "panel news-panel",
            if happenings.is_empty() {
                Empty { title: text.say(Text::NoNews),
                    p { {text.say(Text::NoNewsHint)} }
                }
            } else {
                ul { class: "panel-body news", role: "log", "aria-label": text.say(Text::News), "data-testid": "news",
                    for happening in happenings {
                        NewsLine { key: "{happening.number}", happening }
                    }
                }
            }
        }
    }
}

#[component]
fn NewsLine(happening: Happening) -> Element {
    let text = use_text();
    let clock = use_clock();
    let workspace = use_context::<Workspace>();
    let (class, words) = told(text, &happening.what, |id| workspace.symbol(id));
    rsx! {
        li { class: "news-line",
            time { class: "news-time muted", {clock.time(happening.at)} }
            span { class: "light {class}", "aria-hidden": "true" }
            span { class: "news-words", "{words}" }
        }
    }
}

/// A piece of news in words, with the class of its light.
fn told(
    text: Catalogue,
    what: &What,
    symbol: impl Fn(&InstrumentId) -> Option<String>,
) -> (&'static str, String) {
    const GOOD: &str = "light-good";
    const FAIR: &str = "light-fair";
    const BAD: &str = "light-bad";
    let part = |name: Text, state: ComponentState| {
        let (class, words) = match state {
            ComponentState::Up => (GOOD, Text::Running),
            ComponentState::Down => (BAD, Text::NotAvailable),
        };
        (class, format!("{}: {}", text.say(name), text.say(words)))
    };
    match what {
        What::Link(state) => {
            let (class, words) = match state {
                LinkState::Online => (GOOD, Text::Connected),
                LinkState::Connecting => (FAIR, Text::Connecting),
                LinkState::Offline => (BAD, Text::Reconnecting),
            };
            (class, format!("{}: {}", text.say(Text::Server), text.say(words)))
        }
        What::Desk(state) => {
            let (class, words) = match state {
                DeskState::Leading => (GOOD, Text::Running),
                DeskState::Missing => (BAD, Text::DeskMissing),
            };
            (class, format!("{}: {}", text.say(Text::Desk), text.say(words)))
        }
        What::Connection { id, state, message } => {
            let class = match state {
                ConnectionState::Connected => GOOD,
                ConnectionState::Off => "",
                ConnectionState::Connecting | ConnectionState::Degraded => FAIR,
                ConnectionState::Disconnected | ConnectionState::Refused => BAD,
            };
            let more = message.as_deref().map(|message| format!(" · {message}")).unwrap_or_default();
            (class, format!("{id}: {}{more}", text.connection_state(*state)))
        }
        What::Database(state) => part(Text::Database, *state),
        What::Bus(state) => part(Text::Bus, *state),
        What::Feed { instruments, state, reason } => {
            let class = match state {
                FeedState::Live => GOOD,
                FeedState::Stale => BAD,
                FeedState::Recovering => FAIR,
                FeedState::Delayed | FeedState::Closed => "",
            };
            let named: Vec<_> = instruments.iter().filter_map(symbol).take(NAMED).collect();
            let rest = instruments.len() - named.len();
            let rest = if rest > 0 { format!(" +{rest}") } else { String::new() };
            let more = reason.as_deref().map(|reason| format!(" · {reason}")).unwrap_or_default();
            (class, format!("{}{rest}: {}{more}", named.join(", "), text.feed_state(*state)))
        }
        What::Alert(event) => ("light-alert", alert_condition::said(text, event)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

    #[test]
    fn many_instruments_are_counted_rather_than_named() {
        let text = Catalogue(Language::English);
        let instruments = (0..9).map(|number| InstrumentId::new(format!("S{number}"))).collect();
        let what = What::Feed { instruments, state: FeedState::Stale, reason: Some("no desk".into()) };
        let (class, words) = told(text, &what, |id| Some(id.inner().to_owned()));
        assert_eq!(class, "light-bad");
        assert!(words.starts_with("S0, S1, S2, S3, S4, S5 +3: "), "{words}");
        assert!(words.ends_with("no desk"), "{words}");
    }
}

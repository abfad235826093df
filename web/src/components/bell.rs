//! The bell: what the alerts did, and how much of that has not been read.

use dioxus::prelude::*;
use dioxus::web::WebEventExt;

use super::alerts_panel::EventLine;
use crate::alerts::{Alerts, Reading};
use crate::browser;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::{Empty, Loading};

/// How many events the bell shows; the panel has all.
const SHOWN: usize = 12;

/// The bell with its list.
const WHOLE: &str = "bell-menu";

/// The element that takes the focus.
const BUTTON: &str = "bell-button";

/// Whether the bell is open; a key opens it too.
#[derive(Clone, Copy, PartialEq)]
pub struct BellOpen(pub Signal<bool>);

/// The bell with its list. Who has opened it has read what is in it.
#[component]
pub fn Bell() -> Element {
    let text = use_text();
    let alerts = use_context::<Alerts>();
    let BellOpen(mut open) = use_context::<BellOpen>();
    let unread = alerts.unread();
    use_effect(move || {
        if open() {
            // A key may have opened it from anywhere; here, Escape closes it.
            browser::focus(BUTTON);
            alerts.run(alerts.read());
        }
    });
    let label = text.fill(Text::BellLabel, &[("count", &unread.to_string())]);
    rsx! {
        div {
            id: WHOLE,
            class: "menu menu-right",
            onfocusout: move |event| {
                if open() && browser::leaves(&event.as_web_event(), WHOLE) {
                    open.set(false);
                }
            },
            onkeydown: move |event| {
                if event.key() == Key::Escape && open() {
                    open.set(false);
                }
            },
            button {
                id: BUTTON,
                r#type: "button",
                class: "icon-button bell",
                "data-testid": "bell",
                title: "{label}",
                "aria-label": "{label}",
                "aria-expanded": if open() { "true" } else { "false" },
                "aria-controls": "bell-panel",
                onclick: move |_| open.toggle(),
                Icon { glyph: Glyph::Bell }
                if unread > 0 {
                    span { class: "bell-count", "data-testid": "bell-count",
                        if unread > 99 { "99+" } else { "{unread}" }
                    }
                }
            }
            if open() {
                div { class: "scrim", "aria-hidden": "true", onclick: move |_| open.set(false) }
                div { id: "bell-panel", class: "menu-panel bell-panel", "data-testid": "bell-panel",
                    h2 { class: "menu-title", {text.say(Text::AlertEvents)} }
                    BellList {}
                }
            }
        }
    }
}

#[component]
fn BellList() -> Element {
    let text = use_text();
    let alerts = use_context::<Alerts>();
    let events = alerts.events.read();
    match &*alerts.events_reading.read() {
        Reading::Loading => rsx! { Loading { label: text.say(Text::Loading) } },
        Reading::Failed(failure) => rsx! {
            p { class: "search-note", role: "status", {text.failure(failure)} }
        },
        Reading::Ready if events.is_empty() => rsx! {
            Empty { title: text.say(Text::NoAlertEvents),
                p { {text.say(Text::NoAlertEventsHint)} }
            }
        },
        Reading::Ready => rsx! {
            ul { class: "event-list",
                for event in events.iter().take(SHOWN).cloned() {
                    EventLine { key: "{event.number.0}", event }
                }
            }
        },
    }
}

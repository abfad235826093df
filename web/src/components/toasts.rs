//! Alerts that have just told, in a corner of the screen. They go by themselves.

use dioxus::prelude::*;

use super::alert_condition;
use crate::alerts::Alerts;
use crate::preferences::{use_clock, use_text};
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::workspace::state::Workspace;

/// The corner. It is always there, so that assistive technology reads what comes into it.
#[component]
pub fn Toasts() -> Element {
    let text = use_text();
    let clock = use_clock();
    let alerts = use_context::<Alerts>();
    let workspace = use_context::<Workspace>();
    let toasts = (alerts.toasts)();
    rsx! {
        div { class: "toasts", role: "log", "aria-live": "assertive", "aria-label": text.say(Text::AlertEvents),
            for toast in toasts {
                div { key: "{toast.number.0}", class: "toast", "data-testid": "toast",
                    Icon { glyph: Glyph::Bell }
                    div { class: "toast-words",
                        p { class: "toast-title",
                            strong { "{toast.instrument.symbol}" }
                            time { class: "muted", {clock.time(toast.at.millis())} }
                        }
                        p { title: "{toast.text}", {alert_condition::said(text, &toast)} }
                        button {
                            r#type: "button",
                            class: "link-button",
                            onclick: {
                                let toast = toast.clone();
                                move |_| {
                                    if let Some(panel) = workspace.addressed() {
                                        workspace.choose(panel, &toast.instrument);
                                    }
                                    alerts.dismiss(toast.number);
                                }
                            },
                            {text.say(Text::ShowInstrument)}
                        }
                    }
                    button {
                        r#type: "button",
                        class: "icon-button",
                        title: text.say(Text::Close),
                        "aria-label": text.say(Text::Close),
                        onclick: move |_| alerts.dismiss(toast.number),
                        Icon { glyph: Glyph::Cross }
                    }
                }
            }
        }
    }
}

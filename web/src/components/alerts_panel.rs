//! The alerts of the person: what is watched, and what happened.

use dioxus::prelude::*;

use super::alert_condition;
use super::entry::FormProblem;
use crate::alerts::{Alerts, Reading};
use crate::graphql::alert::{self, Alert, AlertState};
use crate::graphql::alert_event::{AlertChannel, AlertDelivery, AlertEvent, DeliveryState};
use crate::preferences::{Preferences, use_clock, use_text};
use crate::session::Session;
use crate::text::{Catalogue, Text};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::{Empty, Loading, Problem};
use crate::ui::rows::{Gap, Scroller, use_rows};
use crate::ui::tabs::{Tab, Tabs};
use crate::workspace::panel::PanelId;
use crate::workspace::state::Workspace;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Watched,
    Happened,
}

/// The panel.
#[component]
pub fn AlertsPanel(panel: PanelId) -> Element {
    let text = use_text();
    let alerts = use_context::<Alerts>();
    let workspace = use_context::<Workspace>();
    let mut side = use_signal(|| Side::Watched);
    let chosen = workspace.instrument_of(panel);
    let tabs = vec![
        Tab {
            value: Side::Watched,
            label: text.say(Text::AlertsWatched).to_owned(),
            count: Some(alerts.list.read().len()),
        },
        Tab {
            value: Side::Happened,
            label: text.say(Text::AlertEvents).to_owned(),
            count: Some(alerts.unread()),
        },
    ];
    rsx! {
        div { class: "panel alerts-panel",
            div { class: "tabs-row",
                Tabs { label: text.say(Text::Alerts), tabs, chosen: side(), onchoose: move |next| side.set(next) }
                if let Some(instrument) = chosen {
                    button {
                        r#type: "button",
                        class: "button button-small",
                        "data-testid": "alert-new",
                        title: "{text.say(Text::CommandNewAlert)} (A)",
                        onclick: move |_| alerts.compose(instrument.clone(), None),
                        Icon { glyph: Glyph::Plus }
                        {text.fill(Text::NewAlertOn, &[("symbol", &instrument.symbol)])}
                    }
                }
            }
            FormProblem { refusal: (alerts.refusal)(), fields: vec![] }
            match side() {
                Side::Watched => rsx! { Watched { panel } },
                Side::Happened => rsx! { Happened {} },
            }
        }
    }
}

#[component]
fn Watched(panel: PanelId) -> Element {
    let text = use_text();
    let alerts = use_context::<Alerts>();
    let row_height = use_context::<Preferences>().row_height() + 14;
    let rows = use_rows();
    let list = alerts.list.read();
    match &*alerts.reading.read() {
        Reading::Loading => rsx! { Loading { label: text.say(Text::Loading) } },
        Reading::Failed(failure) => rsx! {
            Problem {
                title: text.say(Text::AlertsFailed),
                message: text.failure(failure),
                again: text.say(Text::TryAgain).to_owned(),
                onagain: move |()| alerts.run(alerts.load()),
            }
        },
        Reading::Ready if list.is_empty() => rsx! {
            Empty { title: text.say(Text::NoAlerts),
                p { {text.say(Text::NoAlertsHint)} }
            }
        },
        Reading::Ready => {
            let range = rows.range(row_height, list.len());
            rsx! {
                Scroller { rows, label: text.say(Text::AlertsWatched),
                    table { class: "alert-table", "data-testid": "alert-table", "aria-rowcount": "{list.len()}",
                        caption { class: "hidden", {text.say(Text::AlertsWatched)} }
                        tbody {
                            Gap { count: range.start, row_height }
                            for alert in list[range.clone()].iter().cloned() {
                                AlertRow { key: "{alert.id.inner()}", alert, panel, row_height }
                            }
                            Gap { count: list.len() - range.end, row_height }
                        }
                    }
                }
            }
        }
    }
}

fn state_words(alert: &Alert) -> (Text, &'static str) {
    match alert.state {
        AlertState::Active if alert.reason.is_some() => (Text::AlertNotWatched, "badge badge-stale"),
        AlertState::Active => (Text::AlertActive, "badge badge-live"),
        AlertState::Paused => (Text::AlertPaused, "badge"),
        AlertState::Triggered => (Text::AlertTriggered, "badge badge-delayed"),
        AlertState::Expired => (Text::Expired, "badge"),
        AlertState::Failed => (Text::AlertFailed, "badge badge-stale"),
    }
}

#[component]
fn AlertRow(alert: Alert, panel: PanelId, row_height: u32) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let alerts = use_context::<Alerts>();
    let workspace = use_context::<Workspace>();
    let (state, class) = state_words(&alert);
    let condition = alert_condition::words(text, &alert.condition, alert.instrument.price_increment);
    let symbol = alert.instrument.symbol.clone();
    let instrument = alert.instrument.clone();
    let watching = alert.state == AlertState::Active;
    let (id, edited) = (alert.id.clone(), alert.clone());
    let (turn, turn_glyph) =
        if watching { (Text::PauseAlert, Glyph::Pause) } else { (Text::ResumeAlert, Glyph::Play) };
    rsx! {
        tr { height: "{row_height}px", "data-testid": "alert-row",
            th { scope: "row",
                button {
                    r#type: "button",
                    class: "row-symbol",
                    onclick: move |_| workspace.choose(panel, &instrument),
                    span { class: "row-ticker", "{symbol}"
                        span { class, title: alert.reason.clone(), "data-testid": "alert-state", {text.say(state)} }
                    }
                    span { class: "row-name", title: alert.reason.clone(),
                        {alert.name.clone().map(|name| format!("{name} · ")).unwrap_or_default()}
                        "{condition}"
                        {alert.reason.clone().map(|reason| format!(" · {reason}")).unwrap_or_default()}
                    }
                }
            }
            td { class: "alert-ways muted",
                if alert.email {
                    span { title: text.say(Text::ByEmail), Icon { glyph: Glyph::Mail } }
                }
                if let Some(webhook) = alert.webhook.clone() {
                    span { title: "{webhook.name}", Icon { glyph: Glyph::Hook } }
                }
            }
            td { class: "alert-buttons",
                button {
                    r#type: "button",
                    class: "icon-button",
                    title: text.say(turn),
                    "aria-label": "{text.say(turn)}: {symbol}",
                    "data-testid": "alert-turn",
                    onclick: move |_| {
                        let id = id.clone();
                        alerts.run(async move {
                            if watching {
                                alerts.changed(alert::pause(session, id)).await;
                            } else {
                                alerts.changed(alert::resume(session, id)).await;
                            }
                        });
                    },
                    Icon { glyph: turn_glyph }
                }
                button {
                    r#type: "button",
                    class: "icon-button",
                    title: text.say(Text::EditAlert),
                    "aria-label": "{text.say(Text::EditAlert)}: {symbol}",
                    "data-testid": "alert-edit",
                    onclick: move |_| alerts.edit(edited.clone()),
                    Icon { glyph: Glyph::Pencil }
                }
                button {
                    r#type: "button",
                    class: "icon-button icon-danger",
                    title: text.say(Text::DeleteAlert),
                    "aria-label": "{text.say(Text::DeleteAlert)}: {symbol}",
                    "data-testid": "alert-delete",
                    onclick: {
                        let id = alert.id.clone();
                        move |_| alerts.run(alerts.delete(id.clone()))
                    },
                    Icon { glyph: Glyph::Trash }
                }
            }
        }
    }
}

#[component]
fn Happened() -> Element {
    let text = use_text();
    let alerts = use_context::<Alerts>();
    let events = alerts.events.read();
    match &*alerts.events_reading.read() {
        Reading::Loading => rsx! { Loading { label: text.say(Text::Loading) } },
        Reading::Failed(failure) => rsx! {
            Problem {
                title: text.say(Text::AlertEventsFailed),
                message: text.failure(failure),
                onagain: |()| {},
            }
        },
        Reading::Ready if events.is_empty() => rsx! {
            Empty { title: text.say(Text::NoAlertEvents),
                p { {text.say(Text::NoAlertEventsHint)} }
            }
        },
        Reading::Ready => rsx! {
            div { class: "panel-bar",
                button {
                    r#type: "button",
                    class: "link-button",
                    "data-testid": "alert-events-read",
                    disabled: alerts.unread() == 0,
                    onclick: move |_| alerts.run(alerts.read()),
                    {text.say(Text::MarkAllRead)}
                }
            }
            ul { class: "panel-body event-list", "data-testid": "alert-events",
                for event in events.iter().cloned() {
                    EventLine { key: "{event.number.0}", event }
                }
            }
        },
    }
}

fn delivery_words(text: Catalogue, delivery: &AlertDelivery) -> String {
    let way = match delivery.channel {
        AlertChannel::Email => Text::ByEmail,
        AlertChannel::Webhook => Text::ByWebhook,
    };
    let state = match delivery.state {
        DeliveryState::Pending => Text::DeliveryPending,
        DeliveryState::Delivered => Text::DeliveryDone,
        DeliveryState::Failed => Text::DeliveryFailed,
    };
    let why = delivery.last_error.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
    format!("{}: {}{why}", text.say(way), text.say(state))
}

/// Something that an alert did.
#[component]
pub fn EventLine(event: AlertEvent) -> Element {
    let text = use_text();
    let clock = use_clock();
    rsx! {
        li { class: if event.read_at.is_none() { "event event-unread" } else { "event" },
            "data-testid": "alert-event",
            p { class: "event-head",
                strong { "{event.instrument.symbol}" }
                time { class: "muted", {clock.moment(event.at.millis())} }
            }
            p { title: "{event.text}", {alert_condition::said(text, &event)} }
            for (index, delivery) in event.deliveries.iter().enumerate() {
                p {
                    key: "{index}",
                    class: if delivery.state == DeliveryState::Failed { "event-way warn" } else { "event-way muted" },
                    {delivery_words(text, delivery)}
                }
            }
        }
    }
}

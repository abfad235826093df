//! The form in which an alert is made or changed.

use dioxus::prelude::*;

use super::alert_condition;
use super::alert_entry::{Entry, Wrong, usual_indicator, webhooks};
use super::entry::FormProblem;
use super::form::use_work;
use super::price::NOTHING;
use crate::alerts::{Alerts, Draft};
use crate::feed::Feed;
use crate::graphql::alert::{self, AlertComparison, AlertField, AlertIndicatorInput, AlertRepeat};
use crate::graphql::bar::BarSize;
use crate::graphql::email;
use crate::graphql::failure::Failure;
use crate::graphql::indicator::IndicatorKind;
use crate::graphql::user_error::Refusal;
use crate::graphql::webhook::{self, Webhook};
use crate::number;
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::Text;
use crate::ui::dialog::Dialog;
use crate::ui::field::{Field, FieldKind};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::select::Select;
use crate::ui::tick_box::TickBox;

const FIELDS: [AlertField; 6] = [
    AlertField::Last,
    AlertField::Bid,
    AlertField::Ask,
    AlertField::Change,
    AlertField::ChangePercent,
    AlertField::Indicator,
];

const COMPARISONS: [AlertComparison; 5] = [
    AlertComparison::CrossesUp,
    AlertComparison::CrossesDown,
    AlertComparison::Crosses,
    AlertComparison::Above,
    AlertComparison::Below,
];

/// The form, over everything else.
#[component]
pub fn AlertForm(draft: Draft) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let mut alerts = use_context::<Alerts>();
    let feed = use_context::<Feed>();
    let price = {
        let id = draft.instrument.id.clone();
        move || feed.quotes.read().get(&id).and_then(|held| held.quote.reference_price())
    };
    let entry = use_hook(|| Entry::new(&draft, price()));
    let now = price();
    let work = use_work();
    let mut wrong = use_signal(|| None::<Wrong>);
    let mut close = move || alerts.form.set(None);
    let submit = {
        let draft = draft.clone();
        move |event: FormEvent| {
            event.prevent_default();
            let choices = entry.choices();
            wrong.set(choices.as_ref().err().copied());
            let Ok(choices) = choices else { return };
            let (instrument, known) = (draft.instrument.id.clone(), draft.alert.clone());
            let request = async move {
                match known {
                    Some(known) => alert::update(session, &known, choices).await,
                    None => alert::create(session, instrument, choices).await,
                }
            };
            work.run(request, move |alert| {
                alerts.put(alert);
                alerts.form.set(None);
            });
        }
    };
    let refusal = work.refusal();
    let title = if draft.alert.is_some() { Text::EditAlert } else { Text::CommandNewAlert };
    let scale = number::scale_of(draft.instrument.price_increment);
    rsx! {
        Dialog {
            title: "{text.say(title)}: {draft.instrument.symbol}",
            close: text.say(Text::Close),
            testid: "alert-form",
            onclose: move |()| close(),
            form { class: "alert-form", onsubmit: submit,
                p { class: "muted alert-now",
                    "{draft.instrument.name} · {text.say(Text::Last)} "
                    strong { {now.map_or_else(|| NOTHING.to_owned(), |now| number::price(now, scale))} }
                }
                FormProblem {
                    refusal: refusal.clone(),
                    fields: vec!["value", "name", "expiresAt", "length"],
                }
                Condition { entry, wrong, refusal: refusal.clone() }
                Ways {
                    entry,
                    own: draft.alert.as_ref().and_then(|alert| alert.webhook.clone()),
                    refusal: refusal.clone(),
                }
                div { class: "row",
                    button {
                        r#type: "submit",
                        class: "button button-primary",
                        "data-testid": "alert-save",
                        disabled: work.busy(),
                        {text.say(if draft.alert.is_some() { Text::SaveAlert } else { Text::CreateAlert })}
                    }
                    button { r#type: "button", class: "button", onclick: move |_| close(),
                        {text.say(Text::Cancel)}
                    }
                }
            }
        }
    }
}

#[component]
fn Condition(entry: Entry, wrong: Signal<Option<Wrong>>, refusal: Option<Refusal>) -> Element {
    let text = use_text();
    let mut entry = entry;
    let fields = FIELDS.map(|field| (field, text.say(alert_condition::field(field)).to_owned())).to_vec();
    let comparisons =
        COMPARISONS.map(|it| (it, text.say(alert_condition::comparison(it)).to_owned())).to_vec();
    let repeats = vec![
        (AlertRepeat::Once, text.say(Text::RepeatOnce).to_owned()),
        (AlertRepeat::EveryTime, text.say(Text::RepeatEveryTime).to_owned()),
    ];
    let error = if wrong() == Some(Wrong::Value) {
        Some(text.say(Text::NotANumber).to_owned())
    } else {
        text.field_error(refusal.as_ref(), "value")
    };
    rsx! {
        div { class: "form-grid",
            Select {
                id: "alert-field",
                label: text.say(Text::AlertField),
                items: fields,
                chosen: (entry.field)(),
                onchoose: move |field| entry.field.set(field),
            }
            Select {
                id: "alert-comparison",
                label: text.say(Text::AlertComparison),
                items: comparisons,
                chosen: (entry.comparison)(),
                onchoose: move |comparison| entry.comparison.set(comparison),
            }
            if (entry.field)() == AlertField::Indicator {
                Indicator { entry, wrong, refusal: refusal.clone() }
            }
            Field {
                kind: FieldKind { id: "alert-value", input: "text", autocomplete: "off" },
                label: text.say(Text::AlertValue),
                value: entry.value,
                error,
                focused: true,
            }
            Select {
                id: "alert-repeat",
                label: text.say(Text::AlertRepeat),
                items: repeats,
                chosen: (entry.repeat)(),
                onchoose: move |repeat| entry.repeat.set(repeat),
            }
        }
    }
}

#[component]
fn Indicator(entry: Entry, wrong: Signal<Option<Wrong>>, refusal: Option<Refusal>) -> Element {
    let text = use_text();
    let error = if wrong() == Some(Wrong::Length) {
        Some(text.say(Text::NotALength).to_owned())
    } else {
        text.field_error(refusal.as_ref(), "length")
    };
    let mut entry = entry;
    let kinds = IndicatorKind::ALL.map(|(kind, name)| (kind, name.to_owned())).to_vec();
    let sizes = BarSize::OFFERED.into_iter().map(|(size, name)| (size, name.to_owned())).collect::<Vec<_>>();
    let chosen = (entry.indicator)();
    rsx! {
        Select {
            id: "alert-indicator",
            label: text.say(Text::Indicator),
            items: kinds,
            chosen: chosen.indicator.kind,
            onchoose: move |kind| {
                let mut indicator = entry.indicator.write();
                *indicator = AlertIndicatorInput { size: indicator.size, ..usual_indicator() };
                indicator.indicator.kind = kind;
                entry.length.set(String::new());
            },
        }
        Select {
            id: "alert-size",
            label: text.say(Text::BarSize),
            items: sizes,
            chosen: chosen.size,
            onchoose: move |size| entry.indicator.write().size = size,
        }
        if chosen.indicator.kind.has_length() {
            Field {
                kind: FieldKind { id: "alert-length", input: "text", autocomplete: "off" },
                label: text.say(Text::IndicatorLength),
                value: entry.length,
                hint: text.say(Text::IndicatorLengthHint),
                error,
                required: false,
            }
        }
    }
}

/// How it reaches the person besides the screen, what it is called, and when it ends.
#[component]
fn Ways(entry: Entry, own: Option<Webhook>, refusal: Option<Refusal>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let mut entry = entry;
    let mut own_email = use_resource(move || email::own(session));
    let mut hooks = use_resource(move || webhook::all(session));
    let (mailbox, no_mailbox) =
        own_email.cloned().transpose().map_or_else(|it| (None, Some(it)), |it| (it, None));
    let (known, no_hooks) = hooks.cloned().transpose().map_or_else(|it| (None, Some(it)), |it| (it, None));
    let works = mailbox.as_ref().is_some_and(email::Email::works);
    let hint = match &mailbox {
        None => String::new(),
        Some(mailbox) if !mailbox.possible => text.say(Text::MailOff).to_owned(),
        Some(mailbox) if works => mailbox.address.clone().unwrap_or_default(),
        Some(_) => text.say(Text::MailNotConfirmed).to_owned(),
    };
    let mut items = vec![(None, text.say(Text::NoWebhook).to_owned())];
    let offered = webhooks(known.unwrap_or_default(), own);
    items.extend(offered.into_iter().map(|hook| (Some(hook.id), hook.name)));
    rsx! {
        if let Some(failure) = no_hooks {
            Unread { what: Text::WebhooksFailed, failure, onagain: move |()| hooks.restart() }
        }
        if let Some(failure) = no_mailbox {
            Unread { what: Text::EmailUnknown, failure, onagain: move |()| own_email.restart() }
        }
        div { class: "form-grid",
            Select {
                id: "alert-webhook",
                label: text.say(Text::ByWebhook),
                items,
                chosen: (entry.webhook)(),
                onchoose: move |webhook| entry.webhook.set(webhook),
            }
            Field {
                kind: FieldKind { id: "alert-expires", input: "datetime-local", autocomplete: "off" },
                label: text.say(Text::AlertEnds),
                value: entry.expires,
                hint: text.say(Text::AlertEndsHint),
                error: text.field_error(refusal.as_ref(), "expiresAt"),
                required: false,
            }
            Field {
                kind: FieldKind { id: "alert-name", input: "text", autocomplete: "off" },
                label: text.say(Text::AlertName),
                value: entry.name,
                hint: text.say(Text::Optional),
                error: text.field_error(refusal.as_ref(), "name"),
                required: false,
            }
            TickBox {
                id: "alert-email",
                label: text.say(Text::ByEmail),
                hint,
                ticked: entry.email,
                disabled: !works && !(entry.email)(),
                onchange: move |ticked| entry.email.set(ticked),
            }
        }
    }
}

/// What of the choices could not be read, and why.
#[component]
fn Unread(what: Text, failure: Failure, onagain: EventHandler<()>) -> Element {
    let text = use_text();
    rsx! {
        p { class: "form-problem", role: "alert", "data-testid": "alert-unread",
            Icon { glyph: Glyph::Alert }
            span {
                "{text.say(what)}: {text.failure(&failure)} "
                button { r#type: "button", class: "link-button", onclick: move |_| onagain.call(()),
                    {text.say(Text::TryAgain)}
                }
            }
        }
    }
}

//! The own webhooks: where alerts are posted to.

use dioxus::prelude::*;

use super::entry::FormProblem;
use super::form::{Work, use_work};
use super::moment::Moment;
use crate::graphql::webhook::{self, Webhook};
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::Text;
use crate::ui::confirm::ConfirmButton;
use crate::ui::copy::CopyField;
use crate::ui::field::{Field, FieldKind};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::{Empty, Loading, Problem};

/// The section of the account page.
#[component]
pub fn WebhookList() -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let mut hooks = use_resource(move || webhook::all(session));
    let mut secret = use_signal(|| None::<String>);
    let work = use_work();
    let known = hooks.read().clone();
    rsx! {
        section { class: "card", "aria-labelledby": "webhooks-title", "data-testid": "webhooks",
            h2 { id: "webhooks-title", {text.say(Text::Webhooks)} }
            p { class: "muted", {text.say(Text::WebhooksLead)} }
            if let Some(told) = secret() {
                div { class: "once",
                    p { {text.say(Text::WebhookSecretLead)} }
                    CopyField {
                        id: "webhook-secret",
                        label: text.say(Text::Secret),
                        value: told,
                        words: text.copy_words(),
                    }
                    div { class: "row",
                        button {
                            r#type: "button",
                            class: "button button-primary",
                            "data-testid": "webhook-secret-kept",
                            onclick: move |_| secret.set(None),
                            {text.say(Text::SecretKept)}
                        }
                    }
                }
            }
            FormProblem { refusal: work.refusal(), fields: vec!["name", "url"] }
            match known {
                None => rsx! { Loading { label: text.say(Text::Loading) } },
                Some(Err(failure)) => rsx! {
                    Problem {
                        title: text.say(Text::WebhooksFailed),
                        message: text.failure(&failure),
                        again: Some(text.say(Text::TryAgain).to_owned()),
                        onagain: move |()| hooks.restart(),
                    }
                },
                Some(Ok(hooks)) if hooks.is_empty() => rsx! { Empty { title: text.say(Text::NoWebhooks) } },
                Some(Ok(known)) => rsx! {
                    ul { class: "lines",
                        for hook in known {
                            WebhookLine { key: "{hook.id.inner()}", hook, work, onchanged: move |()| hooks.restart() }
                        }
                    }
                },
            }
            NewWebhook {
                onmade: move |told: String| {
                    secret.set(Some(told));
                    hooks.restart();
                },
            }
        }
    }
}

#[component]
fn WebhookLine(hook: Webhook, work: Work, onchanged: EventHandler<()>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let (tested, gone) = (hook.id.clone(), hook.id.clone());
    rsx! {
        li { class: "line", "data-testid": "webhook",
            Icon { glyph: Glyph::Hook }
            div { class: "line-body",
                p { class: "line-title", "{hook.name}" }
                p { class: "code muted", "{hook.url}" }
                p { class: "line-facts muted",
                    if let Some(at) = hook.last_delivered_at {
                        span {
                            {text.say(Text::LastDelivered)}
                            " "
                            Moment { at }
                        }
                    } else {
                        span { {text.say(Text::NeverDelivered)} }
                    }
                    if let Some(error) = hook.last_error.clone() {
                        span { class: "warn", "{error}" }
                    }
                }
            }
            button {
                r#type: "button",
                class: "button",
                "data-testid": "webhook-test",
                disabled: work.busy(),
                onclick: move |_| work.run(webhook::test(session, tested.clone()), move |_| onchanged.call(())),
                {text.say(Text::SendTest)}
            }
            ConfirmButton {
                label: text.say(Text::Delete),
                sure: text.say(Text::ReallyDelete),
                testid: "webhook-delete",
                disabled: work.busy(),
                onconfirm: move |()| work.run(webhook::delete(session, gone.clone()), move |()| onchanged.call(())),
            }
        }
    }
}

#[component]
fn NewWebhook(onmade: EventHandler<String>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let mut name = use_signal(String::new);
    let mut url = use_signal(String::new);
    let work = use_work();
    let submit = move |event: FormEvent| {
        event.prevent_default();
        let (named, address) = (name.peek().trim().to_owned(), url.peek().trim().to_owned());
        work.run(webhook::create(session, named, address), move |secret| {
            name.set(String::new());
            url.set(String::new());
            onmade.call(secret);
        });
    };
    let refusal = work.refusal();
    rsx! {
        form { class: "row-form", "data-testid": "webhook-form", onsubmit: submit,
            Field {
                kind: FieldKind { id: "webhook-name", input: "text", autocomplete: "off" },
                label: text.say(Text::WebhookName),
                value: name,
                error: text.field_error(refusal.as_ref(), "name"),
            }
            Field {
                kind: FieldKind { id: "webhook-url", input: "url", autocomplete: "off" },
                label: text.say(Text::WebhookUrl),
                value: url,
                error: text.field_error(refusal.as_ref(), "url"),
            }
            button {
                r#type: "submit",
                class: "button button-primary",
                "data-testid": "webhook-create",
                disabled: work.busy(),
                {text.say(Text::AddWebhook)}
            }
        }
        FormProblem { refusal, fields: vec!["name", "url"] }
    }
}

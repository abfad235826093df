//! The own e-mail address: set, confirmed by a code, removed.

use dioxus::prelude::*;

use super::entry::FormProblem;
use super::form::{CurrentPassword, use_work};
use crate::graphql::email::{self, Email};
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::Text;
use crate::ui::field::{Field, FieldKind};
use crate::ui::notice::{Loading, Problem};

/// The section of the account page.
#[component]
pub fn EmailForm() -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let mut standing = use_resource(move || email::own(session));
    let known = standing.read().clone();
    rsx! {
        section { class: "card", "aria-labelledby": "email-title", "data-testid": "email",
            h2 { id: "email-title", {text.say(Text::EmailTitle)} }
            p { class: "muted", {text.say(Text::EmailLead)} }
            match known {
                None => rsx! { Loading { label: text.say(Text::Loading) } },
                Some(Err(failure)) => rsx! {
                    Problem {
                        title: text.say(Text::EmailUnknown),
                        message: text.failure(&failure),
                        again: Some(text.say(Text::TryAgain).to_owned()),
                        onagain: move |()| standing.restart(),
                    }
                },
                Some(Ok(email)) => rsx! {
                    Standing { email: email.clone() }
                    if email.address.is_some() && !email.confirmed {
                        Confirm { onchanged: move |()| standing.restart() }
                    }
                    if email.possible || email.address.is_some() {
                        Change { email, onchanged: move |()| standing.restart() }
                    }
                },
            }
        }
    }
}

#[component]
fn Standing(email: Email) -> Element {
    let text = use_text();
    rsx! {
        if !email.possible {
            p { class: "warn", {text.say(Text::MailOff)} }
        }
        if let Some(address) = email.address.clone() {
            p { "data-testid": "email-address",
                "{address} "
                if email.confirmed {
                    span { class: "badge badge-live", {text.say(Text::EmailConfirmed)} }
                } else {
                    span { class: "badge badge-stale", {text.say(Text::EmailUnconfirmed)} }
                }
            }
        }
    }
}

#[component]
fn Confirm(onchanged: EventHandler<()>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let code = use_signal(String::new);
    let work = use_work();
    let submit = move |event: FormEvent| {
        event.prevent_default();
        let code = code.peek().trim().to_owned();
        work.run(email::confirm(session, code), move |()| onchanged.call(()));
    };
    let refusal = work.refusal();
    rsx! {
        form { class: "narrow-form", "data-testid": "email-confirm-form", onsubmit: submit,
            FormProblem { refusal: refusal.clone(), fields: vec!["code"] }
            Field {
                kind: FieldKind { id: "email-code", input: "text", autocomplete: "one-time-code" },
                label: text.say(Text::EmailCode),
                value: code,
                error: text.field_error(refusal.as_ref(), "code"),
            }
            button {
                r#type: "submit",
                class: "button button-primary",
                "data-testid": "email-confirm",
                disabled: work.busy(),
                {text.say(Text::ConfirmEmail)}
            }
        }
    }
}

#[component]
fn Change(email: Email, onchanged: EventHandler<()>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let address = use_signal(|| email.address.clone().unwrap_or_default());
    let mut password = use_signal(String::new);
    let work = use_work();
    let submit = move |event: FormEvent| {
        event.prevent_default();
        let wish = Some(address.peek().trim().to_owned()).filter(|wish| !wish.is_empty());
        work.run(email::set(session, wish, password.peek().clone()), move |()| {
            password.set(String::new());
            onchanged.call(());
        });
    };
    let refusal = work.refusal();
    rsx! {
        form { class: "narrow-form", "data-testid": "email-form", onsubmit: submit,
            FormProblem { refusal: refusal.clone(), fields: vec!["email", "currentPassword"] }
            Field {
                kind: FieldKind { id: "email-new", input: "email", autocomplete: "email" },
                label: text.say(Text::EmailAddress),
                value: address,
                hint: text.say(Text::EmailHint),
                error: text.field_error(refusal.as_ref(), "email"),
                required: false,
            }
            CurrentPassword { id: "email-password", value: password, refusal }
            button {
                r#type: "submit",
                class: "button",
                "data-testid": "email-set",
                disabled: work.busy(),
                {text.say(Text::SaveEmail)}
            }
        }
    }
}

//! Choosing a password, with the one-time link of an invitation or a reset.

use dioxus::prelude::*;

use crate::app::{OneTimeToken, Route};
use crate::components::entry::{Entry, FormProblem};
use crate::components::form::use_work;
use crate::graphql::password;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::field::{Field, FieldKind};

/// The page; it is open to all, since the token says for whom it is.
#[component]
pub fn Password() -> Element {
    let text = use_text();
    let token = use_context::<OneTimeToken>();
    let done_for = use_signal(|| None::<String>);
    rsx! {
        Entry { title: text.say(Text::ChoosePassword), lead: text.say(Text::ChoosePasswordLead),
            if let Some(token) = token.read() {
                PasswordForm { key: "{token}", token, done_for }
            } else if let Some(username) = done_for() {
                p { class: "form-done", role: "status", "data-testid": "password-done",
                    {text.fill(Text::PasswordChosen, &[("username", &username)])}
                }
                Link { class: "button button-primary button-wide", to: Route::LogIn {},
                    {text.say(Text::LogIn)}
                }
            } else {
                p { class: "form-problem", role: "alert", "data-testid": "password-no-token",
                    {text.say(Text::PasswordLinkNeeded)}
                }
                Link { class: "button button-wide", to: Route::LogIn {}, {text.say(Text::LogIn)} }
            }
        }
    }
}

#[component]
fn PasswordForm(token: String, done_for: Signal<Option<String>>) -> Element {
    let text = use_text();
    let opened = use_context::<OneTimeToken>();
    let chosen = use_signal(String::new);
    let work = use_work();
    let submit = move |event: FormEvent| {
        event.prevent_default();
        let spent = token.clone();
        work.run(password::set(token.clone(), chosen()), move |user| {
            done_for.set(Some(user.username));
            opened.forget(&spent);
        });
    };
    let (busy, refusal) = (work.busy(), work.refusal());
    rsx! {
        form { "data-testid": "password-form", onsubmit: submit,
            FormProblem { refusal: refusal.clone(), fields: vec!["password"] }
            Field {
                kind: FieldKind { id: "password", input: "password", autocomplete: "new-password" },
                label: text.say(Text::NewPassword),
                value: chosen,
                hint: text.say(Text::PasswordHint),
                error: text.field_error(refusal.as_ref(), "password"),
                focused: true,
                reveal: text.say(Text::ShowPassword).to_owned(),
            }
            button {
                r#type: "submit",
                class: "button button-primary button-wide",
                "data-testid": "password-submit",
                disabled: busy,
                {text.say(if busy { Text::Saving } else { Text::ChoosePassword })}
            }
        }
    }
}

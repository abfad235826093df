//! Making the first administrator, with the one-time link that the server printed.

use dioxus::prelude::*;

use super::gate::Gate;
use crate::app::{OneTimeToken, Route};
use crate::components::entry::{Entry, FormProblem};
use crate::graphql::user_error::Refusal;
use crate::preferences::use_text;
use crate::session::{Credentials, Session};
use crate::text::Text;
use crate::ui::field::{Field, FieldKind};

/// The set-up page.
#[component]
pub fn SetUp() -> Element {
    let text = use_text();
    let token = use_context::<OneTimeToken>();
    rsx! {
        Gate { page: Route::SetUp {},
            Entry { title: text.say(Text::SetUp), lead: text.say(Text::SetUpLead),
                if let Some(token) = token.read() {
                    SetUpForm { key: "{token}", token }
                } else {
                    p { class: "form-problem", role: "alert", "data-testid": "setup-no-token",
                        {text.say(Text::SetUpLinkNeeded)}
                    }
                }
            }
        }
    }
}

#[component]
fn SetUpForm(token: String) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let username = use_signal(String::new);
    let password = use_signal(String::new);
    let mut refusal = use_signal(|| None::<Refusal>);
    let mut busy = use_signal(|| false);
    let submit = move |event: FormEvent| {
        event.prevent_default();
        if busy() {
            return;
        }
        busy.set(true);
        let token = token.clone();
        let credentials = Credentials { username: username(), password: password(), code: None };
        spawn(async move {
            refusal.set(session.set_up(token, credentials).await.err());
            busy.set(false);
        });
    };
    rsx! {
        form { "data-testid": "setup-form", onsubmit: submit,
            FormProblem { refusal: refusal(), fields: vec!["username", "password"] }
            Field {
                kind: FieldKind { id: "username", input: "text", autocomplete: "username" },
                label: text.say(Text::Username),
                value: username,
                hint: text.say(Text::UsernameHint),
                error: text.field_error(refusal().as_ref(), "username"),
                focused: true,
            }
            Field {
                kind: FieldKind { id: "password", input: "password", autocomplete: "new-password" },
                label: text.say(Text::Password),
                value: password,
                hint: text.say(Text::PasswordHint),
                error: text.field_error(refusal().as_ref(), "password"),
                reveal: text.say(Text::ShowPassword).to_owned(),
            }
            button {
                r#type: "submit",
                class: "button button-primary button-wide",
                "data-testid": "setup-submit",
                disabled: busy(),
                {text.say(if busy() { Text::SettingUp } else { Text::CreateAdministrator })}
            }
        }
    }
}

//! Logging in.

use dioxus::prelude::*;

use super::gate::Gate;
use crate::app::Route;
use crate::components::entry::{Entry, FormProblem};
use crate::graphql::user_error::Refusal;
use crate::preferences::use_text;
use crate::session::{Credentials, Session};
use crate::text::Text;
use crate::ui::field::{Field, FieldKind};

/// The log-in page.
#[component]
pub fn LogIn() -> Element {
    rsx! {
        Gate { page: Route::LogIn {}, LogInForm {} }
    }
}

#[component]
fn LogInForm() -> Element {
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
        let credentials = Credentials { username: username(), password: password() };
        spawn(async move {
            refusal.set(session.log_in(credentials).await.err());
            busy.set(false);
        });
    };
    rsx! {
        Entry { title: text.say(Text::LogIn), lead: text.say(Text::LogInLead),
            form { "data-testid": "login-form", onsubmit: submit,
                FormProblem { refusal: refusal(), fields: vec![] }
                Field {
                    kind: FieldKind { id: "username", input: "text", autocomplete: "username" },
                    label: text.say(Text::Username),
                    value: username,
                    focused: true,
                }
                Field {
                    kind: FieldKind { id: "password", input: "password", autocomplete: "current-password" },
                    label: text.say(Text::Password),
                    value: password,
                    reveal: text.say(Text::ShowPassword).to_owned(),
                }
                button {
                    r#type: "submit",
                    class: "button button-primary button-wide",
                    "data-testid": "login-submit",
                    disabled: busy(),
                    {text.say(if busy() { Text::LoggingIn } else { Text::LogIn })}
                }
            }
        }
    }
}

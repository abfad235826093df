//! Changing one's own password.

use dioxus::prelude::*;

use super::entry::FormProblem;
use super::form::{CurrentPassword, use_work};
use crate::graphql::password;
use crate::preferences::use_text;
use crate::session::{Session, SessionState};
use crate::text::Text;
use crate::ui::field::{Field, FieldKind};

/// The form.
#[component]
pub fn PasswordChange() -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let mut current = use_signal(String::new);
    let mut chosen = use_signal(String::new);
    let mut done = use_signal(|| false);
    let work = use_work();
    let submit = move |event: FormEvent| {
        event.prevent_default();
        done.set(false);
        work.run(password::change(session, current(), chosen()), move |_| {
            current.set(String::new());
            chosen.set(String::new());
            done.set(true);
        });
    };
    let (busy, refusal) = (work.busy(), work.refusal());
    rsx! {
        section { class: "card", "aria-labelledby": "password-change-title",
            h2 { id: "password-change-title", {text.say(Text::ChangePassword)} }
            p { class: "muted", {text.say(Text::ChangePasswordLead)} }
            form { class: "narrow-form", "data-testid": "password-change-form", onsubmit: submit,
                // Password managers want to know whose password it is.
                if let SessionState::LoggedIn(user) = session.state() {
                    input {
                        class: "hidden",
                        r#type: "text",
                        autocomplete: "username",
                        readonly: true,
                        tabindex: "-1",
                        "aria-hidden": "true",
                        value: "{user.username}",
                    }
                }
                FormProblem { refusal: refusal.clone(), fields: vec!["currentPassword", "newPassword"] }
                CurrentPassword { id: "password-current", value: current, refusal: refusal.clone() }
                Field {
                    kind: FieldKind { id: "password-new", input: "password", autocomplete: "new-password" },
                    label: text.say(Text::NewPassword),
                    value: chosen,
                    hint: text.say(Text::PasswordHint),
                    error: text.field_error(refusal.as_ref(), "newPassword"),
                    reveal: text.say(Text::ShowPassword).to_owned(),
                }
                button {
                    r#type: "submit",
                    class: "button button-primary",
                    "data-testid": "password-change-submit",
                    disabled: busy,
                    {text.say(if busy { Text::Saving } else { Text::ChangePassword })}
                }
                p { class: "form-done", role: "status", "data-testid": "password-change-done",
                    if done() {
                        {text.say(Text::PasswordChanged)}
                    }
                }
            }
        }
    }
}

//! Inviting somebody.

use dioxus::prelude::*;

use super::entry::FormProblem;
use super::form::use_work;
use super::one_time_link::OneTimeLink;
use crate::graphql::person::{self, PasswordToken};
use crate::graphql::user::Role;
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::{Catalogue, Text};
use crate::ui::field::{Field, FieldKind};
use crate::ui::select::Select;

/// Every role by its name.
pub fn roles(text: Catalogue) -> Vec<(Role, String)> {
    Role::ALL.into_iter().map(|role| (role, text.role(role).to_owned())).collect()
}

/// The form, and afterwards the link.
#[component]
pub fn UserInvite(oninvited: EventHandler<()>) -> Element {
    let text = use_text();
    let mut invited = use_signal(|| None::<PasswordToken>);
    let mut open = use_signal(|| false);
    rsx! {
        section { class: "card", "aria-label": text.say(Text::InviteUser),
            if let Some(token) = invited() {
                OneTimeLink { token, onkept: move |()| invited.set(None) }
            } else if open() {
                InviteForm {
                    oninvited: move |token| {
                        invited.set(Some(token));
                        open.set(false);
                        oninvited.call(());
                    },
                    onback: move |()| open.set(false),
                }
            } else {
                div { class: "row row-plain",
                    button {
                        r#type: "button",
                        class: "button button-primary",
                        "data-testid": "user-invite",
                        onclick: move |_| open.set(true),
                        {text.say(Text::InviteUser)}
                    }
                    span { class: "muted", {text.say(Text::InviteUserLead)} }
                }
            }
        }
    }
}

#[component]
fn InviteForm(oninvited: EventHandler<PasswordToken>, onback: EventHandler<()>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let username = use_signal(String::new);
    let mut role = use_signal(|| Role::Viewer);
    let work = use_work();
    let submit = move |event: FormEvent| {
        event.prevent_default();
        let username = username().trim().to_owned();
        work.run(person::invite(session, username, role()), move |token| oninvited.call(token));
    };
    let refusal = work.refusal();
    rsx! {
        h2 { {text.say(Text::InviteUser)} }
        form { class: "narrow-form", "data-testid": "invite-form", onsubmit: submit,
            FormProblem { refusal: refusal.clone(), fields: vec!["username"] }
            Field {
                kind: FieldKind { id: "invite-username", input: "text", autocomplete: "off" },
                label: text.say(Text::Username),
                value: username,
                hint: text.say(Text::UsernameHint),
                error: text.field_error(refusal.as_ref(), "username"),
                focused: true,
            }
            Select {
                id: "invite-role",
                label: text.say(Text::Role),
                items: roles(text),
                chosen: role(),
                onchoose: move |chosen| role.set(chosen),
            }
            div { class: "row",
                button {
                    r#type: "submit",
                    class: "button button-primary",
                    "data-testid": "invite-submit",
                    disabled: work.busy(),
                    {text.say(Text::InviteUser)}
                }
                button {
                    r#type: "button",
                    class: "button",
                    disabled: work.busy(),
                    onclick: move |_| onback.call(()),
                    {text.say(Text::Cancel)}
                }
            }
        }
    }
}

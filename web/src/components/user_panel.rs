//! What an administrator can do about somebody.

use std::future::Future;

use dioxus::prelude::*;

use super::entry::FormProblem;
use super::form::Work;
use super::key_list::KeyList;
use super::paged::Paged;
use super::session_list::SessionList;
use super::user_invite::roles;
use crate::graphql::person::{self, PasswordToken, Person, UserState};
use crate::graphql::user_error::Refusal;
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::Text;
use crate::ui::confirm::ConfirmButton;
use crate::ui::select::Select;

/// Puts a link in the place of an older one for the same person, which no longer works.
fn show(mut links: Signal<Vec<PasswordToken>>, made: PasswordToken) {
    let mut links = links.write();
    links.retain(|known| known.person.id != made.person.id);
    links.push(made);
}

/// Puts what became of somebody in the place of what was known.
fn take_in(people: Paged<Person>, changed: Person) {
    let mut items = people.items();
    if let Some(known) = items.write().iter_mut().find(|known| known.id == changed.id) {
        *known = changed;
    }
}

/// The panel; a link that is made in it goes to `links`.
#[component]
pub fn UserPanel(
    person: Person,
    people: Paged<Person>,
    work: Work,
    links: Signal<Vec<PasswordToken>>,
) -> Element {
    let text = use_text();
    // Counts what may have ended sessions: they are then read anew.
    let mut ended = use_signal(|| 0_u32);
    rsx! {
        div { class: "user-panel",
            FormProblem { refusal: work.refusal(), fields: vec![] }
            RoleForm { person: person.clone(), people, work }
            Steps {
                person: person.clone(),
                people,
                work,
                ontoken: move |made| show(links, made),
                onended: move |()| *ended.write() += 1,
            }
            h3 { {text.say(Text::Sessions)} }
            SessionList { of: Some(person.id.clone()), version: ended }
            h3 { {text.say(Text::ApiKeys)} }
            KeyList { of: Some(person.id), version: ended }
        }
    }
}

#[component]
fn RoleForm(person: Person, people: Paged<Person>, work: Work) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let mut role = use_signal(|| person.role);
    // The list may be read anew, and the role be another one then.
    let known = person.role;
    use_effect(use_reactive!(|known| role.set(known)));
    let unchanged = role() == person.role;
    let id = person.id.clone();
    let submit = move |event: FormEvent| {
        event.prevent_default();
        work.run(person::set_role(session, id.clone(), role()), move |changed| take_in(people, changed));
    };
    rsx! {
        form { class: "row-form", onsubmit: submit,
            Select {
                id: "role-{person.username}",
                label: text.say(Text::Role),
                items: roles(text),
                chosen: role(),
                onchoose: move |chosen| role.set(chosen),
            }
            button {
                r#type: "submit",
                class: "button",
                "data-testid": "role-set",
                disabled: work.busy() || unchanged,
                {text.say(Text::SetRole)}
            }
        }
    }
}

/// Everything that takes one click and a second one to be sure.
#[component]
fn Steps(
    person: Person,
    people: Paged<Person>,
    work: Work,
    ontoken: EventHandler<PasswordToken>,
    onended: EventHandler<()>,
) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let id = person.id.clone();
    let reset_password = move |()| {
        work.run(person::reset_password(session, id.clone()), move |made| {
            take_in(people, made.person.clone());
            ontoken.call(made);
            onended.call(());
        });
    };
    let id = person.id.clone();
    let reset_factor = move |()| {
        changing(person::reset_second_factor(session, id.clone()), work, people, onended);
    };
    let id = person.id.clone();
    let disable = move |()| changing(person::disable(session, id.clone()), work, people, onended);
    let id = person.id.clone();
    let enable = move |_| changing(person::enable(session, id.clone()), work, people, onended);
    rsx! {
        div { class: "row",
            ConfirmButton {
                label: text.say(Text::ResetPassword),
                sure: text.say(Text::ReallyResetPassword),
                testid: "user-password-reset",
                disabled: work.busy(),
                onconfirm: reset_password,
            }
            if person.second_factor {
                ConfirmButton {
                    label: text.say(Text::ResetSecondFactor),
                    sure: text.say(Text::ReallyResetSecondFactor),
                    testid: "user-factor-reset",
                    disabled: work.busy(),
                    onconfirm: reset_factor,
                }
            }
            if person.state == UserState::Disabled {
                button {
                    r#type: "button",
                    class: "button",
                    "data-testid": "user-enable",
                    disabled: work.busy(),
                    onclick: enable,
                    {text.say(Text::EnableUser)}
                }
            } else {
                ConfirmButton {
                    label: text.say(Text::DisableUser),
                    sure: text.say(Text::ReallyDisableUser),
                    testid: "user-disable",
                    disabled: work.busy(),
                    onconfirm: disable,
                }
            }
        }
    }
}

fn changing(
    request: impl Future<Output = Result<Person, Refusal>> + 'static,
    work: Work,
    people: Paged<Person>,
    onended: EventHandler<()>,
) {
    work.run(request, move |changed| {
        take_in(people, changed);
        onended.call(());
    });
}

//! Everybody with an account here.

use dioxus::prelude::*;

use super::form::use_work;
use super::moment::Moment;
use super::one_time_link::OneTimeLink;
use super::paged::{Paged, PagedFrame};
use super::user_panel::UserPanel;
use crate::graphql::person::{PasswordToken, Person, UserState};
use crate::preferences::use_text;
use crate::session::{Session, SessionState};
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::Empty;

fn badge(state: UserState) -> &'static str {
    match state {
        UserState::Invited => "badge badge-delayed",
        UserState::Active => "badge badge-live",
        UserState::Disabled => "badge badge-stale",
    }
}

/// The table, by name; each row opens into what can be done.
#[component]
pub fn UserTable(people: Paged<Person>) -> Element {
    let text = use_text();
    // Each can be had only once, so that they outlive their rows.
    let links = use_signal(Vec::new);
    rsx! {
        PagedFrame {
            paged: people,
            failed: text.say(Text::UsersFailed),
            empty: rsx! {
                Empty { title: text.say(Text::NoUsers), p {} }
            },
            table { class: "table", "data-testid": "users",
                thead {
                    tr {
                        th { scope: "col", {text.say(Text::Username)} }
                        th { scope: "col", {text.say(Text::Role)} }
                        th { scope: "col", {text.say(Text::State)} }
                        th { scope: "col", {text.say(Text::SecondFactor)} }
                        th { scope: "col", {text.say(Text::Created)} }
                        th { scope: "col",
                            span { class: "hidden", {text.say(Text::Manage)} }
                        }
                    }
                }
                for person in people.items().read().iter().cloned() {
                    UserRow { key: "{person.id.inner()}", person, people, links }
                }
            }
        }
    }
}

/// A person's row, in a table body of its own, since the link and the panel belong to it.
#[component]
fn UserRow(person: Person, people: Paged<Person>, links: Signal<Vec<PasswordToken>>) -> Element {
    let text = use_text();
    let work = use_work();
    let session = use_context::<Session>();
    let mut open = use_signal(|| false);
    let panel = format!("user-{}", person.id.inner());
    let link = links.read().iter().find(|link| link.person.id == person.id).cloned();
    let id = person.id.clone();
    let own = matches!(session.state(), SessionState::LoggedIn(user) if user.id == person.id);
    rsx! {
        tbody { "data-testid": "user-{person.username}",
            tr {
                th { scope: "row",
                    "{person.username}"
                    if own {
                        span { class: "badge", {text.say(Text::You)} }
                    }
                }
                td { "data-label": text.say(Text::Role), {text.role(person.role)} }
                td { "data-label": text.say(Text::State),
                    span { class: badge(person.state), {text.user_state(person.state)} }
                }
                td { "data-label": text.say(Text::SecondFactor),
                    {text.say(if person.second_factor { Text::On } else { Text::Off })}
                }
                td { "data-label": text.say(Text::Created), Moment { at: person.created_at } }
                td { class: "table-end",
                    if !own {
                        button {
                            r#type: "button",
                            class: "button",
                            "data-testid": "user-manage-{person.username}",
                            "aria-expanded": if open() { "true" } else { "false" },
                            "aria-controls": "{panel}",
                            // What the panel asked for may be a link, which would be lost with the panel.
                            disabled: work.busy(),
                            onclick: move |_| open.toggle(),
                            {text.say(Text::Manage)}
                            span { class: "hidden", " {person.username}" }
                            Icon { glyph: Glyph::ChevronDown }
                        }
                    }
                }
            }
            if let Some(token) = link {
                tr { class: "table-panel",
                    td { colspan: "6",
                        OneTimeLink {
                            token,
                            onkept: move |()| links.write().retain(|link| link.person.id != id),
                        }
                    }
                }
            }
            if open() {
                tr { class: "table-panel",
                    td { colspan: "6", id: "{panel}",
                        UserPanel { person: person.clone(), people, work, links }
                    }
                }
            }
        }
    }
}

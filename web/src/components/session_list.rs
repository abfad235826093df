//! Open sessions: one's own, or for administrators those of somebody.

use dioxus::prelude::*;

use super::entry::FormProblem;
use super::form::{Work, use_work};
use super::moment::Moment;
use super::paged::{Paged, PagedFrame, use_paged};
use crate::agent::Agent;
use crate::graphql::failure::Failure;
use crate::graphql::page::Page;
use crate::graphql::session::{self, OpenSession};
use crate::graphql::user::UserId;
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::{Catalogue, Text};
use crate::ui::confirm::ConfirmButton;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::Empty;

async fn read(
    caller: Session,
    of: Option<UserId>,
    after: Option<String>,
) -> Result<Page<OpenSession>, Failure> {
    match of {
        Some(user) => session::of_user(caller, user, after).await,
        None => session::own(caller, after).await,
    }
}

/// The program in words.
fn agent(text: Catalogue, session: &OpenSession) -> String {
    match session.user_agent.as_deref().and_then(Agent::read) {
        None => text.say(Text::UnknownProgram).to_owned(),
        Some(Agent { program, system: None }) => program,
        Some(Agent { program, system: Some(system) }) => {
            text.fill(Text::ProgramOnSystem, &[("program", &program), ("system", system)])
        }
    }
}

/// The list, the one used last first; a new `version` has it read anew.
#[component]
pub fn SessionList(of: Option<UserId>, version: Signal<u32>) -> Element {
    let text = use_text();
    let caller = use_context::<Session>();
    let own = of.is_none();
    let sessions = use_paged(move |after| {
        version.read();
        read(caller, of.clone(), after)
    });
    let work = use_work();
    let others = sessions.items().read().iter().any(|session| !session.current);
    rsx! {
        FormProblem { refusal: work.refusal(), fields: vec![] }
        PagedFrame {
            paged: sessions,
            failed: text.say(Text::SessionsFailed),
            empty: rsx! {
                Empty { title: text.say(Text::NoSessions), p {} }
            },
            ul { class: "lines", "data-testid": "sessions",
                for session in sessions.items().read().iter().cloned() {
                    SessionLine { key: "{session.id.inner()}", session, sessions, work }
                }
            }
            if own && others {
                div { class: "row",
                    ConfirmButton {
                        label: text.say(Text::EndOtherSessions),
                        sure: text.say(Text::ReallyEndOtherSessions),
                        testid: "sessions-end-others",
                        disabled: work.busy(),
                        onconfirm: move |()| {
                            work.run(session::end_others(caller), move |_| sessions.again.call(()));
                        },
                    }
                }
            }
        }
    }
}

#[component]
fn SessionLine(session: OpenSession, sessions: Paged<OpenSession>, work: Work) -> Element {
    let text = use_text();
    let caller = use_context::<Session>();
    let id = session.id.clone();
    let end = move |()| {
        let (mut items, ended) = (sessions.items(), id.clone());
        work.run(session::end(caller, id.clone()), move |()| {
            items.write().retain(|known| known.id != ended);
        });
    };
    rsx! {
        li { class: "line",
            Icon { glyph: Glyph::Screen }
            div { class: "line-body",
                p { class: "line-title", title: session.user_agent.clone(),
                    {agent(text, &session)}
                    if session.current {
                        span { class: "badge badge-live", "data-testid": "session-current",
                            {text.say(Text::ThisSession)}
                        }
                    }
                }
                p { class: "muted line-facts",
                    span { {session.address.clone().unwrap_or_else(|| text.say(Text::UnknownAddress).to_owned())} }
                    span {
                        {text.say(Text::LastUsed)}
                        " "
                        Moment { at: session.last_used_at }
                    }
                    span {
                        {text.say(Text::LoggedInAt)}
                        " "
                        Moment { at: session.created_at }
                    }
                }
            }
            if !session.current {
                ConfirmButton {
                    label: text.say(Text::EndSession),
                    sure: text.say(Text::ReallyEndSession),
                    disabled: work.busy(),
                    onconfirm: end,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::scalar::DateTime;
    use crate::text::Language;

    #[test]
    fn a_program_is_told_in_words() {
        let check = |user_agent: Option<&str>, english: &str, chinese: &str| {
            let session = OpenSession {
                id: "s".into(),
                created_at: DateTime::from_millis(0),
                last_used_at: DateTime::from_millis(0),
                address: None,
                user_agent: user_agent.map(str::to_owned),
                current: false,
            };
            assert_eq!(agent(Catalogue(Language::English), &session), english);
            assert_eq!(agent(Catalogue(Language::Chinese), &session), chinese);
        };
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        check(Some(firefox), "Firefox on Linux", "Linux 上的 Firefox");
        check(Some("curl/8.5.0"), "curl", "curl");
        check(None, "Unknown program", "未知程序");
        check(Some(""), "Unknown program", "未知程序");
    }
}

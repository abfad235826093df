//! API keys: one's own, or for administrators those of somebody.

use dioxus::prelude::*;

use super::entry::FormProblem;
use super::form::{Work, use_work};
use super::moment::Moment;
use crate::graphql::api_key::{self, ApiKey, KeyState};
use crate::graphql::failure::Failure;
use crate::graphql::scalar::DateTime;
use crate::graphql::user::UserId;
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::Text;
use crate::ui::confirm::ConfirmButton;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::{Empty, Loading, Problem};

async fn read(session: Session, of: Option<UserId>) -> Result<Vec<ApiKey>, Failure> {
    match of {
        Some(user) => api_key::of_user(session, user).await,
        None => api_key::own(session).await,
    }
}

/// The list; a new `version` has it read anew.
#[component]
pub fn KeyList(of: Option<UserId>, version: Signal<u32>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let own = of.is_none();
    let mut keys = use_resource(move || {
        version.read();
        read(session, of.clone())
    });
    let work = use_work();
    let known = keys.read().clone();
    rsx! {
        FormProblem { refusal: work.refusal(), fields: vec![] }
        match known {
            None => rsx! { Loading { label: text.say(Text::Loading) } },
            Some(Err(failure)) => rsx! {
                Problem {
                    title: text.say(Text::KeysFailed),
                    message: text.failure(&failure),
                    again: Some(text.say(Text::TryAgain).to_owned()),
                    onagain: move |()| keys.restart(),
                }
            },
            Some(Ok(known)) if known.is_empty() => rsx! {
                Empty { title: text.say(Text::NoKeys),
                    if own {
                        p { {text.say(Text::NoKeysHint)} }
                    }
                }
            },
            Some(Ok(known)) => rsx! {
                ul { class: "lines", "data-testid": "keys",
                    for key in known {
                        KeyLine {
                            key: "{key.id.inner()}",
                            api_key: key,
                            work,
                            onrevoked: move |()| keys.restart(),
                        }
                    }
                }
            },
        }
    }
}

#[component]
fn KeyLine(api_key: ApiKey, work: Work, onrevoked: EventHandler<()>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let state = api_key.state(session.server_now());
    let scopes = api_key.scopes.iter().map(|scope| scope.code()).collect::<Vec<_>>().join(" ");
    let id = api_key.id.clone();
    rsx! {
        li { class: if state == KeyState::Active { "line" } else { "line line-over" },
            Icon { glyph: Glyph::Key }
            div { class: "line-body",
                p { class: "line-title",
                    "{api_key.name}"
                    span { class: "code muted", "{api_key.prefix}…" }
                    match state {
                        KeyState::Active => rsx! {},
                        KeyState::Expired => rsx! { span { class: "badge", {text.say(Text::Expired)} } },
                        KeyState::Revoked => rsx! { span { class: "badge", {text.say(Text::Revoked)} } },
                    }
                }
                p { class: "code", "{scopes}" }
                KeyFacts { api_key, state }
            }
            if state == KeyState::Active {
                ConfirmButton {
                    label: text.say(Text::Revoke),
                    sure: text.say(Text::ReallyRevoke),
                    testid: "key-revoke",
                    disabled: work.busy(),
                    onconfirm: move |()| {
                        work.run(api_key::revoke(session, id.clone()), move |_| onrevoked.call(()));
                    },
                }
            }
        }
    }
}

/// When a key stopped working, or will; none where it goes on for ever.
fn end(api_key: &ApiKey, state: KeyState) -> Option<(Text, DateTime)> {
    match state {
        KeyState::Revoked => api_key.revoked_at.map(|at| (Text::Revoked, at)),
        KeyState::Expired => api_key.expires_at.map(|at| (Text::Expired, at)),
        KeyState::Active => api_key.expires_at.map(|at| (Text::Expires, at)),
    }
}

#[component]
fn KeyFacts(api_key: ApiKey, state: KeyState) -> Element {
    let text = use_text();
    let end = end(&api_key, state);
    rsx! {
        p { class: "muted line-facts",
            span {
                {text.say(Text::Created)}
                " "
                Moment { at: api_key.created_at }
            }
            span {
                if let Some(at) = api_key.last_used_at {
                    {text.say(Text::LastUsed)}
                    " "
                    Moment { at }
                } else {
                    {text.say(Text::NeverUsed)}
                }
            }
            if let Some((words, at)) = end {
                span {
                    {text.say(words)}
                    " "
                    Moment { at }
                }
            } else {
                span { {text.say(Text::NeverExpires)} }
            }
            if !api_key.addresses.is_empty() {
                span {
                    {text.fill(Text::OnlyFrom, &[("addresses", &api_key.addresses.join(", "))])}
                }
            }
        }
    }
}

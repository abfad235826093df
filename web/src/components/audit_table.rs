//! The audit log, filtered by who did something and by what it was.

use dioxus::prelude::*;

use super::moment::Moment;
use super::paged::{PagedFrame, use_paged};
use crate::graphql::audit::{self, AuditAction, AuditAuthority, AuditFilter, AuditLine, AuditOutcome};
use crate::graphql::page::first_pages;
use crate::graphql::person;
use crate::graphql::user::UserId;
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::{Catalogue, Text};
use crate::ui::notice::Empty;
use crate::ui::select::Select;

/// The table with its filters, newest line first.
#[component]
pub fn AuditTable() -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let filter = use_signal(AuditFilter::default);
    let lines = use_paged(move |after| audit::lines(session, filter(), after));
    rsx! {
        Filters { filter }
        PagedFrame {
            paged: lines,
            failed: text.say(Text::AuditFailed),
            empty: rsx! {
                Empty { title: text.say(Text::NoAuditLines),
                    if filter() != AuditFilter::default() {
                        p { {text.say(Text::NoAuditLinesHint)} }
                    }
                }
            },
            table { class: "table", "data-testid": "audit",
                thead {
                    tr {
                        th { scope: "col", {text.say(Text::When)} }
                        th { scope: "col", {text.say(Text::Who)} }
                        th { scope: "col", {text.say(Text::What)} }
                        th { scope: "col", {text.say(Text::Subject)} }
                        th { scope: "col", {text.say(Text::Outcome)} }
                        th { scope: "col", {text.say(Text::Address)} }
                    }
                }
                tbody {
                    for line in lines.items().read().iter().cloned() {
                        Line { key: "{line.id.inner()}", line }
                    }
                }
            }
        }
    }
}

/// By what right somebody did it, where that is worth a word.
fn authority(text: Catalogue, line: &AuditLine) -> Option<String> {
    match (line.via, &line.api_key) {
        (AuditAuthority::ApiKey, Some(key)) => Some(text.fill(Text::WithKey, &[("name", &key.name)])),
        (AuditAuthority::ApiKey, None) => Some(text.say(Text::ApiKey).to_owned()),
        (AuditAuthority::Session | AuditAuthority::Nobody, _) => None,
    }
}

#[component]
fn Line(line: AuditLine) -> Element {
    let text = use_text();
    let who = line.username.clone().unwrap_or_else(|| text.say(Text::Nobody).to_owned());
    let authority = authority(text, &line);
    let refused = line.outcome == AuditOutcome::Refused;
    rsx! {
        tr {
            td { "data-label": text.say(Text::When), Moment { at: line.at } }
            td { "data-label": text.say(Text::Who),
                "{who}"
                if let Some(authority) = authority {
                    span { class: "muted table-note", "{authority}" }
                }
            }
            td { "data-label": text.say(Text::What), {text.audit_action(line.action)} }
            td { "data-label": text.say(Text::Subject), {line.subject.unwrap_or_default()} }
            td { "data-label": text.say(Text::Outcome),
                span { class: if refused { "badge badge-stale" } else { "badge badge-live" },
                    {text.say(if refused { Text::Refused } else { Text::Done })}
                }
                if let Some(detail) = line.detail {
                    span { class: "muted table-note", "{detail}" }
                }
            }
            td { class: "code", "data-label": text.say(Text::Address), {line.address.unwrap_or_default()} }
        }
    }
}

/// The most pages of people to choose from, of a hundred each.
const PAGES: usize = 10;

#[component]
fn Filters(filter: Signal<AuditFilter>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    // Without the names the log can still be read, so that a failure here only leaves the list short.
    let people = use_resource(move || first_pages(PAGES, move |after| person::all(session, after)));
    let mut users: Vec<(Option<UserId>, String)> = vec![(None, text.say(Text::Everybody).to_owned())];
    if let Some(people) = &*people.read() {
        users.extend(people.iter().map(|person| (Some(person.id.clone()), person.username.clone())));
    }
    let mut actions = vec![(None, text.say(Text::Everything).to_owned())];
    actions.extend(
        AuditAction::ALL.into_iter().map(|action| (Some(action), text.audit_action(action).to_owned())),
    );
    rsx! {
        div { class: "filters",
            Select {
                id: "audit-user",
                label: text.say(Text::Who),
                items: users,
                chosen: filter().user,
                onchoose: move |user| filter.write().user = user,
            }
            Select {
                id: "audit-action",
                label: text.say(Text::What),
                items: actions,
                chosen: filter().action,
                onchoose: move |action| filter.write().action = action,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::audit::KeyName;
    use crate::graphql::scalar::DateTime;
    use crate::text::Language;

    #[test]
    fn a_key_is_named_where_one_was_used() {
        let check = |via: AuditAuthority, key: Option<&str>, expect: Option<&str>| {
            let line = AuditLine {
                id: "a".into(),
                at: DateTime::from_millis(0),
                username: None,
                via,
                api_key: key.map(|name| KeyName { name: name.into() }),
                address: None,
                action: AuditAction::UserInvite,
                subject: None,
                outcome: AuditOutcome::Done,
                detail: None,
            };
            assert_eq!(authority(Catalogue(Language::English), &line).as_deref(), expect, "{via:?}");
        };
        check(AuditAuthority::Nobody, None, None);
        check(AuditAuthority::Session, None, None);
        check(AuditAuthority::ApiKey, Some("bot"), Some("with the key bot"));
        check(AuditAuthority::ApiKey, None, Some("API key"));
    }
}

//! Making an API key; its secret is shown once.

use dioxus::prelude::*;

use super::entry::FormProblem;
use super::form::{CurrentPassword, use_work};
use crate::graphql::api_key::{self, ApiKeyCreateInput, NewApiKey, Scope};
use crate::graphql::scalar::DateTime;
use crate::preferences::use_text;
use crate::session::{Session, SessionState};
use crate::text::Text;
use crate::ui::copy::CopyField;
use crate::ui::field::{Field, FieldKind};
use crate::ui::select::Select;

const DAY_MS: i64 = 86_400_000;

/// How long a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lifetime {
    Days(u16),
    Unlimited,
}

impl Lifetime {
    const OFFERED: [Self; 5] =
        [Self::Days(7), Self::Days(30), Self::Days(90), Self::Days(365), Self::Unlimited];

    /// When a key made at this moment ends.
    fn end(self, now_millis: i64) -> Option<DateTime> {
        match self {
            Self::Days(days) => Some(DateTime::from_millis(now_millis + i64::from(days) * DAY_MS)),
            Self::Unlimited => None,
        }
    }
}

/// The addresses in a text that separates them by commas or blanks; none where there is no address.
fn addresses(text: &str) -> Option<Vec<String>> {
    let parts = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
    let addresses: Vec<_> = parts.filter(|part| !part.is_empty()).map(str::to_owned).collect();
    (!addresses.is_empty()).then_some(addresses)
}

/// The scopes with one put in or taken out, in the order of `offered`.
fn toggled(offered: &[Scope], chosen: &[Scope], scope: Scope) -> Vec<Scope> {
    offered.iter().copied().filter(|known| chosen.contains(known) != (*known == scope)).collect()
}

/// The form, and afterwards the secret.
#[component]
pub fn KeyForm(onmade: EventHandler<()>) -> Element {
    let text = use_text();
    let mut made = use_signal(|| None::<NewApiKey>);
    let mut open = use_signal(|| false);
    rsx! {
        section { class: "card", "aria-label": text.say(Text::NewApiKey),
            if let Some(made_key) = made() {
                Secret { made: made_key, onkept: move |()| made.set(None) }
            } else if open() {
                NewKey {
                    onmade: move |key| {
                        made.set(Some(key));
                        open.set(false);
                        onmade.call(());
                    },
                    onback: move |()| open.set(false),
                }
            } else {
                div { class: "row row-plain",
                    button {
                        r#type: "button",
                        class: "button button-primary",
                        "data-testid": "key-new",
                        onclick: move |_| open.set(true),
                        {text.say(Text::NewApiKey)}
                    }
                    span { class: "muted", {text.say(Text::NewApiKeyLead)} }
                }
            }
        }
    }
}

#[component]
fn Secret(made: NewApiKey, onkept: EventHandler<()>) -> Element {
    let text = use_text();
    rsx! {
        div { class: "once", role: "group", "aria-labelledby": "key-made-title",
            h2 { id: "key-made-title", {text.fill(Text::ApiKeyMade, &[("name", &made.key.name)])} }
            p { {text.say(Text::ApiKeyMadeLead)} }
            CopyField {
                id: "key-secret",
                label: text.say(Text::Secret),
                value: made.secret,
                words: text.copy_words(),
            }
            pre { class: "code example", "Authorization: Bearer tgk_…" }
            div { class: "row",
                button {
                    r#type: "button",
                    class: "button button-primary",
                    "data-testid": "key-kept",
                    onclick: move |_| onkept.call(()),
                    {text.say(Text::SecretKept)}
                }
            }
        }
    }
}

#[component]
fn NewKey(onmade: EventHandler<NewApiKey>, onback: EventHandler<()>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let name = use_signal(String::new);
    let mut scopes = use_signal(|| vec![Scope::MarketRead]);
    let mut lifetime = use_signal(|| Lifetime::Days(90));
    let from = use_signal(String::new);
    let password = use_signal(String::new);
    let work = use_work();
    let submit = move |event: FormEvent| {
        event.prevent_default();
        let input = ApiKeyCreateInput {
            name: name().trim().to_owned(),
            scopes: scopes(),
            expires_at: lifetime().end(session.server_now()),
            addresses: addresses(&from()),
            current_password: password(),
        };
        work.run(api_key::create(session, input), move |made| onmade.call(made));
    };
    let refusal = work.refusal();
    let fields = vec!["name", "scopes", "addresses", "currentPassword"];
    let lifetimes = Lifetime::OFFERED.map(|lifetime| {
        let words = match lifetime {
            Lifetime::Days(days) => text.fill(Text::Days, &[("count", &days.to_string())]),
            Lifetime::Unlimited => text.say(Text::NeverExpires).to_owned(),
        };
        (lifetime, words)
    });
    rsx! {
        h2 { {text.say(Text::NewApiKey)} }
        form { class: "narrow-form", "data-testid": "key-form", onsubmit: submit,
            FormProblem { refusal: refusal.clone(), fields }
            Field {
                kind: FieldKind { id: "key-name", input: "text", autocomplete: "off" },
                label: text.say(Text::KeyName),
                value: name,
                hint: text.say(Text::KeyNameHint),
                error: text.field_error(refusal.as_ref(), "name"),
                focused: true,
            }
            ScopeChoice {
                chosen: scopes(),
                error: text.field_error(refusal.as_ref(), "scopes"),
                onchange: move |chosen| scopes.set(chosen),
            }
            Select {
                id: "key-lifetime",
                label: text.say(Text::Expires),
                items: lifetimes.to_vec(),
                chosen: lifetime(),
                onchoose: move |chosen| lifetime.set(chosen),
            }
            Field {
                kind: FieldKind { id: "key-addresses", input: "text", autocomplete: "off" },
                label: text.say(Text::KeyAddresses),
                value: from,
                hint: text.say(Text::KeyAddressesHint),
                error: text.field_error(refusal.as_ref(), "addresses"),
                required: false,
            }
            CurrentPassword { id: "key-password", value: password, refusal }
            div { class: "row",
                button {
                    r#type: "submit",
                    class: "button button-primary",
                    "data-testid": "key-create",
                    disabled: work.busy() || scopes().is_empty(),
                    {text.say(Text::CreateKey)}
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

/// A box for each scope that the role may give.
#[component]
fn ScopeChoice(chosen: Vec<Scope>, error: Option<String>, onchange: EventHandler<Vec<Scope>>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let offered = match session.state() {
        SessionState::LoggedIn(user) => Scope::offered_to(user.role),
        _ => &[],
    };
    rsx! {
        fieldset { class: "field boxes",
            legend { {text.say(Text::Scopes)} }
            for scope in offered.iter().copied() {
                label { key: "{scope.code()}", class: "box",
                    input {
                        r#type: "checkbox",
                        "data-testid": "scope-{scope.code()}",
                        checked: chosen.contains(&scope),
                        onchange: {
                            let chosen = chosen.clone();
                            move |_| onchange.call(toggled(offered, &chosen, scope))
                        },
                    }
                    span { class: "code", {scope.code()} }
                    span { class: "muted box-words", {text.scope(scope)} }
                }
            }
            if let Some(error) = error {
                p { class: "field-note field-error", role: "alert", "{error}" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::user::Role;

    #[test]
    fn addresses_are_separated_as_people_write_lists() {
        let check = |text: &str, expect: Option<&[&str]>| {
            let expect = expect.map(|list| list.iter().map(ToString::to_string).collect());
            assert_eq!(addresses(text), expect, "{text:?}");
        };
        check("", None);
        check(" , ;\n", None);
        check("10.0.0.1", Some(&["10.0.0.1"]));
        check(
            "10.0.0.0/8, 2001:db8::/32;192.0.2.7\n198.51.100.1",
            Some(&["10.0.0.0/8", "2001:db8::/32", "192.0.2.7", "198.51.100.1"]),
        );
    }

    #[test]
    fn a_key_ends_so_many_days_from_now() {
        let now = 1_700_000_000_000;
        assert_eq!(Lifetime::Days(7).end(now), Some(DateTime::from_millis(now + 604_800_000)));
        assert_eq!(Lifetime::Unlimited.end(now), None);
    }

    #[test]
    fn a_scope_is_put_in_or_taken_out_in_its_place() {
        use Scope::{MarketRead, Research, TradePaper};
        let offered = Scope::offered_to(Role::Trader);
        let check = |chosen: &[Scope], scope: Scope, expect: &[Scope]| {
            assert_eq!(toggled(offered, chosen, scope), expect, "{chosen:?} {scope:?}");
        };
        check(&[], TradePaper, &[TradePaper]);
        check(&[TradePaper], MarketRead, &[MarketRead, TradePaper]);
        check(&[MarketRead, TradePaper, Research], TradePaper, &[MarketRead, Research]);
        check(&[MarketRead], Scope::Admin, &[MarketRead]);
    }
}

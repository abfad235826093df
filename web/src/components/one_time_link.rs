//! The link with which somebody chooses a password; it is shown once.

use dioxus::prelude::*;

use super::moment::Moment;
use crate::browser;
use crate::graphql::person::PasswordToken;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::copy::CopyField;

/// The link on this origin. The token follows a `#`, so that it never reaches a server's log.
fn link(origin: &str, token: &str) -> String {
    format!("{origin}/password#{token}")
}

/// The link, until it has been handed on.
#[component]
pub fn OneTimeLink(token: PasswordToken, onkept: EventHandler<()>) -> Element {
    let text = use_text();
    rsx! {
        div { class: "once", role: "group", "aria-labelledby": "one-time-link-title",
            h3 { id: "one-time-link-title",
                {text.fill(Text::OneTimeLink, &[("username", &token.person.username)])}
            }
            p { {text.say(Text::OneTimeLinkLead)} }
            CopyField {
                id: "one-time-link",
                label: text.say(Text::Link),
                value: link(&browser::origin(), &token.token),
                words: text.copy_words(),
            }
            p { class: "muted",
                {text.say(Text::Expires)}
                " "
                Moment { at: token.expires_at }
            }
            div { class: "row",
                button {
                    r#type: "button",
                    class: "button button-primary",
                    "data-testid": "one-time-link-kept",
                    onclick: move |_| onkept.call(()),
                    {text.say(Text::LinkKept)}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_where_servers_do_not_see_it() {
        assert_eq!(link("https://desk.example", "tok-1"), "https://desk.example/password#tok-1");
    }
}

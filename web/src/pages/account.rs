//! One's own account: the password and the second factor.

use dioxus::prelude::*;

use crate::app::Route;
use crate::components::email_form::EmailForm;
use crate::components::password_change::PasswordChange;
use crate::components::second_factor::SecondFactor;
use crate::components::settings::Settings;
use crate::components::webhook_list::WebhookList;
use crate::preferences::use_text;
use crate::session::{Session, SessionState};
use crate::text::Text;

/// The page.
#[component]
pub fn Account() -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    rsx! {
        Settings { page: Route::Account {}, title: Text::Account, lead: Text::AccountLead,
            if let SessionState::LoggedIn(user) = session.state() {
                section { class: "card",
                    dl { class: "pairs",
                        dt { {text.say(Text::Username)} }
                        dd { "data-testid": "account-username", "{user.username}" }
                        dt { {text.say(Text::Role)} }
                        dd { {text.role(user.role)} }
                    }
                }
            }
            PasswordChange {}
            SecondFactor {}
            EmailForm {}
            WebhookList {}
        }
    }
}

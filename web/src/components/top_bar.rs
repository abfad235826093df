//! The bar over the dashboard.

use dioxus::prelude::*;

use super::account_menu::{AccountMenu, LanguageChoice, ThemeChoice};
use super::status::ConnectionLight;
use crate::preferences::use_text;
use crate::session::{Session, SessionState};
use crate::text::Text;
use crate::ui::icon::Logo;

/// The bar.
#[component]
pub fn TopBar() -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    rsx! {
        header { class: "top-bar",
            p { class: "brand",
                Logo {}
                span { {text.say(Text::Product)} }
            }
            div { class: "top-bar-end",
                ConnectionLight {}
                div { class: "wide-only top-bar-settings",
                    LanguageChoice {}
                    ThemeChoice {}
                }
                if let SessionState::LoggedIn(user) = session.state() {
                    AccountMenu { user }
                }
            }
        }
    }
}

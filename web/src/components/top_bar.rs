//! The bar over every page of those who are logged in.

use dioxus::prelude::*;

use super::account_menu::AccountMenu;
use crate::app::Route;
use crate::preferences::use_text;
use crate::session::{Session, SessionState};
use crate::text::Text;
use crate::ui::icon::Logo;

/// The bar, with its children before the settings.
#[component]
pub fn TopBar(children: Element) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    rsx! {
        header { class: "top-bar",
            Link { class: "brand", to: Route::Dashboard {},
                Logo {}
                span { {text.say(Text::Product)} }
            }
            div { class: "top-bar-end",
                {children}
                if let SessionState::LoggedIn(user) = session.state() {
                    AccountMenu { user }
                }
            }
        }
    }
}

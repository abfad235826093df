//! One's own sessions: where somebody is logged in with this account.

use dioxus::prelude::*;

use crate::app::Route;
use crate::components::session_list::SessionList;
use crate::components::settings::Settings;
use crate::text::Text;

/// The page.
#[component]
pub fn Sessions() -> Element {
    // Nothing on this page changes the list but the list itself.
    let version = use_signal(|| 0);
    rsx! {
        Settings { page: Route::Sessions {}, title: Text::Sessions, lead: Text::SessionsLead,
            section { class: "card", SessionList { of: None, version } }
        }
    }
}

//! One's own API keys.

use dioxus::prelude::*;

use crate::app::Route;
use crate::components::key_form::KeyForm;
use crate::components::key_list::KeyList;
use crate::components::settings::Settings;
use crate::text::Text;

/// The page.
#[component]
pub fn Keys() -> Element {
    // Counts the keys that were made here: the list is read anew at each.
    let mut made = use_signal(|| 0_u32);
    rsx! {
        Settings { page: Route::Keys {}, title: Text::ApiKeys, lead: Text::ApiKeysLead,
            KeyForm { onmade: move |()| *made.write() += 1 }
            section { class: "card", KeyList { of: None, version: made } }
        }
    }
}

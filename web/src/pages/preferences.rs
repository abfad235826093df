//! One's own preferences.

use dioxus::prelude::*;

use crate::app::Route;
use crate::components::preference_form::PreferenceForm;
use crate::components::settings::Settings;
use crate::text::Text;

/// The page.
#[component]
pub fn PreferencesPage() -> Element {
    rsx! {
        Settings { page: Route::PreferencesPage {}, title: Text::Preferences, lead: Text::PreferencesLead,
            PreferenceForm {}
        }
    }
}

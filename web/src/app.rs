//! The root of the page: what every view shares, and which view an address shows.

use dioxus::prelude::*;

use crate::browser;
use crate::pages::dashboard::Dashboard;
use crate::pages::log_in::LogIn;
use crate::pages::not_found::NotFound;
use crate::pages::set_up::SetUp;
use crate::preferences::Preferences;
use crate::session::Session;

/// The addresses of the dashboard.
#[derive(Routable, Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each is the page of its name")]
pub enum Route {
    #[route("/")]
    Dashboard {},
    #[route("/login")]
    LogIn {},
    #[route("/setup")]
    SetUp {},
    #[route("/:..segments")]
    NotFound { segments: Vec<String> },
}

/// The one-time token of the set-up link, as the page was opened with it.
#[derive(Clone, PartialEq)]
pub struct SetUpToken(pub Option<String>);

impl SetUpToken {
    /// Takes the token out of the address, where it must not stay.
    fn take_from_address() -> Self {
        let token = browser::address_hash().strip_prefix("token=").map(str::to_owned);
        if token.is_some() {
            browser::clear_address_hash();
        }
        Self(token)
    }
}

/// The page.
#[component]
pub fn App() -> Element {
    use_context_provider(SetUpToken::take_from_address);
    let preferences = use_context_provider(Preferences::remembered);
    let session = use_context_provider(Session::new);
    use_hook(|| spawn(session.run()));
    use_effect(move || browser::set_title(preferences.text().say(crate::text::Text::Product)));
    rsx! {
        Router::<Route> {}
    }
}

//! The root of the page: what every view shares, and which view an address shows.

use dioxus::prelude::*;
use futures::StreamExt;

use crate::browser;
use crate::graphql::user::Role;
use crate::pages::account::Account;
use crate::pages::audit::Audit;
use crate::pages::dashboard::{Dashboard, KeyListener};
use crate::pages::gallery::Gallery;
use crate::pages::keys::Keys;
use crate::pages::log_in::LogIn;
use crate::pages::not_found::NotFound;
use crate::pages::password::Password;
use crate::pages::preferences::PreferencesPage;
use crate::pages::sessions::Sessions;
use crate::pages::set_up::SetUp;
use crate::pages::users::Users;
use crate::preferences::Preferences;
use crate::session::{Session, SessionState};

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
    #[route("/password")]
    Password {},
    #[route("/account")]
    Account {},
    #[route("/account/preferences")]
    PreferencesPage {},
    #[route("/account/sessions")]
    Sessions {},
    #[route("/account/keys")]
    Keys {},
    #[route("/admin/users")]
    Users {},
    #[route("/admin/audit")]
    Audit {},
    #[route("/gallery")]
    Gallery {},
    #[route("/:..segments")]
    NotFound { segments: Vec<String> },
}

impl Route {
    /// Whether somebody who is logged in with this role may see the page.
    pub fn is_for(&self, role: Role) -> bool {
        match self {
            Self::SetUp {} | Self::LogIn {} => false,
            Self::Users {} | Self::Audit {} => role == Role::Admin,
            Self::Dashboard {}
            | Self::Account {}
            | Self::PreferencesPage {}
            | Self::Gallery {}
            | Self::Sessions {}
            | Self::Keys {}
            | Self::Password {}
            | Self::NotFound { .. } => true,
        }
    }
}

/// The one-time token of the set-up link or password link that was opened last in this tab.
#[derive(Clone, Copy, PartialEq)]
pub struct OneTimeToken(Signal<Option<String>>);

impl OneTimeToken {
    /// The token of the address that the page was opened with; made once, at the root.
    fn new() -> Self {
        Self(Signal::new(taken_from_address()))
    }

    /// The token; a component that reads it is drawn again when another link is opened.
    pub fn read(self) -> Option<String> {
        self.0.cloned()
    }

    /// The token has done its work; one of a link that was opened since stays.
    pub fn forget(mut self, spent: &str) {
        if self.0.peek().as_deref() == Some(spent) {
            self.0.set(None);
        }
    }

    /// Takes every further token: a link that differs only behind the `#` does not load the page anew.
    async fn watch(mut self) {
        let mut changes = browser::address_hash_changes();
        while changes.next().await.is_some() {
            if let Some(token) = taken_from_address() {
                self.0.set(Some(token));
            }
        }
    }
}

/// Takes the token out of the address, where it must not stay.
fn taken_from_address() -> Option<String> {
    let token = token_in(&browser::address_path(), &browser::address_hash())?;
    browser::clear_address_hash();
    Some(token)
}

/// The token in `/setup#token=…` and `/password#…`.
fn token_in(path: &str, hash: &str) -> Option<String> {
    let token = match (path, hash.strip_prefix("token=")) {
        (_, Some(token)) => token,
        ("/password", None) => hash,
        (_, None) => "",
    };
    (!token.is_empty()).then(|| token.to_owned())
}

/// The page.
#[component]
pub fn App() -> Element {
    let token = use_context_provider(OneTimeToken::new);
    use_hook(|| spawn(token.watch()));
    let preferences = use_context_provider(Preferences::remembered);
    let session = use_context_provider(Session::new);
    use_hook(|| spawn(session.run()));
    use_context_provider(|| KeyListener::new(preferences));
    let user = use_memo(move || match session.state() {
        SessionState::LoggedIn(user) => Some(user.id),
        _ => None,
    });
    use_effect(move || match user() {
        Some(_) => {
            spawn(preferences.follow(session));
        }
        None => preferences.forget_owner(),
    });
    use_effect(move || browser::set_title(preferences.text().say(crate::text::Text::Product)));
    rsx! {
        Router::<Route> {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_from_the_links_that_have_one() {
        let check = |path: &str, hash: &str, expect: Option<&str>| {
            assert_eq!(token_in(path, hash).as_deref(), expect, "{path} {hash}");
        };
        check("/setup", "token=abc", Some("abc"));
        check("/password", "abc", Some("abc"));
        check("/password", "token=abc", Some("abc"));
        check("/password", "", None);
        check("/password", "token=", None);
        check("/", "main", None);
    }
}

//! Who may see which page; everybody else is led to the page that is for them.

use dioxus::prelude::*;

use crate::app::Route;
use crate::preferences::use_text;
use crate::session::{Session, SessionState};
use crate::text::Text;
use crate::ui::icon::Logo;

/// The page for somebody who stands there and asked for `page`; none where it is not known yet.
fn fitting(state: &SessionState, page: &Route) -> Option<Route> {
    match state {
        SessionState::Starting | SessionState::Unreachable => None,
        SessionState::SetUpNeeded => Some(Route::SetUp {}),
        SessionState::LoggedOut => Some(Route::LogIn {}),
        SessionState::LoggedIn(user) if page.is_for(user.role) => Some(page.clone()),
        SessionState::LoggedIn(_) => Some(Route::Dashboard {}),
    }
}

/// Shows its children on the page that fits the session, and leads elsewhere from every other page.
#[component]
pub fn Gate(page: Route, children: Element) -> Element {
    let session = use_context::<Session>();
    let state = session.state();
    let fitting = fitting(&state, &page);
    let navigator = use_navigator();
    let here = page.clone();
    use_effect(use_reactive!(|fitting, here| {
        if let Some(fitting) = fitting.clone().filter(|fitting| *fitting != here) {
            navigator.replace(fitting);
        }
    }));
    if fitting == Some(page) {
        children
    } else {
        rsx! {
            Splash { unreachable: state == SessionState::Unreachable }
        }
    }
}

/// What stands on the screen until the server has answered.
#[component]
fn Splash(unreachable: bool) -> Element {
    let text = use_text();
    rsx! {
        main { class: "splash", role: "status",
            Logo {}
            if unreachable {
                p { class: "splash-title", {text.say(Text::ServerUnreachable)} }
                p { class: "muted", {text.say(Text::TryingAgain)} }
            } else {
                p { class: "muted", {text.say(Text::Loading)} }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::user::{Role, User, UserId};

    #[test]
    fn everybody_is_led_to_a_page_that_is_for_them() {
        let check = |state: &SessionState, page: Route, expect: Option<Route>| {
            assert_eq!(fitting(state, &page), expect, "{state:?} {page:?}");
        };
        let user = |role| SessionState::LoggedIn(User { id: UserId::new("u"), username: "ann".into(), role });
        let (viewer, admin) = (user(Role::Viewer), user(Role::Admin));
        check(&SessionState::Starting, Route::Account {}, None);
        check(&SessionState::Unreachable, Route::Dashboard {}, None);
        check(&SessionState::SetUpNeeded, Route::Users {}, Some(Route::SetUp {}));
        check(&SessionState::LoggedOut, Route::Keys {}, Some(Route::LogIn {}));
        check(&SessionState::LoggedOut, Route::LogIn {}, Some(Route::LogIn {}));
        check(&viewer, Route::LogIn {}, Some(Route::Dashboard {}));
        check(&viewer, Route::SetUp {}, Some(Route::Dashboard {}));
        check(&viewer, Route::Dashboard {}, Some(Route::Dashboard {}));
        check(&viewer, Route::Sessions {}, Some(Route::Sessions {}));
        check(&viewer, Route::Users {}, Some(Route::Dashboard {}));
        check(&viewer, Route::Audit {}, Some(Route::Dashboard {}));
        check(&admin, Route::Users {}, Some(Route::Users {}));
        check(&admin, Route::Audit {}, Some(Route::Audit {}));
    }
}

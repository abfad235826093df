//! Who may see which page; everybody else is led to the page that is for them.

use dioxus::prelude::*;

use crate::app::Route;
use crate::preferences::use_text;
use crate::session::{Session, SessionState};
use crate::text::Text;
use crate::ui::icon::Logo;

/// Shows its children on the page that fits the session, and leads elsewhere from every other page.
#[component]
pub fn Gate(page: Route, children: Element) -> Element {
    let session = use_context::<Session>();
    let state = session.state();
    let fitting = match state {
        SessionState::Starting | SessionState::Unreachable => None,
        SessionState::SetUpNeeded => Some(Route::SetUp {}),
        SessionState::LoggedOut => Some(Route::LogIn {}),
        SessionState::LoggedIn(_) => Some(Route::Dashboard {}),
    };
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

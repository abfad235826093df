//! The frame of the pages about people: a bar, the way between the pages, and one column.

use dioxus::prelude::*;

use super::account_menu::pages;
use super::top_bar::TopBar;
use crate::app::Route;
use crate::browser;
use crate::pages::gate::Gate;
use crate::preferences::use_text;
use crate::session::{Session, SessionState};
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};

/// The frame, for who may see the page.
#[component]
pub fn Settings(page: Route, title: Text, lead: Text, children: Element) -> Element {
    let text = use_text();
    rsx! {
        Gate { page: page.clone(),
            TopBar {}
            div { class: "settings",
                SettingsNavigation { here: page }
                main { class: "settings-main",
                    h1 { {text.say(title)} }
                    p { class: "muted settings-lead", {text.say(lead)} }
                    {children}
                }
            }
        }
    }
}

/// The id of the link to the page that is open.
const HERE: &str = "settings-here";

#[component]
fn SettingsNavigation(here: Route) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    // On a narrow screen the links scroll sideways.
    use_effect(|| browser::scroll_into_view(HERE));
    let SessionState::LoggedIn(user) = session.state() else { return rsx! {} };
    rsx! {
        nav { class: "settings-nav", "aria-label": text.say(Text::Account),
            Link { class: "settings-link", to: Route::Dashboard {},
                Icon { glyph: Glyph::Back }
                {text.say(Text::Market)}
            }
            for (route, glyph, words) in pages(user.role) {
                Link { key: "{words:?}", class: "settings-link", id: if route == here { HERE }, to: route,
                    Icon { glyph }
                    {text.say(words)}
                }
            }
        }
    }
}

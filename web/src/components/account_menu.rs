//! Who is logged in, and how the dashboard looks to that person.

use dioxus::prelude::*;

use crate::app::Route;
use crate::graphql::user::{Role, User};
use crate::preferences::{Preferences, Theme, use_text};
use crate::session::{Leaving, Session};
use crate::text::{Language, Text};
use crate::ui::choice::{Choice, Item};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::menu::Menu;

/// English or Chinese.
#[component]
pub fn LanguageChoice() -> Element {
    let preferences = use_context::<Preferences>();
    let text = preferences.text();
    let items = Language::ALL
        .into_iter()
        .map(|language| Item { value: language, label: language.own_name().to_owned(), glyph: None })
        .collect::<Vec<_>>();
    rsx! {
        Choice {
            label: text.say(Text::Language),
            items,
            chosen: preferences.language(),
            onchoose: move |language: Language| preferences.change(|it| language.tag().clone_into(&mut it.language)),
        }
    }
}

/// Dark, light, or as the machine is set.
#[component]
pub fn ThemeChoice() -> Element {
    let preferences = use_context::<Preferences>();
    let text = preferences.text();
    let items = [
        (Theme::Dark, Text::ThemeDark, Glyph::Moon),
        (Theme::Light, Text::ThemeLight, Glyph::Sun),
        (Theme::System, Text::ThemeSystem, Glyph::Screen),
    ]
    .into_iter()
    .map(|(value, label, glyph)| Item { value, label: text.say(label).to_owned(), glyph: Some(glyph) })
    .collect::<Vec<_>>();
    rsx! {
        Choice {
            label: text.say(Text::Theme),
            items,
            chosen: preferences.theme(),
            onchoose: move |theme| preferences.change(|it| it.theme = theme),
        }
    }
}

/// The pages about oneself and, for administrators, about everybody.
pub fn pages(role: Role) -> Vec<(Route, Glyph, Text)> {
    let pages = [
        (Route::Account {}, Glyph::Person, Text::Account),
        (Route::PreferencesPage {}, Glyph::Gear, Text::Preferences),
        (Route::Sessions {}, Glyph::Screen, Text::Sessions),
        (Route::Keys {}, Glyph::Key, Text::ApiKeys),
        (Route::Users {}, Glyph::People, Text::Users),
        (Route::Audit {}, Glyph::List, Text::AuditLog),
    ];
    pages.into_iter().filter(|(route, ..)| route.is_for(role)).collect()
}

/// The menu of the person who is logged in.
#[component]
pub fn AccountMenu(user: User) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let leaving = session.leaving();
    rsx! {
        Menu {
            id: "user-menu",
            label: text.say(Text::Account),
            class: "menu-right",
            button: rsx! {
                Icon { glyph: Glyph::Person }
                span { class: "wide-only", "{user.username}" }
                Icon { glyph: Glyph::ChevronDown }
            },
            div { class: "account-name",
                strong { "{user.username}" }
                span { class: "muted", {text.role(user.role)} }
            }
            div { class: "account-settings",
                LanguageChoice {}
                ThemeChoice {}
            }
            for (route, glyph, words) in pages(user.role) {
                Link { key: "{words:?}", class: "menu-item", to: route,
                    Icon { glyph }
                    {text.say(words)}
                }
            }
            a { class: "menu-item", href: "/licenses.txt", target: "_blank", rel: "noopener",
                Icon { glyph: Glyph::List }
                {text.say(Text::Licenses)}
            }
            button {
                r#type: "button",
                class: "menu-item",
                "data-testid": "log-out",
                disabled: leaving == Leaving::Underway,
                onclick: move |_| session.log_out(),
                Icon { glyph: Glyph::LogOut }
                {text.say(if leaving == Leaving::Underway { Text::LoggingOut } else { Text::LogOut })}
            }
            if leaving == Leaving::Failed {
                p { class: "form-problem", role: "alert", "data-testid": "log-out-problem",
                    Icon { glyph: Glyph::Alert }
                    span { {text.say(Text::LogOutFailed)} }
                }
            }
        }
    }
}

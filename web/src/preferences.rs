//! How the reader wants the dashboard to look: language and theme, remembered by this browser.

use dioxus::prelude::*;

use crate::browser;
use crate::text::{Catalogue, Language};

const LANGUAGE_KEY: &str = "tickgraph.language";
/// `public/theme.js` reads it too, before the first picture.
const THEME_KEY: &str = "tickgraph.theme";

/// The colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// As the machine is set.
    System,
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

impl Theme {
    /// Every theme with the name under which it is remembered.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Dark, "dark"), (Self::Light, "light"), (Self::System, "system")];

    fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map_or(Self::System, |(theme, _)| theme)
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(theme, _)| *theme == self).map_or("system", |(_, name)| name)
    }
}

/// The reader's choices; made once, at the root.
#[derive(Clone, Copy, PartialEq)]
pub struct Preferences {
    language: Signal<Language>,
    theme: Signal<Theme>,
}

impl Preferences {
    /// What this browser remembers, else what it is set to.
    pub fn remembered() -> Self {
        let language = browser::remembered(LANGUAGE_KEY).unwrap_or_else(browser::language);
        let theme = browser::remembered(THEME_KEY).unwrap_or_default();
        let preferences = Self {
            language: Signal::new(Language::from_tag(&language)),
            theme: Signal::new(Theme::from_name(&theme)),
        };
        show_language(*preferences.language.peek());
        show_theme(*preferences.theme.peek());
        preferences
    }

    /// The language.
    pub fn language(self) -> Language {
        *self.language.read()
    }

    /// The theme.
    pub fn theme(self) -> Theme {
        *self.theme.read()
    }

    /// Every text in the reader's language.
    pub fn text(self) -> Catalogue {
        Catalogue(self.language())
    }

    /// Changes the language.
    pub fn set_language(mut self, language: Language) {
        browser::remember(LANGUAGE_KEY, language.tag());
        show_language(language);
        self.language.set(language);
    }

    /// Changes the theme.
    pub fn set_theme(mut self, theme: Theme) {
        browser::remember(THEME_KEY, theme.name());
        // The page changes first, so that whoever hears of it finds the new colours.
        show_theme(theme);
        self.theme.set(theme);
    }
}

fn show_language(language: Language) {
    browser::set_root_attribute("lang", language.tag());
}

fn show_theme(theme: Theme) {
    match theme {
        Theme::System => browser::remove_root_attribute("data-theme"),
        theme => browser::set_root_attribute("data-theme", theme.name()),
    }
}

/// Every text in the reader's language, for a component.
pub fn use_text() -> Catalogue {
    use_context::<Preferences>().text()
}

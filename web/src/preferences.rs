//! How the reader wants the dashboard: kept by the server for whoever is logged in, and remembered by this
//! browser, so that the first picture looks right already.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use crate::browser;
use crate::graphql::preferences as server;
use crate::graphql::user_error::{Refusal, UserErrorCode};
use crate::session::Session;
use crate::text::{Catalogue, Language};

mod choices;
mod clock;

pub use choices::{Choices, Density, Rising, SingleKeys, Theme, Zone};
pub use clock::use_clock;

/// `public/theme.js` reads it too, before the first picture.
const KEY: &str = "tickgraph.preferences";

/// How long nothing may change before a change is saved.
const QUIET_MS: u32 = 800;

/// The version of preferences that were never saved.
const NEVER_SAVED: i32 = 0;

/// The reader's choices; made once, at the root.
#[derive(Clone, Copy, PartialEq)]
pub struct Preferences {
    choices: Signal<Choices>,
    /// Why the last change is not on the server.
    pub refusal: Signal<Option<Refusal>>,
    version: Signal<Option<i32>>,
    owner: Signal<Option<Session>>,
    changes: Signal<u32>,
}

impl Preferences {
    /// What this browser remembers, else what it is set to.
    pub fn remembered() -> Self {
        let choices = browser::remembered(KEY).and_then(|text| Choices::read(&text)).unwrap_or_default();
        show(&choices);
        Self {
            choices: Signal::new(choices),
            refusal: Signal::new(None),
            version: Signal::new(None),
            owner: Signal::new(None),
            changes: Signal::new(0),
        }
    }

    /// Everything that was chosen.
    pub fn choices(self) -> Choices {
        self.choices.read().clone()
    }

    /// The language.
    pub fn language(self) -> Language {
        language_of(&self.choices.read())
    }

    /// The theme.
    pub fn theme(self) -> Theme {
        self.choices.read().theme
    }

    /// The colour of what rises.
    pub fn rising(self) -> Rising {
        self.choices.read().rising
    }

    /// The time zone.
    pub fn zone(self) -> Zone {
        self.choices.read().zone
    }

    /// How high a row of a table is, in pixels.
    pub fn row_height(self) -> u32 {
        match self.choices.read().density {
            Density::Compact => 24,
            Density::Normal => 30,
            Density::Roomy => 40,
        }
    }

    /// Whether single keys are commands.
    pub fn single_keys(self) -> SingleKeys {
        self.choices.read().keys
    }

    /// Every text in the reader's language.
    pub fn text(self) -> Catalogue {
        Catalogue(self.language())
    }

    /// Changes something.
    pub fn change(mut self, change: impl FnOnce(&mut Choices)) {
        let mut choices = self.choices.peek().clone();
        change(&mut choices);
        if choices == *self.choices.peek() {
            return;
        }
        self.adopt(choices);
        let number = *self.changes.peek() + 1;
        self.changes.set(number);
        let session = *self.owner.peek();
        if let Some(session) = session {
            dioxus::core::spawn_forever(async move {
                TimeoutFuture::new(QUIET_MS).await;
                if *self.changes.peek() == number {
                    self.save(session).await;
                }
            });
        }
    }

    /// Somebody is logged in: what the server keeps for that person counts.
    pub async fn follow(mut self, session: Session) {
        self.owner.set(Some(session));
        let before = *self.changes.peek();
        // What the browser remembers is good enough until the server answers, and where it does not.
        let Ok(kept) = server::own(session).await else { return };
        let Some(kept) = kept else { return };
        self.version.set(Some(kept.version));
        // What nobody has saved yet is no choice; what was chosen meanwhile is a later one.
        let chosen = kept.version != NEVER_SAVED && *self.changes.peek() == before;
        if let Some(choices) = Choices::read(&kept.content).filter(|_| chosen) {
            self.adopt(choices);
        }
    }

    /// Nobody is logged in any more.
    pub fn forget_owner(mut self) {
        self.owner.set(None);
        self.version.set(None);
    }

    fn adopt(mut self, choices: Choices) {
        browser::remember(KEY, &choices.written());
        // The page changes first, so that whoever hears of it finds the new colours.
        show(&choices);
        self.choices.set(choices);
    }

    /// The latest choice of the person counts: where another tab was faster, its version is built upon.
    async fn save(mut self, session: Session) {
        for _ in 0..2 {
            let (content, version) = (self.choices.peek().written(), *self.version.peek());
            match server::save(session, content, version).await {
                Ok(kept) => {
                    self.version.set(Some(kept.version));
                    return self.refusal.set(None);
                }
                Err(refusal) if refusal.has(UserErrorCode::Outdated) => {
                    let kept = server::own(session).await.ok().flatten();
                    self.version.set(kept.map(|kept| kept.version));
                }
                Err(refusal) => return self.refusal.set(Some(refusal)),
            }
        }
    }
}

fn language_of(choices: &Choices) -> Language {
    if choices.language.is_empty() {
        Language::from_tag(&browser::language())
    } else {
        Language::from_tag(&choices.language)
    }
}

/// Tells the style sheet and assistive technology.
fn show(choices: &Choices) {
    browser::set_root_attribute("lang", language_of(choices).tag());
    let attribute = |name: &str, value: Option<&str>| match value {
        Some(value) => browser::set_root_attribute(name, value),
        None => browser::remove_root_attribute(name),
    };
    attribute(
        "data-theme",
        match choices.theme {
            Theme::System => None,
            Theme::Dark => Some("dark"),
            Theme::Light => Some("light"),
        },
    );
    attribute("data-rising", (choices.rising == Rising::Red).then_some("red"));
    attribute(
        "data-density",
        match choices.density {
            Density::Compact => Some("compact"),
            Density::Normal => None,
            Density::Roomy => Some("roomy"),
        },
    );
}

/// Every text in the reader's language, for a component.
pub fn use_text() -> Catalogue {
    use_context::<Preferences>().text()
}

//! The palette: one field that finds instruments, panels, layouts, pages and commands.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use super::overlay::Section;
use super::palette_list::{self, Choice, Offer};
use super::tile;
use crate::alerts::Alerts;
use crate::app::Route;
use crate::browser;
use crate::graphql::instrument::{self, Instrument};
use crate::preferences::use_text;
use crate::session::{Session, SessionState};
use crate::text::Text;
use crate::ui::dialog::{Bare, Dialog};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::keys::Keys;
use crate::workspace::state::Workspace;

/// How long to wait for the next letter before asking.
const DEBOUNCE_MS: u32 = 150;

/// The palette. It is the ARIA combobox pattern: the focus stays in the field.
#[component]
pub fn Palette(section: Section, onclose: EventHandler<()>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let workspace = use_context::<Workspace>();
    let alerts = use_context::<Alerts>();
    let run = use_context::<super::super::pages::dashboard::Runner>();
    let navigator = use_navigator();
    let mut typed = use_signal(String::new);
    let mut active = use_signal(|| 0_usize);
    let mut found = use_signal(Vec::<Instrument>::new);
    let mut searching = use_signal(|| false);
    use_resource(move || {
        let wanted = typed().trim().to_owned();
        async move {
            active.set(0);
            if wanted.is_empty() || section != Section::All {
                searching.set(false);
                return found.set(Vec::new());
            }
            searching.set(true);
            TimeoutFuture::new(DEBOUNCE_MS).await;
            // A broker that does not answer leaves commands and pages to be found.
            found.set(instrument::search(session, wanted).await.unwrap_or_default());
            searching.set(false);
        }
    });
    use_effect(|| browser::focus("palette"));
    let role = match session.state() {
        SessionState::LoggedIn(user) => Some(user.role),
        _ => None,
    };
    let offers = use_memo(move || {
        palette_list::offers(
            text,
            palette_list::Matter {
                section,
                typed: &typed.read(),
                found: &found.read(),
                layouts: &workspace.layouts(),
                role,
            },
        )
    });
    let choose = use_callback(move |choice: Choice| {
        onclose.call(());
        match choice {
            Choice::Instrument(instrument) => match workspace.addressed() {
                Some(panel) => workspace.choose(panel, &instrument),
                None => alerts.compose(instrument, None),
            },
            Choice::Panel(kind) => {
                workspace.add(kind);
                tile::follow_focus(&workspace);
            }
            Choice::Layout(id) => workspace.run(workspace.open(id)),
            Choice::Template(template) => {
                let name = text.say(palette_list::template_name(template)).to_owned();
                workspace.run(workspace.create(name, Some(template)));
            }
            Choice::Page(route) => {
                navigator.push(route);
            }
            Choice::Command(command) => run.0.call(command),
        }
    });
    let onkeydown = move |event: KeyboardEvent| {
        // Enter that takes what an input method offers is not ours.
        if event.is_composing() {
            return;
        }
        let count = offers.peek().len();
        let next = match event.key() {
            Key::ArrowDown => active() + 1,
            Key::ArrowUp => active() + count.saturating_sub(1),
            Key::Enter => {
                event.prevent_default();
                let chosen = offers.peek().get(active()).map(|offer| offer.choice.clone());
                if let Some(chosen) = chosen {
                    choose.call(chosen);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        if let Some(next) = next.checked_rem(count) {
            active.set(next);
            browser::scroll_into_view(&option_id(next));
        }
    };
    let shown = offers.read();
    rsx! {
        Dialog {
            title: text.say(Text::CommandPalette),
            close: text.say(Text::Close),
            class: "palette",
            testid: "palette-dialog",
            bare: Bare::Yes,
            onclose,
            div { class: "palette-field",
                Icon { glyph: Glyph::Search }
                input {
                    id: "palette",
                    r#type: "text",
                    role: "combobox",
                    autocomplete: "off",
                    spellcheck: "false",
                    "data-testid": "palette",
                    "aria-expanded": "true",
                    "aria-controls": "palette-list",
                    "aria-label": text.say(Text::CommandPalette),
                    "aria-activedescendant": shown.get(active()).map(|_| option_id(active())),
                    placeholder: text.say(match section {
                        Section::All => Text::PalettePlaceholder,
                        Section::Panels => Text::CommandAddPanel,
                        Section::Layouts => Text::CommandLayouts,
                    }),
                    value: "{typed}",
                    oninput: move |event| typed.set(event.value()),
                    onkeydown,
                }
                if searching() {
                    span { class: "spinner spinner-small", role: "status", "aria-label": text.say(Text::Searching) }
                }
            }
            ul { id: "palette-list", class: "palette-list", role: "listbox", "aria-label": text.say(Text::SearchResults),
                for (index, offer) in shown.iter().cloned().enumerate() {
                    OfferLine { key: "{offer.key}", index, offer, active: index == active(), onchoose: choose }
                }
                if shown.is_empty() && !searching() {
                    li { class: "search-note", role: "status", {text.say(Text::NothingFound)} }
                }
            }
        }
    }
}

fn option_id(index: usize) -> String {
    format!("palette-option-{index}")
}

#[component]
fn OfferLine(index: usize, offer: Offer, active: bool, onchoose: Callback<Choice>) -> Element {
    let Offer { choice, glyph, label, note, keys, heading, key } = offer;
    rsx! {
        if let Some(heading) = heading {
            li { class: "palette-heading", role: "presentation", "{heading}" }
        }
        li {
            id: option_id(index),
            class: "palette-option",
            role: "option",
            "aria-selected": if active { "true" } else { "false" },
            "data-testid": "palette-{key}",
            onclick: move |_| onchoose.call(choice.clone()),
            Icon { glyph }
            span { class: "palette-label", "{label}" }
            span { class: "palette-note muted", "{note}" }
            if let Some(keys) = keys {
                Keys { combination: keys }
            }
        }
    }
}

/// Where a page is found.
pub fn pages() -> [(Route, Glyph, Text); 8] {
    [
        (Route::Dashboard {}, Glyph::Chart, Text::Market),
        (Route::PreferencesPage {}, Glyph::Gear, Text::Preferences),
        (Route::Account {}, Glyph::Person, Text::Account),
        (Route::Sessions {}, Glyph::Screen, Text::Sessions),
        (Route::Keys {}, Glyph::Key, Text::ApiKeys),
        (Route::Users {}, Glyph::People, Text::Users),
        (Route::Audit {}, Glyph::List, Text::AuditLog),
        (Route::Gallery {}, Glyph::Grid, Text::Gallery),
    ]
}

//! Everything about the look and the keys that can be chosen; each choice works at once.

use dioxus::prelude::*;

use super::account_menu::{LanguageChoice, ThemeChoice};
use super::entry::FormProblem;
use crate::preferences::{Density, Preferences, Rising, SingleKeys, Zone, use_text};
use crate::text::{Catalogue, Text};
use crate::ui::choice::{Choice, Item};
use crate::ui::select::Select;

/// The name of a zone.
fn zone_name(text: Catalogue, zone: Zone) -> String {
    match zone.0 {
        "" => text.say(Text::ZoneOfMachine).to_owned(),
        name => name.replace('_', " "),
    }
}

/// The form.
#[component]
pub fn PreferenceForm() -> Element {
    let text = use_text();
    let preferences = use_context::<Preferences>();
    let choices = preferences.choices();
    let item = |value, words: Text| Item { value, label: text.say(words).to_owned(), glyph: None };
    let densities = vec![
        item(Density::Compact, Text::DensityCompact),
        item(Density::Normal, Text::DensityNormal),
        item(Density::Roomy, Text::DensityRoomy),
    ];
    let item = |value, words: Text| Item { value, label: text.say(words).to_owned(), glyph: None };
    let risings = vec![item(Rising::Green, Text::GreenUp), item(Rising::Red, Text::RedUp)];
    let item = |value, words: Text| Item { value, label: text.say(words).to_owned(), glyph: None };
    let keys = vec![item(SingleKeys::On, Text::On), item(SingleKeys::Off, Text::Off)];
    let zones = Zone::ALL.map(|zone| (zone, zone_name(text, zone))).to_vec();
    rsx! {
        section { class: "card preferences", "data-testid": "preferences",
            FormProblem { refusal: (preferences.refusal)(), fields: vec![] }
            Line { words: Text::Language, LanguageChoice {} }
            Line { words: Text::Theme, ThemeChoice {} }
            Line { words: Text::RisingColour, hint: Text::RisingColourHint,
                Choice {
                    label: text.say(Text::RisingColour),
                    items: risings,
                    chosen: choices.rising,
                    onchoose: move |rising| preferences.change(|it| it.rising = rising),
                }
                span { class: "sample",
                    span { class: "up", "+1.25%" }
                    span { class: "down", "\u{2212}0.80%" }
                }
            }
            Line { words: Text::Density,
                Choice {
                    label: text.say(Text::Density),
                    items: densities,
                    chosen: choices.density,
                    onchoose: move |density| preferences.change(|it| it.density = density),
                }
            }
            Line { words: Text::SingleKeys, hint: Text::SingleKeysHint,
                Choice {
                    label: text.say(Text::SingleKeys),
                    items: keys,
                    chosen: choices.keys,
                    onchoose: move |keys| preferences.change(|it| it.keys = keys),
                }
            }
            div { class: "narrow-form",
                Select {
                    id: "time-zone",
                    label: text.say(Text::TimeZone),
                    items: zones,
                    chosen: choices.zone,
                    onchoose: move |zone| preferences.change(|it| it.zone = zone),
                }
            }
        }
    }
}

#[component]
fn Line(words: Text, #[props(default)] hint: Option<Text>, children: Element) -> Element {
    let text = use_text();
    rsx! {
        div { class: "preference",
            div { class: "preference-words",
                p { class: "preference-name", {text.say(words)} }
                if let Some(hint) = hint {
                    p { class: "muted", {text.say(hint)} }
                }
            }
            div { class: "preference-choice", {children} }
        }
    }
}

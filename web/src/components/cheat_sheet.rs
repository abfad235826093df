//! Every key and what it does.

use dioxus::prelude::*;

use crate::keyboard::{ENTRIES, Group};
use crate::preferences::{Preferences, SingleKeys, use_text};
use crate::text::Text;
use crate::ui::dialog::Dialog;
use crate::ui::keys::Keys;

/// The sheet.
#[component]
pub fn CheatSheet(onclose: EventHandler<()>) -> Element {
    let text = use_text();
    let preferences = use_context::<Preferences>();
    let groups = [
        (Group::General, Text::KeysGeneral),
        (Group::Panels, Text::KeysPanels),
        (Group::Lists, Text::KeysLists),
        (Group::Chart, Text::KeysChart),
    ];
    rsx! {
        Dialog {
            title: text.say(Text::CommandCheatSheet),
            close: text.say(Text::Close),
            class: "dialog-wide",
            testid: "cheat-sheet",
            onclose,
            if preferences.single_keys() == SingleKeys::Off {
                p { class: "form-problem", {text.say(Text::SingleKeysAreOff)} }
            }
            div { class: "sheet",
                for (group, words) in groups {
                    section { key: "{words:?}",
                        h3 { {text.say(words)} }
                        dl {
                            for (index, entry) in ENTRIES.iter().filter(|entry| entry.group == group).enumerate() {
                                div { key: "{index}",
                                    dt { {text.say(entry.words)} }
                                    dd { Keys { combination: entry.keys } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

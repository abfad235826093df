//! What stands over the workspace when its layout cannot simply be saved or shown.

use dioxus::prelude::*;

use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::workspace::arrangement::Unreadable;
use crate::workspace::keeping::{Choice, Saving};
use crate::workspace::state::Workspace;

/// The strip; nothing where all is well.
#[component]
pub fn Conflict() -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    if let Some(unreadable) = (workspace.unreadable)() {
        let words = match unreadable {
            Unreadable::Broken => Text::LayoutBroken,
            Unreadable::Newer => Text::LayoutNewer,
        };
        return rsx! {
            Strip { words: text.say(words),
                button {
                    r#type: "button",
                    class: "button",
                    "data-testid": "layout-anew",
                    onclick: move |_| workspace.start_anew(),
                    {text.say(Text::StartAnew)}
                }
            }
        };
    }
    match (workspace.saving)() {
        Saving::Conflict(failure) => rsx! {
            Strip {
                words: format!(
                    "{} {}",
                    text.say(Text::LayoutConflict),
                    failure.map(|failure| text.failure(&failure)).unwrap_or_default(),
                ),
                button {
                    r#type: "button",
                    class: "button button-primary",
                    "data-testid": "conflict-theirs",
                    onclick: move |_| workspace.run(workspace.resolve(Choice::Theirs)),
                    {text.say(Text::TakeTheirs)}
                }
                button {
                    r#type: "button",
                    class: "button",
                    "data-testid": "conflict-mine",
                    onclick: move |_| workspace.run(workspace.resolve(Choice::Mine)),
                    {text.say(Text::KeepMine)}
                }
                button {
                    r#type: "button",
                    class: "button",
                    "data-testid": "conflict-both",
                    onclick: move |_| workspace.run(workspace.resolve(Choice::Both)),
                    {text.say(Text::KeepBoth)}
                }
            }
        },
        Saving::Refused(refusal) => rsx! {
            Strip {
                words: format!(
                    "{} {}",
                    text.say(Text::LayoutNotSaved),
                    text.form_error(&refusal, &[]).unwrap_or_default(),
                ),
            }
        },
        Saving::Failed(failure) => rsx! {
            Strip { words: format!("{} {}", text.say(Text::LayoutNotSaved), text.failure(&failure)) }
        },
        Saving::Done | Saving::Waiting => rsx! {},
    }
}

#[component]
fn Strip(words: String, children: Element) -> Element {
    rsx! {
        div { class: "conflict", role: "alert", "data-testid": "layout-conflict",
            Icon { glyph: Glyph::Alert }
            p { "{words}" }
            {children}
        }
    }
}

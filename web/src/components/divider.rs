//! The line between two parts of the workspace, moved by the pointer or by the arrow keys.

use dioxus::html::input_data::MouseButton;
use dioxus::prelude::*;

use crate::preferences::use_text;
use crate::text::Text;
use crate::workspace::rect::Axis;
use crate::workspace::state::Workspace;
use crate::workspace::tree::Divider;

/// How far one key moves it, as a share of its room.
const STEP: f64 = 0.02;

/// The line.
#[component]
pub fn Line(divider: Divider, ontake: Callback<Divider>) -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    let Divider { axis, share, rect, .. } = divider;
    let set = {
        let path = divider.path.clone();
        move |share: f64| {
            workspace.change(|arrangement| {
                if let Some(root) = &mut arrangement.root {
                    root.set_share(&path, share);
                }
            });
        }
    };
    let by_key = {
        let set = set.clone();
        move |event: KeyboardEvent| {
            if event.modifiers().shift() || event.modifiers().ctrl() {
                return;
            }
            let share = match (axis, event.key()) {
                (Axis::Row, Key::ArrowLeft) | (Axis::Column, Key::ArrowUp) => share - STEP,
                (Axis::Row, Key::ArrowRight) | (Axis::Column, Key::ArrowDown) => share + STEP,
                (_, Key::Enter) => 0.5,
                _ => return,
            };
            event.prevent_default();
            set(share);
        }
    };
    let (class, left, top, width, height) = match axis {
        Axis::Row => ("line-between line-row", rect.x + rect.width * share, rect.y, 0.0, rect.height),
        Axis::Column => ("line-between line-column", rect.x, rect.y + rect.height * share, rect.width, 0.0),
    };
    rsx! {
        div {
            class,
            role: "separator",
            tabindex: "0",
            "aria-label": text.say(Text::Divider),
            "aria-orientation": if axis == Axis::Row { "vertical" } else { "horizontal" },
            "aria-valuemin": "6",
            "aria-valuemax": "94",
            "aria-valuenow": "{share * 100.0:.0}",
            left: "{left * 100.0}%",
            top: "{top * 100.0}%",
            width: if axis == Axis::Column { "{width * 100.0}%" },
            height: if axis == Axis::Row { "{height * 100.0}%" },
            onpointerdown: move |event| {
                if event.trigger_button() == Some(MouseButton::Primary) {
                    event.prevent_default();
                    ontake.call(divider.clone());
                }
            },
            ondoubleclick: move |_| set(0.5),
            onkeydown: by_key,
        }
    }
}

//! A window over everything else. The focus stays in it, and goes back to where it was.

use std::cell::OnceCell;
use std::rc::Rc;

use dioxus::prelude::*;
use dioxus::web::WebEventExt;

use super::icon::{Glyph, Icon};
use crate::browser;

/// The window, with its title and a button to close it. Escape and a click that begins beside it close it too.
#[component]
pub fn Dialog(
    title: String,
    close: String,
    #[props(default)] class: String,
    testid: String,
    #[props(default)] bare: Bare,
    onclose: EventHandler<()>,
    children: Element,
) -> Element {
    let before = use_hook(browser::focused);
    let dialog = use_hook(|| Rc::new(OnceCell::<web_sys::Element>::new()));
    let mut began_beside = use_signal(|| false);
    let opened = dialog.clone();
    use_drop(move || {
        // It is taken off the page only after this, and as long as it is open nothing else takes the focus.
        if let Some(dialog) = opened.get() {
            browser::close_modal(dialog);
        }
        if let Some(before) = before {
            let _ = before.focus();
        }
    });
    rsx! {
        dialog {
            class: "dialog {class}",
            "aria-label": "{title}",
            "data-testid": "{testid}",
            onmounted: move |event| {
                let element = event.as_web_event();
                browser::show_modal(&element);
                let _ = dialog.set(element);
            },
            onkeydown: move |event| {
                if event.key() == Key::Escape {
                    event.prevent_default();
                    event.stop_propagation();
                    onclose.call(());
                }
            },
            onpointerdown: move |_| began_beside.set(true),
            onclick: move |_| {
                // Whoever drags from a field and lets go beside the window clicks on what holds both: this.
                if *began_beside.peek() {
                    onclose.call(());
                }
            },
            div {
                class: "dialog-body",
                onpointerdown: move |event| {
                    event.stop_propagation();
                    began_beside.set(false);
                },
                onclick: move |event| event.stop_propagation(),
                if bare == Bare::No {
                    header { class: "dialog-head",
                        h2 { "{title}" }
                        button {
                            r#type: "button",
                            class: "icon-button",
                            title: "{close}",
                            "aria-label": "{close}",
                            "data-testid": "{testid}-close",
                            onclick: move |_| onclose.call(()),
                            Icon { glyph: Glyph::Cross }
                        }
                    }
                }
                {children}
            }
        }
    }
}

/// Whether the window is without a head of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bare {
    /// It has a title and a button.
    #[default]
    No,
    /// Its content says it all.
    Yes,
}

//! What lies over the workspace: one thing at a time.

use dioxus::prelude::*;

use super::alert_form::AlertForm;
use super::cheat_sheet::CheatSheet;
use super::palette::Palette;
use super::toasts::Toasts;
use crate::alerts::Alerts;

/// Which part of the palette comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Everything.
    All,
    /// Panels to add.
    Panels,
    /// Layouts to open.
    Layouts,
}

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// The palette.
    Palette(Section),
    /// The cheat sheet.
    CheatSheet,
}

/// What is open; one for the whole dashboard.
#[derive(Clone, Copy, PartialEq)]
pub struct Overlay(pub Signal<Option<Open>>);

/// Whatever is open.
#[component]
pub fn Overlays() -> Element {
    let Overlay(mut open) = use_context::<Overlay>();
    let alerts = use_context::<Alerts>();
    let draft = (alerts.form)();
    rsx! {
        match open() {
            None => rsx! {},
            Some(Open::Palette(section)) => rsx! {
                Palette { section, onclose: move |()| open.set(None) }
            },
            Some(Open::CheatSheet) => rsx! {
                CheatSheet { onclose: move |()| open.set(None) }
            },
        }
        if let Some(draft) = draft {
            AlertForm { draft }
        }
        Toasts {}
    }
}

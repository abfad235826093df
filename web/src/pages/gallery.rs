//! The parts of `ui/` in all their states: their documentation, and the place to look at them when they change.

use dioxus::prelude::*;

use super::gate::Gate;
use crate::app::Route;
use crate::components::tile::Dot;
use crate::components::top_bar::TopBar;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::choice::{Choice, Item};
use crate::ui::confirm::ConfirmButton;
use crate::ui::copy::CopyField;
use crate::ui::dialog::Dialog;
use crate::ui::field::{Field, FieldKind};
use crate::ui::icon::{Glyph, Icon, Logo};
use crate::ui::keys::Keys;
use crate::ui::menu::{Menu, MenuItem};
use crate::ui::notice::{Empty, Loading, Problem};
use crate::ui::qr::QrPicture;
use crate::ui::rows::{Gap, Scroller, use_rows};
use crate::ui::select::Select;
use crate::ui::tabs::{Tab, Tabs};
use crate::ui::tick_box::TickBox;
use crate::workspace::panel::Colour;

/// How high a row of the sample table is.
const ROW: u32 = 28;

/// How many rows the sample table has.
const MANY: usize = 10_000;

/// The page. Its samples are in English, since they are for developers.
#[component]
pub fn Gallery() -> Element {
    let text = use_text();
    rsx! {
        Gate { page: Route::Gallery {},
            TopBar {}
            main { class: "settings gallery", "data-testid": "gallery",
                h1 { {text.say(Text::Gallery)} }
                p { class: "muted", {text.say(Text::GalleryLead)} }
                Buttons {}
                Fields {}
                Choosing {}
                Notices {}
                Over {}
                Table {}
                Signs {}
            }
        }
    }
}

#[component]
fn Sample(name: String, about: String, children: Element) -> Element {
    rsx! {
        section { class: "card sample-card",
            h2 { "{name}" }
            p { class: "muted", "{about}" }
            div { class: "sample-box", {children} }
        }
    }
}

#[component]
fn Buttons() -> Element {
    let mut confirmed = use_signal(|| 0);
    rsx! {
        Sample { name: "button", about: "One primary button a form. What cannot be taken back asks once more.",
            button { r#type: "button", class: "button button-primary", "Primary" }
            button { r#type: "button", class: "button", "Plain" }
            button { r#type: "button", class: "button", disabled: true, "Disabled" }
            button { r#type: "button", class: "button button-small", Icon { glyph: Glyph::Plus } "Small" }
            button { r#type: "button", class: "link-button", "Link" }
            button { r#type: "button", class: "icon-button", "aria-label": "Reload", Icon { glyph: Glyph::Reload } }
            ConfirmButton { label: "Delete", sure: "Really?", onconfirm: move |()| confirmed += 1 }
            span { class: "muted", "confirmed {confirmed} times" }
        }
    }
}

#[component]
fn Fields() -> Element {
    let (name, wrong, password) =
        (use_signal(String::new), use_signal(|| "x".to_owned()), use_signal(String::new));
    let mut ticked = use_signal(|| true);
    let kind = |id, input| FieldKind { id, input, autocomplete: "off" };
    rsx! {
        Sample { name: "field, tick_box, copy", about: "A label, the field, and beneath it a hint or what is wrong.",
            div { class: "form-grid",
                Field { kind: kind("sample-name", "text"), label: "Name", value: name, hint: "1 to 60 characters" }
                Field { kind: kind("sample-wrong", "text"), label: "Wrong", value: wrong, error: "This is too short." }
                Field {
                    kind: kind("sample-password", "password"),
                    label: "Password",
                    value: password,
                    reveal: "Show",
                }
                TickBox {
                    id: "sample-tick",
                    label: "By e-mail",
                    hint: "Only to an address that was confirmed",
                    ticked,
                    onchange: move |now| ticked.set(now),
                }
            }
            CopyField {
                id: "sample-copy",
                label: "Secret",
                value: "tgk_sample",
                words: use_text().copy_words(),
            }
        }
    }
}

#[component]
fn Choosing() -> Element {
    let mut size = use_signal(|| "1m");
    let mut tab = use_signal(|| 1);
    let mut zone = use_signal(|| "UTC");
    let items =
        ["5s", "1m", "1h", "1d"].map(|name| Item { value: name, label: name.to_owned(), glyph: None });
    let tabs = vec![
        Tab { value: 1, label: "Watched".to_owned(), count: Some(3) },
        Tab { value: 2, label: "Happened".to_owned(), count: None },
    ];
    let zones = ["UTC", "New York", "Tokyo"].map(|name| (name, name.to_owned()));
    rsx! {
        Sample { name: "choice, tabs, select", about: "Few things: choice. Views of one thing: tabs. Many things: select.",
            Choice { label: "Size", items: items.to_vec(), chosen: size(), onchoose: move |next| size.set(next) }
            Tabs { label: "Tabs", tabs, chosen: tab(), onchoose: move |next| tab.set(next) }
            Select {
                id: "sample-zone",
                label: "Zone",
                items: zones.to_vec(),
                chosen: zone(),
                onchoose: move |next| zone.set(next),
            }
        }
    }
}

#[component]
fn Notices() -> Element {
    rsx! {
        Sample { name: "notice", about: "Every view has four states: it loads, it is empty, it failed, it has data.",
            div { class: "sample-notices",
                Loading { label: "Loading…" }
                Empty { title: "No alerts",
                    p { "Make one on any instrument." }
                }
                Problem {
                    title: "The alerts could not be read",
                    message: "The server does not answer.",
                    again: Some("Try again".to_owned()),
                    onagain: |()| {},
                }
            }
        }
    }
}

#[component]
fn Over() -> Element {
    let mut open = use_signal(|| false);
    rsx! {
        Sample { name: "menu, dialog", about: "A menu belongs to its button, and closes when something is chosen. A dialog keeps the focus and gives it back.",
            Menu {
                id: "sample-menu",
                label: "Menu",
                button: rsx! { "Menu" Icon { glyph: Glyph::ChevronDown } },
                MenuItem { onchoose: |()| {}, Icon { glyph: Glyph::Grid } "First" }
                MenuItem { onchoose: |()| {}, Icon { glyph: Glyph::List } "Second" }
            }
            button { r#type: "button", class: "button", onclick: move |_| open.set(true), "Open the dialog" }
            if open() {
                Dialog { title: "A dialog", close: "Close", testid: "sample-dialog", onclose: move |()| open.set(false),
                    p { "Escape, the cross and a click beside it close it." }
                }
            }
        }
    }
}

#[component]
fn Table() -> Element {
    let rows = use_rows();
    let range = rows.range(ROW, MANY);
    rsx! {
        Sample { name: "rows", about: "Ten thousand rows, of which only those in sight are in the page.",
            div { class: "sample-table",
                Scroller { rows, label: "Ten thousand rows",
                    table { class: "tape", "aria-rowcount": "{MANY}",
                        tbody {
                            Gap { count: range.start, row_height: ROW }
                            for index in range.clone() {
                                tr { key: "{index}", height: "{ROW}px", "aria-rowindex": "{index + 1}",
                                    td { class: "tape-time", "Row {index + 1}" }
                                    td { "{index * 7 % 1000}" }
                                }
                            }
                            Gap { count: MANY - range.end, row_height: ROW }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn Signs() -> Element {
    rsx! {
        Sample { name: "icon, keys, qr, link", about: "Icons take the colour of the text around them, and never stand alone without a label.",
            div { class: "sample-icons",
                Logo {}
                for (index, glyph) in Glyph::ALL.into_iter().enumerate() {
                    span { key: "{index}", title: "{glyph:?}", Icon { glyph } }
                }
            }
            Keys { combination: "Ctrl+K" }
            span { class: "row",
                for (index, (colour, _)) in Colour::ALL.into_iter().enumerate() {
                    Dot { key: "{index}", link: Some(colour) }
                }
                Dot { link: None }
            }
            QrPicture { text: "tickgraph", label: "A sample code" }
        }
    }
}

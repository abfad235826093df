//! Icons, drawn in lines that take the colour of the text around them.

use dioxus::prelude::*;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the pictures")]
pub enum Glyph {
    Alert,
    ArrowDown,
    ArrowUp,
    Back,
    Check,
    ChevronDown,
    Copy,
    Cross,
    Download,
    Eye,
    Key,
    List,
    LogOut,
    Moon,
    Pencil,
    People,
    Person,
    Plus,
    Reload,
    Screen,
    Search,
    Sun,
    Trash,
}

impl Glyph {
    fn path(self) -> &'static str {
        match self {
            Self::Alert => "M8 1.75 15 14H1L8 1.75ZM8 6.5v3.25M8 11.75v.25",
            Self::ArrowDown => "M8 3v10M3.75 8.75 8 13l4.25-4.25",
            Self::ArrowUp => "M8 13V3M3.75 7.25 8 3l4.25 4.25",
            Self::Back => "M13 8H3M7.25 3.75 3 8l4.25 4.25",
            Self::Check => "m3 8.5 3.25 3.25L13 5",
            Self::ChevronDown => "m4 6 4 4 4-4",
            Self::Copy => "M5.5 5.5h8v8h-8v-8ZM10.5 5.5v-3h-8v8h3",
            Self::Cross => "m4 4 8 8M12 4l-8 8",
            Self::Download => "M8 2v8M4.75 7 8 10.25 11.25 7M2.5 13.5h11",
            Self::Eye => {
                "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z"
            }
            Self::Key => {
                "M5 13.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM6.75 9.25l6.75-6.75M11 5l2 2M9 7l1.25 1.25"
            }
            Self::List => "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.25M2.5 8h.25M2.5 12h.25",
            Self::LogOut => "M6.5 2.5h-3a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h3M10.5 11l3-3-3-3M13.5 8h-7",
            Self::Moon => "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z",
            Self::Pencil => "m2.5 13.5.75-3 7.5-7.5 2.25 2.25-7.5 7.5-3 .75ZM9 4.75 11.25 7",
            Self::People => {
                "M6 7.5a2.25 2.25 0 1 0 0-4.5 2.25 2.25 0 0 0 0 4.5ZM1.5 13c.4-2.2 2-3.5 4.5-3.5s4.1 1.3 4.5 3.5M10.5 3.25a2.1 2.1 0 0 1 0 4M12 9.75c1.4.4 2.2 1.6 2.5 3.25"
            }
            Self::Person => {
                "M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8ZM2.75 14c.5-2.5 2.5-4 5.25-4s4.75 1.5 5.25 4"
            }
            Self::Plus => "M8 3v10M3 8h10",
            Self::Reload => "M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3",
            Self::Screen => "M2 3h12v8H2V3ZM5.5 14h5M8 11v3",
            Self::Search => "M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10ZM10.75 10.75 14 14",
            Self::Sun => {
                "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1"
            }
            Self::Trash => "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.5 9h7l.5-9M6.75 7v4M9.25 7v4",
        }
    }
}

/// An icon; what it means is said by the text or the label of what holds it.
#[component]
pub fn Icon(glyph: Glyph) -> Element {
    rsx! {
        svg {
            class: "icon",
            view_box: "0 0 16 16",
            width: "16",
            height: "16",
            fill: "none",
            stroke: "currentColor",
            stroke_width: "1.4",
            stroke_linecap: "round",
            stroke_linejoin: "round",
            "aria-hidden": "true",
            path { d: glyph.path() }
        }
    }
}

/// The sign of the product: candles that climb.
#[component]
pub fn Logo() -> Element {
    rsx! {
        svg { class: "logo", view_box: "0 0 24 24", width: "24", height: "24", "aria-hidden": "true",
            path { class: "logo-wicks", d: "M5 10v11M12 5.5v13M19 2v13" }
            path { class: "logo-bodies", d: "M3 13h4v5H3zM10 8.5h4v6h-4zM17 4.5h4v7h-4z" }
        }
    }
}

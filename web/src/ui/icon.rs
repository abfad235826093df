//! Icons, drawn in lines that take the colour of the text around them.

use dioxus::prelude::*;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the pictures")]
pub enum Glyph {
    Alert,
    Area,
    ArrowDown,
    ArrowUp,
    Back,
    Bars,
    Bell,
    Camera,
    Candles,
    Chart,
    Check,
    ChevronDown,
    Columns,
    Compare,
    Copy,
    Cross,
    Download,
    Eye,
    Gear,
    Grid,
    Hook,
    Indicator,
    Key,
    Keyboard,
    Ladder,
    Line,
    List,
    LogOut,
    Mail,
    Maximise,
    Moon,
    Pause,
    Pencil,
    People,
    Person,
    Play,
    Plus,
    Pulse,
    Quote,
    Reload,
    Restore,
    Screen,
    Search,
    Sun,
    Tape,
    Trash,
}

impl Glyph {
    /// Every icon.
    pub const ALL: [Self; 46] = [
        Self::Alert,
        Self::Area,
        Self::ArrowDown,
        Self::ArrowUp,
        Self::Back,
        Self::Bars,
        Self::Bell,
        Self::Camera,
        Self::Candles,
        Self::Chart,
        Self::Check,
        Self::ChevronDown,
        Self::Columns,
        Self::Compare,
        Self::Copy,
        Self::Cross,
        Self::Download,
        Self::Eye,
        Self::Gear,
        Self::Grid,
        Self::Hook,
        Self::Indicator,
        Self::Key,
        Self::Keyboard,
        Self::Ladder,
        Self::Line,
        Self::List,
        Self::LogOut,
        Self::Mail,
        Self::Maximise,
        Self::Moon,
        Self::Pause,
        Self::Pencil,
        Self::People,
        Self::Person,
        Self::Play,
        Self::Plus,
        Self::Pulse,
        Self::Quote,
        Self::Reload,
        Self::Restore,
        Self::Screen,
        Self::Search,
        Self::Sun,
        Self::Tape,
        Self::Trash,
    ];

    fn path(self) -> &'static str {
        match self {
            Self::Area => "M1.5 11.5 5.5 6l3.5 3 5.5-6M1.5 14h13",
            Self::Bars => "M4 3v10M4 5.5H2M4 11h2M11 2v9M11 4H9M11 9h2",
            Self::Candles => "M4.5 2v2.5M4.5 11v3M3 4.5h3V11H3V4.5ZM11.5 2v3M11.5 9.5V14M10 5h3v4.5h-3V5Z",
            Self::Compare => "M1.5 12 5.5 7l3 2.5 6-6.5M1.5 8l4 3 4-5 5 5",
            Self::Indicator => "M1.5 13.5c2.5 0 3-11 6.5-11s4 11 6.5 11M1.5 8h13",
            Self::Line => "M1.5 12.5 5.5 7l3.5 3 5.5-6.5",
            Self::Camera => {
                "M1.75 4.5h3l1-1.75h4.5l1 1.75h3v9H1.75v-9ZM8 11.25a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z"
            }
            Self::Bell => {
                "M8 2a4 4 0 0 0-4 4c0 4-1.5 5-1.5 5h11S12 10 12 6a4 4 0 0 0-4-4ZM6.75 13.5a1.4 1.4 0 0 0 2.5 0"
            }
            Self::Chart => "M2 2v12h12M5 10.5V7M8 11V5M11 9V3.5",
            Self::Columns => "M2.5 3h11v10h-11V3ZM6.25 3v10M9.75 3v10",
            Self::Gear => {
                "M8 10.25a2.25 2.25 0 1 0 0-4.5 2.25 2.25 0 0 0 0 4.5ZM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M3.4 12.6l1.4-1.4M11.2 4.8l1.4-1.4"
            }
            Self::Grid => {
                "M2.5 2.5h4.25v11H2.5v-11ZM9.25 2.5h4.25v4.25H9.25V2.5ZM9.25 9.25h4.25v4.25H9.25V9.25Z"
            }
            Self::Hook => {
                "M6 10.5a3 3 0 1 1-2.5-3M8 5.5l2.75 5M8 5.5a2 2 0 1 1 2-2M11 10.5a1.75 1.75 0 1 1 1.2 3H6"
            }
            Self::Keyboard => "M1.5 4h13v8h-13V4ZM4 6.5h.25M6.5 6.5h.25M9 6.5h.25M11.5 6.5h.25M5 9.5h6",
            Self::Ladder => "M2 3h8M2 6h5M2 10h6M2 13h9M13.5 3v10",
            Self::Mail => "M1.75 3.5h12.5v9H1.75v-9ZM1.75 4l6.25 5 6.25-5",
            Self::Maximise => "M9.5 2.5h4v4M6.5 13.5h-4v-4M13.25 2.75 9.5 6.5M2.75 13.25 6.5 9.5",
            Self::Pause => "M5.5 3v10M10.5 3v10",
            Self::Play => "M5 3l7.5 5L5 13V3Z",
            Self::Pulse => "M1.5 8.5h3l2-5 3 9 2-4h3",
            Self::Quote => "M2.5 12.5 8 3.5l2 5 3.5-2.5M2.5 14h11",
            Self::Restore => "M13.5 6.5h-4v-4M2.5 9.5h4v4M9.5 6.5l3.75-3.75M6.5 9.5l-3.75 3.75",
            Self::Tape => "M2.5 3.5h11M2.5 6.5h7M2.5 9.5h11M2.5 12.5h5",
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

//! What panels and links are called.

use crate::text::{Catalogue, Text};
use crate::ui::icon::Glyph;
use crate::workspace::panel::{Colour, PanelKind};

/// The name of a kind of panel.
pub fn name(kind: PanelKind) -> Text {
    match kind {
        PanelKind::Watchlist => Text::Watchlists,
        PanelKind::Chart => Text::Chart,
        PanelKind::Quote => Text::Quote,
        PanelKind::Depth => Text::Depth,
        PanelKind::Trades => Text::Trades,
        PanelKind::Alerts => Text::Alerts,
        PanelKind::News => Text::News,
    }
}

/// The same in a word, for where there is little room.
pub fn short_name(kind: PanelKind) -> Text {
    match kind {
        PanelKind::Trades => Text::TradesShort,
        other => name(other),
    }
}

/// The picture of a kind of panel.
pub fn glyph(kind: PanelKind) -> Glyph {
    match kind {
        PanelKind::Watchlist => Glyph::List,
        PanelKind::Chart => Glyph::Chart,
        PanelKind::Quote => Glyph::Quote,
        PanelKind::Depth => Glyph::Ladder,
        PanelKind::Trades => Glyph::Tape,
        PanelKind::Alerts => Glyph::Bell,
        PanelKind::News => Glyph::Pulse,
    }
}

/// A kind's name as it stands in tests and addresses.
pub fn code(kind: PanelKind) -> &'static str {
    match kind {
        PanelKind::Watchlist => "watchlist",
        PanelKind::Chart => "chart",
        PanelKind::Quote => "quote",
        PanelKind::Depth => "depth",
        PanelKind::Trades => "trades",
        PanelKind::Alerts => "alerts",
        PanelKind::News => "news",
    }
}

/// The name of a link.
pub fn link(text: Catalogue, link: Option<Colour>) -> String {
    let colour = match link {
        None => return text.say(Text::NoLink).to_owned(),
        Some(Colour::Blue) => Text::ColourBlue,
        Some(Colour::Orange) => Text::ColourOrange,
        Some(Colour::Green) => Text::ColourGreen,
        Some(Colour::Purple) => Text::ColourPurple,
        Some(Colour::Pink) => Text::ColourPink,
        Some(Colour::Teal) => Text::ColourTeal,
    };
    let letter = link.map(Colour::letter).unwrap_or_default();
    format!("{letter} · {}", text.say(colour))
}

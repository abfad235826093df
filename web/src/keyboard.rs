//! What the keys do: one table for the keyboard, the palette and the cheat sheet.

use crate::browser::{Place, Press};
use crate::preferences::SingleKeys;
use crate::text::Text;
use crate::workspace::rect::Edge;

/// Something that can be done by a key or from the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Opens the palette.
    Palette,
    /// Shows the cheat sheet.
    CheatSheet,
    /// Goes to the next panel.
    NextPanel,
    /// Goes to the panel before.
    PreviousPanel,
    /// Goes to the panel of this number.
    Panel(u8),
    /// Lets the panel fill the room, or gives the others theirs back.
    Maximise,
    /// Takes the panel away.
    ClosePanel,
    /// Adds a panel.
    AddPanel,
    /// Gives the panel the next link.
    NextLink,
    /// Makes the panel larger or smaller towards a side.
    Resize(Edge),
    /// Lets the panel change places with its neighbour.
    Move(Edge),
    /// Makes an alert on the panel's instrument.
    NewAlert,
    /// Shows what the alerts did.
    Bell,
    /// Shows the layouts.
    Layouts,
    /// Dark or light.
    ToggleTheme,
    /// Opens the page of preferences.
    Preferences,
}

/// What belongs together on the cheat sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Everywhere.
    General,
    /// Panels.
    Panels,
    /// Inside a watchlist.
    Lists,
    /// Inside a chart.
    Chart,
}

/// One line of the cheat sheet.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it does; none where a panel takes the key by itself.
    pub command: Option<Command>,
    /// The keys.
    pub keys: &'static str,
    /// The words.
    pub words: Text,
    /// Where it belongs.
    pub group: Group,
}

const fn entry(command: Command, keys: &'static str, words: Text, group: Group) -> Entry {
    Entry { command: Some(command), keys, words, group }
}

const fn in_list(keys: &'static str, words: Text) -> Entry {
    Entry { command: None, keys, words, group: Group::Lists }
}

const fn in_chart(keys: &'static str, words: Text) -> Entry {
    Entry { command: None, keys, words, group: Group::Chart }
}

/// Everything that the keys do.
pub const ENTRIES: &[Entry] = &[
    entry(Command::Palette, "Ctrl+K", Text::CommandPalette, Group::General),
    entry(Command::Palette, "/", Text::CommandPalette, Group::General),
    entry(Command::CheatSheet, "?", Text::CommandCheatSheet, Group::General),
    entry(Command::NewAlert, "A", Text::CommandNewAlert, Group::General),
    entry(Command::Bell, "B", Text::CommandBell, Group::General),
    entry(Command::Layouts, "G", Text::CommandLayouts, Group::General),
    entry(Command::ToggleTheme, "T", Text::CommandToggleTheme, Group::General),
    entry(Command::Preferences, ",", Text::CommandPreferences, Group::General),
    entry(Command::NextPanel, "]", Text::CommandNextPanel, Group::Panels),
    entry(Command::PreviousPanel, "[", Text::CommandPreviousPanel, Group::Panels),
    entry(Command::Panel(1), "1 … 9", Text::CommandPanel, Group::Panels),
    entry(Command::Maximise, "M", Text::CommandMaximise, Group::Panels),
    entry(Command::AddPanel, "N", Text::CommandAddPanel, Group::Panels),
    entry(Command::ClosePanel, "Shift+X", Text::CommandClosePanel, Group::Panels),
    entry(Command::NextLink, "L", Text::CommandNextLink, Group::Panels),
    entry(Command::Resize(Edge::Right), "Shift+← → ↑ ↓", Text::CommandResize, Group::Panels),
    entry(Command::Move(Edge::Right), "Ctrl+Shift+← → ↑ ↓", Text::CommandMove, Group::Panels),
    in_list("↑ ↓", Text::ListKeysWalk),
    in_list("Alt+↑ ↓", Text::ListKeysMove),
    in_list("Delete", Text::ListKeysRemove),
    in_chart("← →", Text::ChartKeysPan),
    in_chart("+ −", Text::ChartKeysZoom),
    in_chart("Home End", Text::ChartKeysEnds),
    in_chart("0", Text::ChartKeysFit),
    in_chart("1 … 9", Text::ChartKeysSizes),
    in_chart("Alt+A", Text::ChartKeysAlert),
];

/// The line of a command on the cheat sheet; none where only the palette knows it.
pub fn entry_of(command: Command) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.command == Some(command))
}

fn edge(key: &str) -> Option<Edge> {
    match key {
        "ArrowLeft" => Some(Edge::Left),
        "ArrowRight" => Some(Edge::Right),
        "ArrowUp" => Some(Edge::Top),
        "ArrowDown" => Some(Edge::Bottom),
        _ => None,
    }
}

/// What a key does; none where it does nothing here.
pub fn command(press: &Press, single: SingleKeys) -> Option<Command> {
    if press.place == Place::Dialog || press.alt {
        return None;
    }
    if press.control {
        return match (press.key.as_str(), press.shift) {
            ("k" | "K", false) => Some(Command::Palette),
            (key, true) if press.place == Place::Page => edge(key).map(Command::Move),
            _ => None,
        };
    }
    if press.place == Place::Field {
        return None;
    }
    if press.key == "?" {
        return Some(Command::CheatSheet);
    }
    if single == SingleKeys::Off {
        return None;
    }
    if press.shift {
        return match press.key.as_str() {
            "X" => Some(Command::ClosePanel),
            // On many keyboards it takes Shift.
            "/" => Some(Command::Palette),
            key => edge(key).map(Command::Resize),
        };
    }
    single_key(&press.key)
}

fn single_key(key: &str) -> Option<Command> {
    Some(match key {
        "/" => Command::Palette,
        "a" => Command::NewAlert,
        "b" => Command::Bell,
        "g" => Command::Layouts,
        "t" => Command::ToggleTheme,
        "," => Command::Preferences,
        "]" => Command::NextPanel,
        "[" => Command::PreviousPanel,
        "m" => Command::Maximise,
        "n" => Command::AddPanel,
        "l" => Command::NextLink,
        digit => match digit.parse() {
            Ok(number @ 1..=9) => Command::Panel(number),
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(key: &str) -> Press {
        let key = key.to_owned();
        Press { key, control: false, alt: false, shift: false, place: Place::Page }
    }

    #[test]
    fn keys_mean_what_the_cheat_sheet_says() {
        for (key, expect) in [
            ("/", Some(Command::Palette)),
            ("?", Some(Command::CheatSheet)),
            ("7", Some(Command::Panel(7))),
            ("0", None),
            ("12", None),
            ("q", None),
        ] {
            assert_eq!(command(&press(key), SingleKeys::On), expect, "{key}");
        }
        let resize = Press { shift: true, ..press("ArrowUp") };
        assert_eq!(command(&resize, SingleKeys::On), Some(Command::Resize(Edge::Top)));
        let moved = Press { control: true, ..resize };
        assert_eq!(command(&moved, SingleKeys::On), Some(Command::Move(Edge::Top)));
    }

    #[test]
    fn what_is_typed_is_no_command() {
        let typed = Press { place: Place::Field, ..press("a") };
        assert_eq!(command(&typed, SingleKeys::On), None);
        let control = Press { control: true, key: "k".into(), ..typed };
        assert_eq!(command(&control, SingleKeys::On), Some(Command::Palette));
        assert_eq!(command(&Press { place: Place::Dialog, ..control }, SingleKeys::On), None);
    }

    #[test]
    fn single_keys_can_be_switched_off() {
        assert_eq!(command(&press("a"), SingleKeys::Off), None);
        assert_eq!(command(&press("?"), SingleKeys::Off), Some(Command::CheatSheet));
    }
}

//! What the keys do while the chart has the focus.

use dioxus::prelude::*;

use super::chart_alerts::compose_at_pointer;
use super::chart_panel::Board;
use crate::chart::library::Way;
use crate::graphql::bar::BarSize;
use crate::graphql::instrument::Instrument;

fn way(key: &Key) -> Option<Way> {
    Some(match key {
        Key::ArrowLeft => Way::Left,
        Key::ArrowRight => Way::Right,
        Key::Home => Way::Oldest,
        Key::End => Way::Newest,
        Key::Character(letter) => match letter.as_str() {
            "+" | "=" => Way::In,
            "-" => Way::Out,
            "0" => Way::Fit,
            _ => return None,
        },
        _ => return None,
    })
}

fn size(key: &Key) -> Option<BarSize> {
    let Key::Character(letter) = key else { return None };
    let number: usize = letter.parse().ok()?;
    BarSize::FREQUENT.get(number.checked_sub(1)?).copied()
}

/// Does what a key asks for.
pub fn pressed(event: &KeyboardEvent, board: &Board, instrument: &Instrument) {
    let (key, modifiers) = (event.key(), event.modifiers());
    if modifiers.ctrl() || modifiers.meta() {
        return;
    }
    if modifiers.alt() {
        if event.code() == Code::KeyA {
            event.prevent_default();
            compose_at_pointer(board, instrument);
        }
        return;
    }
    // With Shift the arrows belong to the workspace; a plus may need it.
    let moved = way(&key).filter(|way| !modifiers.shift() || *way == Way::In);
    if let Some(way) = moved {
        event.prevent_default();
        board.model.with_chart(|chart, _| chart.navigate(way));
    } else if let Some(size) = size(&key).filter(|_| !modifiers.shift()) {
        event.prevent_default();
        board.change(|settings| settings.size = size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_the_cheat_sheet_says() {
        let letter = |text: &str| Key::Character(text.to_owned());
        assert_eq!(way(&Key::Home), Some(Way::Oldest));
        assert_eq!(way(&letter("+")), Some(Way::In));
        assert_eq!(way(&letter("a")), None);
        assert_eq!(size(&letter("2")), Some(BarSize::Min1));
        assert_eq!(size(&letter("9")), Some(BarSize::Week1));
        assert_eq!(size(&letter("0")), None);
        assert_eq!(size(&Key::Enter), None);
    }
}

//! The keyboard: keys go where the focus is, as under a hand.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;

use super::Browser;

impl Browser {
    /// Presses a key or a combination: `a`, `Escape`, `Control+Shift+ArrowLeft`.
    pub async fn press(&self, combination: &str) {
        let keys: Vec<char> = combination.split('+').map(key).collect();
        let down = keys.iter().map(|value| KeyAction::Down { value: *value });
        let up = keys.iter().rev().map(|value| KeyAction::Up { value: *value });
        let hands = down.chain(up).fold(KeyActions::new("keyboard".to_owned()), KeyActions::then);
        self.page.perform_actions(hands).await.unwrap();
    }

    /// Types a text, letter by letter.
    pub async fn type_text(&self, text: &str) {
        let letters = text.chars().flat_map(|value| [KeyAction::Down { value }, KeyAction::Up { value }]);
        let hands = letters.fold(KeyActions::new("keyboard".to_owned()), KeyActions::then);
        self.page.perform_actions(hands).await.unwrap();
    }
}

fn key(name: &str) -> char {
    let key = match name {
        "Control" => Key::Control,
        "Shift" => Key::Shift,
        "Alt" => Key::Alt,
        "Escape" => Key::Escape,
        "Enter" => Key::Enter,
        "Tab" => Key::Tab,
        "Delete" => Key::Delete,
        "ArrowLeft" => Key::Left,
        "ArrowRight" => Key::Right,
        "ArrowUp" => Key::Up,
        "ArrowDown" => Key::Down,
        letter => {
            let mut letters = letter.chars();
            return match (letters.next(), letters.next()) {
                (Some(letter), None) => letter,
                _ => panic!("there is no key '{name}'"),
            };
        }
    };
    key.into()
}

//! What people call things.

use crate::error::{Refusal, RefusalCode};

/// Checks and trims a name that a person typed: 1 to `most` characters, none of them a control character. `of` says whose
/// it is, as `a layout`.
pub(crate) fn parse(text: &str, most: usize, of: &str) -> Result<String, Refusal> {
    let name = text.trim();
    if (1..=most).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    let message = format!("the name of {of} has 1 to {most} characters, none of them a control character");
    Err(Refusal::of("name", RefusalCode::Invalid, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_can_be_shown() {
        let cases = [
            (" Tech ", Some("Tech")),
            ("王芳的", Some("王芳的")),
            ("12345", Some("12345")),
            ("王芳的自选", Some("王芳的自选")),
            ("123456", None),
            ("", None),
            (" \t ", None),
            ("a\u{7}b", None),
            ("a\nb", None),
        ];
        for (text, expected) in cases {
            let found = parse(text, 5, "a list");
            assert_eq!(found.as_deref().ok(), expected, "{text:?}");
            if let Err(refusal) = found {
                assert_eq!((refusal.field, refusal.code), (Some("name"), RefusalCode::Invalid));
                assert!(refusal.message.contains("a list has 1 to 5"), "{}", refusal.message);
            }
        }
    }
}

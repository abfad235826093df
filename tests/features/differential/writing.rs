//! How a document is written down.

use std::fmt::Write as _;

/// Begins a fragment that gets a name: the mark, the type, the selection.
pub const NAMED: char = '§';

/// Whether a text uses a variable.
pub fn is_used(text: &str, variable: &str) -> bool {
    text.match_indices(variable).any(|(at, _)| {
        !text[at + variable.len()..].starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_')
    })
}

/// Moves what is marked into fragments with names.
pub fn name_fragments(text: &str) -> (String, String) {
    let (mut text, mut fragments) = (text.to_owned(), String::new());
    let mut count = 0;
    // The last one has none inside it.
    while let Some(mark) = text.rfind(NAMED) {
        let start = mark + text[mark..].find('{').expect("a selection");
        let mut depth = 0_usize;
        let end = text[start..]
            .char_indices()
            .find_map(|(at, c)| {
                depth = match c {
                    '{' => depth + 1,
                    '}' => depth - 1,
                    _ => depth,
                };
                (depth == 0).then_some(start + at + 1)
            })
            .expect("a whole selection");
        let head = text[mark + NAMED.len_utf8()..start].trim().to_owned();
        let (kind, directives) = head.split_once(' ').unwrap_or((&head, ""));
        let _ = write!(fragments, " fragment F{count} on {kind} {}", &text[start..end]);
        text.replace_range(mark..end, &format!("...F{count} {directives}"));
        count += 1;
    }
    (text, fragments)
}

/// The text with other white space between its words.
pub fn spaced(text: &str, blanks: &[&str]) -> String {
    let mut blanks = blanks.iter().cycle();
    text.split(' ').enumerate().fold(String::new(), |text, (n, word)| match blanks.next() {
        _ if n == 0 => word.to_owned(),
        // The library's parser knows no comment between `on` and a type.
        Some(blank) if !(text.ends_with(" on") && blank.contains('#')) => text + blank + word,
        _ => text + " " + word,
    })
}

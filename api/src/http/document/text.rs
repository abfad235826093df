//! The text of a document before it is parsed: the library's parser recurses, and would run out of stack.

/// The deepest nesting of brackets.
const MAX_NESTING: usize = 48;

/// The most tokens (names, numbers, strings and marks).
const MAX_TOKENS: usize = 2_000;

/// The longest name or number, in bytes: names come back in answers, and are kept while something is followed.
const MAX_WORD: usize = 128;

/// Checks the text of a document before it is parsed; returns how many tokens it has.
pub(super) fn check_text(text: &str) -> Result<usize, String> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    let (mut nesting, mut tokens) = (0_usize, 0_usize);
    while let Some((token, length)) = scan.next_token() {
        tokens += 1;
        if is_word(token) && length > MAX_WORD {
            return Err(format!(
                "a name or number of the document is too long; at most {MAX_WORD} bytes are allowed"
            ));
        }
        match token {
            b'{' | b'(' | b'[' => nesting += 1,
            b'}' | b')' | b']' => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        if nesting > MAX_NESTING {
            return Err(format!(
                "the document is nested too deeply; at most {MAX_NESTING} levels are allowed"
            ));
        }
        if tokens > MAX_TOKENS {
            return Err(format!("the document is too long; at most {MAX_TOKENS} tokens are allowed"));
        }
    }
    Ok(tokens)
}

/// Walks over a text token by token; where the text is no GraphQL the parser will say so.
struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Scan<'_> {
    /// The first byte of the next token, and its length.
    fn next_token(&mut self) -> Option<(u8, usize)> {
        loop {
            let (begin, first) = (self.at, *self.bytes.get(self.at)?);
            match first {
                b' ' | b'\t' | b'\r' | b'\n' | b',' => self.at += 1,
                b'#' => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
                b'"' => {
                    self.skip_string();
                    return Some((first, self.at - begin));
                }
                _ if is_word(first) => {
                    self.skip_while(is_word);
                    return Some((first, self.at - begin));
                }
                _ => {
                    self.at += 1;
                    return Some((first, 1));
                }
            }
        }
    }

    fn skip_while(&mut self, goes_on: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|byte| goes_on(*byte)) {
            self.at += 1;
        }
    }

    fn skip_string(&mut self) {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(b"\"\"\"") {
            self.at += 3;
            while self.at < self.bytes.len() && !self.bytes[self.at..].starts_with(b"\"\"\"") {
                self.at += if self.bytes[self.at..].starts_with(b"\\\"\"\"") { 4 } else { 1 };
            }
            self.at += 3;
            return;
        }
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if matches!(byte, b'"' | b'\n' | b'\r') {
                return;
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_and_length_are_bounded() {
        for open in ["{a", "[", "("] {
            assert!(check_text(&open.repeat(100_000)).unwrap_err().contains("nested"), "{open}");
        }
        for marks in ["a ", "...a", "-1", "1.5 ", "\"a\""] {
            assert!(check_text(&marks.repeat(2_001)).unwrap_err().contains("too long"), "{marks}");
        }
        assert!(check_text(&"a".repeat(129)).unwrap_err().contains("too long"));
        assert_eq!(check_text(&"a".repeat(128)), Ok(1));
        assert_eq!(check_text("{ a(b: \"c d\") } # e"), Ok(8));
        assert!(check_text(&format!("{{ a(b: \"{}\") }}", "[".repeat(1_000))).is_ok());
        assert!(check_text(&format!("{{ a(b: \"\"\"{} \\\"\"\" [ \"\"\") }}", "[".repeat(1_000))).is_ok());
        assert!(check_text(&format!("{{ a }} # {}", "[".repeat(1_000))).is_ok());
    }
}

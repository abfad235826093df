//! What a program calls itself in its `User-Agent`, made short enough to be read.

/// A program and the system that it runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The program, as people call it.
    pub program: String,
    /// The system, where it is told.
    pub system: Option<&'static str>,
}

/// Marks in the text, and what they stand for. Browsers name their ancestors too, so that the order matters.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// The longest name that is shown of a program that we do not know.
const LONGEST: usize = 40;

fn marked(text: &str, marks: &[(&str, &'static str)]) -> Option<&'static str> {
    marks.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
}

impl Agent {
    /// Reads a `User-Agent`; none where it is empty.
    pub fn read(text: &str) -> Option<Self> {
        let first = text.split([' ', '/', '(']).next().filter(|first| !first.is_empty())?;
        let program = match marked(text, &BROWSERS) {
            Some(browser) if first == "Mozilla" => browser.to_owned(),
            _ => first.chars().take(LONGEST).collect(),
        };
        Some(Self { program, system: marked(text, &SYSTEMS) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_told_in_a_word_or_two() {
        let check = |text: &str, program: &str, system: Option<&str>| {
            let agent = Agent::read(text).unwrap();
            assert_eq!((agent.program.as_str(), agent.system), (program, system), "{text}");
        };
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        check(
            &format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/140.0.0.0 Safari/537.36"),
            "Chrome",
            Some("Linux"),
        );
        check(
            &format!(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/140.0 Safari/537.36 Edg/140.0"
            ),
            "Edge",
            Some("Windows"),
        );
        check(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox",
            Some("macOS"),
        );
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
            "Safari",
            Some("iPhone"),
        );
        check(
            &format!("Mozilla/5.0 (Linux; Android 16; Pixel 9) {webkit} Chrome/140.0 Mobile Safari/537.36"),
            "Chrome",
            Some("Android"),
        );
        check("curl/8.5.0", "curl", None);
        check("python-requests/2.32", "python-requests", None);
        check("Mozilla/5.0", "Mozilla", None);
        check(&"x".repeat(500), &"x".repeat(40), None);
        assert_eq!(Agent::read(""), None);
        assert_eq!(Agent::read("/1.0"), None);
    }
}

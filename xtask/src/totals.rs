//! How many tests passed, failed and were skipped, read from what the test programs print.

use std::collections::BTreeSet;
use std::fmt;

/// The sums over all test programs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Totals {
    passed: u64,
    failed: u64,
    ignored: u64,
    skips: BTreeSet<String>,
    failures: Vec<String>,
}

impl Totals {
    /// Takes in one line of a test program's output; only its closing line counts:
    /// `test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
    pub fn read(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        for part in result.split([';', '.']) {
            let mut words = part.split_whitespace();
            let Some(count) = words.next().and_then(|word| word.parse::<u64>().ok()) else { continue };
            match words.next() {
                Some("passed") => self.passed += count,
                Some("failed") => self.failed += count,
                Some("ignored") => self.ignored += count,
                _ => {}
            }
        }
    }

    /// Takes in the file in which tests note that they were skipped, a line each: `test: why`. For the test
    /// program such a test passed; here it did not.
    pub fn skip(&mut self, file: &str) {
        self.skips.extend(file.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    }

    /// A step other than a test failed, or a test program ended without its closing line.
    pub fn fail(&mut self, what: impl Into<String>) {
        self.failures.push(what.into());
    }

    /// Whether a test has failed.
    pub fn any_test_failed(&self) -> bool {
        self.failed > 0
    }

    /// Whether nothing failed.
    pub fn all_well(&self) -> bool {
        self.failed == 0 && self.failures.is_empty()
    }

    /// What was skipped, with the reason.
    pub fn skips(&self) -> impl Iterator<Item = &str> {
        self.skips.iter().map(String::as_str)
    }

    /// What failed besides tests.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = self.skips.len() as u64;
        let passed = self.passed.saturating_sub(skipped);
        let failed = self.failed + self.failures.len() as u64;
        write!(formatter, "{passed} passed, {failed} failed, {} skipped", skipped + self.ignored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_add_up() {
        let mut totals = Totals::default();
        for line in [
            "running 3 tests",
            "test order::tests::a_limit ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s",
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s",
            "a test that prints: test result: 9 passed",
        ] {
            totals.read(line);
        }
        assert_eq!(totals.to_string(), "7 passed, 2 failed, 1 skipped");
        assert!(!totals.all_well());
    }

    #[test]
    fn a_test_that_was_skipped_did_not_pass() {
        let mut totals = Totals::default();
        totals.read("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        totals
            .skip("browser::moves: Chromium is not installed\n\nbrowser::moves: Chromium is not installed\n");
        assert_eq!(totals.to_string(), "2 passed, 0 failed, 1 skipped");
        assert_eq!(totals.skips().collect::<Vec<_>>(), ["browser::moves: Chromium is not installed"]);
        assert!(totals.all_well());
    }

    #[test]
    fn a_step_that_failed_counts() {
        let mut totals = Totals::default();
        totals.fail("clippy");
        assert_eq!(totals.to_string(), "0 passed, 1 failed, 0 skipped");
        assert!(!totals.all_well());
    }
}

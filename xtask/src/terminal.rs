//! What the person in front of the terminal reads: progress on standard error, results on standard output.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program speaks here")]

/// A step that begins.
pub fn step(text: &str) {
    eprintln!("==> {text}");
}

/// Something worth knowing within a step.
pub fn note(text: &str) {
    eprintln!("    {text}");
}

/// What went wrong, and what to do.
pub fn failure(text: &str) {
    eprintln!("error: {text}");
}

/// A line of a result.
pub fn result(line: &str) {
    println!("{line}");
}

//! How many cases a test draws at random, and from which seed: few in `cargo xtask test`, many by hand.

/// `TICKGRAPH_FUZZ_CASES`, else this many.
pub fn cases(usual: u32) -> u32 {
    setting("TICKGRAPH_FUZZ_CASES").unwrap_or(usual)
}

/// `TICKGRAPH_FUZZ_SEED`, else this one, as the random generator takes it.
pub fn seed(usual: u32) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&setting("TICKGRAPH_FUZZ_SEED").unwrap_or(usual).to_le_bytes());
    bytes
}

#[allow(clippy::disallowed_methods, reason = "the harness is no part of the product")]
fn setting(name: &str) -> Option<u32> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not '{text}'")))
}

//! Prints the contract: `cargo run -p api --example schema > schema.graphql` brings the committed one up to date.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(api::sdl().as_bytes())
}

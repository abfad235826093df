//! Gives cynic the schema against which every operation is checked at compile time.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    cynic_codegen::register_schema("tickgraph").from_sdl_file("../schema.graphql")?.as_default()?;
    Ok(())
}

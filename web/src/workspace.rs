//! The workspace: panels that the person arranges, links by colour, and keeps on the server.
//!
//! [`rect`] measures the room, [`tree`] divides it, [`panel`] says what a panel is, [`arrangement`] holds both and is what a layout
//! keeps, [`standard`] has the arrangements to begin with, [`keeping`] decides what is saved when, and
//! [`state`] is the workspace on the screen.

pub mod arrangement;
pub mod keeping;
pub mod panel;
pub mod rect;
pub mod standard;
pub mod state;
pub mod tree;

//! Parts that know no domain words.

pub mod choice;
pub mod field;
pub mod icon;
pub mod menu;
pub mod notice;

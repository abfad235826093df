//! Parts that know no domain words.

pub mod choice;
pub mod confirm;
pub mod copy;
pub mod field;
pub mod icon;
pub mod menu;
pub mod notice;
pub mod qr;
pub mod select;

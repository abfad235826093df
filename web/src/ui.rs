//! Parts that know no domain words.

pub mod choice;
pub mod confirm;
pub mod copy;
pub mod dialog;
pub mod field;
pub mod icon;
pub mod keys;
pub mod menu;
pub mod notice;
pub mod qr;
pub mod rows;
pub mod select;
pub mod tabs;
pub mod tick_box;

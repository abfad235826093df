//! The chart: [`series`] has the bars and decides what to draw, [`library`] draws.

pub mod library;
pub mod series;

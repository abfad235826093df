//! The chart: [`arrivals`] takes in what comes live, [`series`] has the bars and decides what to draw,
//! [`values`] has the indicators, [`settings`], [`study`] and [`kinds`] say what is wanted and how it looks,
//! and [`library`] draws.

pub mod arrivals;
pub mod kinds;
pub mod library;
pub mod plan;
pub mod series;
pub mod settings;
pub mod study;
pub mod values;

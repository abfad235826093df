//! The chart: [`arrivals`] takes in what comes live, [`series`] has the bars and decides what to draw,
//! [`library`] draws.

pub mod arrivals;
pub mod library;
pub mod series;

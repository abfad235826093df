//! How prices and times are written on the axes.

/// How prices and times are written on the axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
    /// Decimals of a price.
    pub scale: u32,
    /// The smallest step of a price.
    pub step: f64,
    /// What a bar spans.
    pub span: Span,
    /// The reader's language, as a tag.
    pub language: &'static str,
    /// The time zone by its name; the machine's where it is empty.
    pub zone: String,
}

/// What a bar spans, as far as its label goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Its label has seconds.
    Seconds,
    /// Its label has hours and minutes.
    Minutes,
    /// Its label is a date, which is the same in every zone.
    Days,
}

impl Span {
    /// As `bridge.js` knows it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
            Self::Days => "days",
        }
    }
}

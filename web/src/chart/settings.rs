//! What a chart keeps in its layout.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::study::{MOST_STUDIES, Study, Tint};
use crate::graphql::bar::BarSize;
use crate::graphql::indicator::IndicatorKind;

/// The most instruments that are compared with the chart's own.
pub const MOST_COMPARED: usize = 5;

/// How prices are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// Bodies and wicks.
    #[default]
    Candles,
    /// Strokes with a tick for open and close.
    Bars,
    /// The closes.
    Line,
    /// The closes, and a shade beneath them.
    Area,
}

impl Style {
    /// Every style.
    pub const ALL: [Self; 4] = [Self::Candles, Self::Bars, Self::Line, Self::Area];

    /// As `bridge.js` knows it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Candles => "candles",
            Self::Bars => "bars",
            Self::Line => "line",
            Self::Area => "area",
        }
    }
}

/// How the price axis is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Equal steps for equal amounts.
    #[default]
    Linear,
    /// Equal steps for equal ratios.
    Logarithmic,
    /// The change since the first bar in sight.
    Percent,
}

impl Scale {
    /// Every scale.
    pub const ALL: [Self; 3] = [Self::Linear, Self::Logarithmic, Self::Percent];

    /// As `bridge.js` knows it.
    pub fn code(self) -> u32 {
        match self {
            Self::Linear => 0,
            Self::Logarithmic => 1,
            Self::Percent => 2,
        }
    }
}

/// In which time zone the chart tells times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// In the one that the reader prefers everywhere.
    #[default]
    Preferred,
    /// In the exchange's.
    Exchange,
    /// In the machine's.
    Local,
    /// In UTC.
    Utc,
}

impl Clock {
    /// Every choice.
    pub const ALL: [Self; 4] = [Self::Preferred, Self::Exchange, Self::Local, Self::Utc];
}

/// Whether the volume is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Volume {
    /// It is.
    #[default]
    Shown,
    /// It is not.
    Hidden,
}

mod short_name {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::BarSize;

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub fn serialize<S: Serializer>(size: &BarSize, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(size.short_name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BarSize, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(BarSize::from_short_name(&name).unwrap_or(BarSize::Min1))
    }
}

/// Whether the volume profile is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// It is.
    Shown,
    /// It is not.
    #[default]
    Hidden,
}

/// Everything that was set in a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How long each bar lasts.
    #[serde(with = "short_name")]
    pub size: BarSize,
    /// How prices are drawn.
    pub style: Style,
    /// How the price axis is divided.
    pub scale: Scale,
    /// In which time zone times are told.
    pub clock: Clock,
    /// Whether the volume is drawn.
    pub volume: Volume,
    /// Whether the volume profile is drawn.
    pub profile: Profile,
    /// The indicators.
    pub studies: Vec<Study>,
    /// The instruments that are compared with the chart's own, by their ids.
    pub compared: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            size: BarSize::Min1,
            style: Style::default(),
            scale: Scale::default(),
            clock: Clock::default(),
            volume: Volume::default(),
            profile: Profile::default(),
            studies: Vec::new(),
            compared: Vec::new(),
        }
    }
}

impl Settings {
    /// What was kept; the usual where it cannot be read.
    pub fn read(kept: &Value) -> Self {
        let mut read: Self = serde_json::from_value(kept.clone()).unwrap_or_default();
        read.studies.retain(|study| study.kind != IndicatorKind::Other);
        read.studies.truncate(MOST_STUDIES);
        read.compared.truncate(MOST_COMPARED);
        read
    }

    /// To be kept.
    pub fn written(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// How the price axis is divided in fact: amounts of several instruments cannot be compared.
    pub fn shown_scale(&self) -> Scale {
        if self.compared.is_empty() { self.scale } else { Scale::Percent }
    }

    /// The colour that is used least, for the next indicator.
    pub fn next_tint(&self) -> Tint {
        let used = |tint: &Tint| self.studies.iter().filter(|study| study.tint == *tint).count();
        Tint::ALL.into_iter().min_by_key(used).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut settings = Settings {
            size: BarSize::Month1,
            style: Style::Area,
            profile: Profile::Shown,
            ..Settings::default()
        };
        settings.studies.push(Study { length: Some(50), ..Study::usual(IndicatorKind::Sma, Tint::Pink) });
        let mut bands = Study::usual(IndicatorKind::Bollinger, Tint::Teal);
        bands.deviations = "2.5".parse().ok();
        settings.studies.push(bands);
        settings.compared.push("x".into());
        assert_eq!(Settings::read(&settings.written()), settings);
        assert_eq!(settings.shown_scale(), Scale::Percent);
    }

    #[test]
    fn what_cannot_be_read_is_the_usual() {
        assert_eq!(Settings::read(&Value::Null), Settings::default());
        assert_eq!(Settings::read(&json!({ "style": "origami" })), Settings::default());
        let older = Settings::read(&json!({ "size": "5m" }));
        assert_eq!(older, Settings { size: BarSize::Min5, ..Settings::default() });
        let many = json!({ "compared": ["a", "b", "c", "d", "e", "f", "g"] });
        assert_eq!(Settings::read(&many).compared.len(), MOST_COMPARED);
    }

    #[test]
    fn the_next_indicator_has_a_colour_of_its_own() {
        let mut settings = Settings::default();
        for expect in Tint::ALL {
            assert_eq!(settings.next_tint(), expect);
            settings.studies.push(Study::usual(IndicatorKind::Ema, expect));
        }
        assert_eq!(settings.next_tint(), Tint::Blue);
    }
}

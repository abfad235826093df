//! What can be chosen about the look and the keys, and how that is written.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The colours of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the machine is set.
    #[default]
    System,
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

/// The colour of what rises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rising {
    /// Green rises, red falls: the West's habit.
    #[default]
    Green,
    /// Red rises, green falls: East Asia's habit.
    Red,
}

/// How close things stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Density {
    /// As much as can be read.
    Compact,
    /// Some air.
    #[default]
    Normal,
    /// Room for fingers.
    Roomy,
}

/// Whether single keys are commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SingleKeys {
    /// They are.
    #[default]
    On,
    /// They are not: only combinations with Ctrl are, and the question mark.
    Off,
}

/// A time zone by its name; the machine's own where the name is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Zone(pub &'static str);

impl Zone {
    /// Every zone that is offered.
    pub const ALL: [Self; 14] = [
        Self(""),
        Self("UTC"),
        Self("America/New_York"),
        Self("America/Chicago"),
        Self("America/Los_Angeles"),
        Self("Europe/London"),
        Self("Europe/Berlin"),
        Self("Europe/Zurich"),
        Self("Asia/Shanghai"),
        Self("Asia/Hong_Kong"),
        Self("Asia/Tokyo"),
        Self("Asia/Singapore"),
        Self("Asia/Kolkata"),
        Self("Australia/Sydney"),
    ];
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(Self::ALL.into_iter().find(|zone| zone.0 == name).unwrap_or_default())
    }
}

/// Everything that can be chosen. What another version wrote beside it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// The language's tag; as the browser is set where it is empty.
    pub language: String,
    /// The colours of the page.
    pub theme: Theme,
    /// The colour of what rises.
    pub rising: Rising,
    /// The time zone.
    pub zone: Zone,
    /// How close things stand.
    pub density: Density,
    /// Whether single keys are commands.
    pub keys: SingleKeys,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Choices {
    /// Reads what was written.
    pub fn read(content: &str) -> Option<Self> {
        serde_json::from_str(content).ok()
    }

    /// As it is kept.
    pub fn written(&self) -> String {
        // It has no map with keys that JSON cannot hold, so that it cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_with_what_others_wrote() {
        let text = r#"{"theme":"dark","zone":"Asia/Tokyo","later":{"a":1}}"#;
        let choices = Choices::read(text).unwrap();
        assert_eq!((choices.theme, choices.zone), (Theme::Dark, Zone("Asia/Tokyo")));
        assert_eq!((choices.rising, choices.density), (Rising::Green, Density::Normal));
        let again = Choices::read(&choices.written()).unwrap();
        assert_eq!(again, choices);
        assert!(choices.written().contains(r#""later":{"a":1}"#));
        assert_eq!(Choices::read(r#"{"zone":"Mars/Olympus"}"#).map(|read| read.zone), Some(Zone("")));
        assert_eq!(Choices::read(r#"{"theme":7}"#), None);
    }
}

//! Words with a name: written down, sent and read back by it.

/// Gives the values of an enum their names in the database and the API: `ALL`, `as_str` and `FromStr`.
macro_rules! named {
    ($kind:ident, $what:literal, [$(($value:ident, $name:literal)),+ $(,)?]) => {
        impl $kind {
            /// Every one with its name in the database and the API.
            pub const ALL: &[(Self, &'static str)] = &[$((Self::$value, $name)),+];

            /// The name in the database and the API.
            pub fn as_str(self) -> &'static str {
                Self::ALL.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
            }
        }

        impl ::std::str::FromStr for $kind {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().find(|(_, name)| *name == text).map(|(known, _)| *known);
                found.ok_or_else(|| format!("'{text}' is not {}", $what))
            }
        }
    };
}

pub(crate) use named;

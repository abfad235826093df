//! What the reader does with a chart, and where he goes.

/// Where the reader goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As the chart was opened.
    Reset,
    /// Everything at once.
    Fit,
    /// To the newest bar.
    Newest,
    /// To the oldest bar that is known.
    Oldest,
    /// Towards the past.
    Left,
    /// Towards the present.
    Right,
    /// Closer.
    In,
    /// Further away.
    Out,
}

impl Way {
    /// As `bridge.js` knows it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Fit => "fit",
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Left => "left",
            Self::Right => "right",
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// What the reader did with the chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Happening {
    /// The pointer is over the bar of this second, or over none.
    Pointed(Option<i64>),
    /// He comes near the oldest bar.
    NearOldest,
    /// He has the bars of these seconds in sight, the first and the last of them, or none.
    Sees(Option<(i64, i64)>),
    /// He asks what can be done at a place, at a price, with an alert.
    Menu { x: f64, y: f64, price: f64, alert: Option<usize> },
    /// He let go of an alert at a price.
    AlertMoved { alert: usize, price: f64 },
}

impl Happening {
    /// As `bridge.js` tells it: a word and four numbers.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds and places in a list"
    )]
    pub fn told(word: &str, numbers: [f64; 4]) -> Option<Self> {
        let [first, second, third, fourth] = numbers;
        Some(match word {
            "point" => Self::Pointed(first.is_finite().then_some(first as i64)),
            "older" => Self::NearOldest,
            "sight" => {
                let both = first.is_finite() && second.is_finite();
                Self::Sees(both.then_some((first as i64, second as i64)))
            }
            "menu" => {
                let alert = (fourth >= 0.0).then_some(fourth as usize);
                Self::Menu { x: first, y: second, price: third, alert }
            }
            "moved" => Self::AlertMoved { alert: first as usize, price: second },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_understood() {
        let check = |word: &str, numbers: [f64; 4], expect: Option<Happening>| {
            assert_eq!(Happening::told(word, numbers), expect, "{word}");
        };
        check("point", [60.0, 0.0, 0.0, 0.0], Some(Happening::Pointed(Some(60))));
        check("point", [f64::NAN, 0.0, 0.0, 0.0], Some(Happening::Pointed(None)));
        check("older", [0.0; 4], Some(Happening::NearOldest));
        check("sight", [60.0, 180.0, 0.0, 0.0], Some(Happening::Sees(Some((60, 180)))));
        check("sight", [f64::NAN, f64::NAN, 0.0, 0.0], Some(Happening::Sees(None)));
        let menu = |alert| Happening::Menu { x: 1.0, y: 2.0, price: 3.0, alert };
        check("menu", [1.0, 2.0, 3.0, -1.0], Some(menu(None)));
        check("menu", [1.0, 2.0, 3.0, 4.0], Some(menu(Some(4))));
        check("moved", [1.0, 9.5, 0.0, 0.0], Some(Happening::AlertMoved { alert: 1, price: 9.5 }));
        check("sung", [0.0; 4], None);
    }
}

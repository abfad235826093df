//! A text as a QR code, drawn as SVG: black on white in every theme, since that is what cameras read.

use dioxus::prelude::*;
use qrcode::{Color, QrCode};

/// The empty margin that readers need, in modules.
const QUIET: usize = 4;

/// The dark modules as one path in a square of unit modules.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Drawing {
    side: usize,
    path: String,
}

impl Drawing {
    /// None where the text is too long for a QR code.
    fn of(text: &str) -> Option<Self> {
        let code = QrCode::new(text).ok()?;
        let width = code.width();
        let colors = code.to_colors();
        let runs = colors.chunks(width).enumerate().flat_map(|(y, row)| runs(row).map(move |run| (y, run)));
        let strokes: Vec<_> = runs
            .map(|(y, (x, length))| format!("M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET))
            .collect();
        let path = strokes.concat();
        Some(Self { side: width + 2 * QUIET, path })
    }
}

/// Where dark modules stand side by side: the first of them, and how many.
fn runs(row: &[Color]) -> impl Iterator<Item = (usize, usize)> {
    let dark = |x: usize| row.get(x) == Some(&Color::Dark);
    let begins = (0..row.len()).filter(move |x| dark(*x) && (*x == 0 || !dark(*x - 1)));
    begins.map(move |x| (x, (x..row.len()).take_while(|x| dark(*x)).count()))
}

/// The picture.
#[component]
pub fn QrPicture(text: String, label: String) -> Element {
    let drawing = use_memo(use_reactive!(|text| Drawing::of(&text)));
    let Some(Drawing { side, path }) = drawing() else { return rsx! {} };
    rsx! {
        svg {
            class: "qr",
            view_box: "0 0 {side} {side}",
            role: "img",
            "aria-label": "{label}",
            "shape-rendering": "crispEdges",
            rect { width: "{side}", height: "{side}", fill: "#ffffff" }
            path { d: "{path}", fill: "#000000" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dark_modules_are_drawn_in_runs() {
        let row = |text: &str| {
            text.chars().map(|c| if c == '#' { Color::Dark } else { Color::Light }).collect::<Vec<_>>()
        };
        let check = |text: &str, expect: &[(usize, usize)]| {
            assert_eq!(runs(&row(text)).collect::<Vec<_>>(), expect, "{text}");
        };
        check("", &[]);
        check("....", &[]);
        check("####", &[(0, 4)]);
        check("##..#.#", &[(0, 2), (4, 1), (6, 1)]);
        check(".###", &[(1, 3)]);
    }

    #[test]
    fn every_dark_module_is_in_the_picture_and_no_light_one() {
        let text = "otpauth://totp/Tickgraph:ann?secret=JBSWY3DPEHPK3PXP&issuer=Tickgraph";
        let drawing = Drawing::of(text).unwrap();
        let code = QrCode::new(text).unwrap();
        assert_eq!(drawing.side, code.width() + 8);
        let area: usize = drawing
            .path
            .split('h')
            .skip(1)
            .filter_map(|part| part.split_once('v'))
            .map(|(length, _)| length.parse::<usize>().unwrap())
            .sum();
        assert_eq!(area, code.to_colors().iter().filter(|color| **color == Color::Dark).count());
        // The finder pattern's upper left corner, inside the margin.
        assert!(drawing.path.starts_with("M4 4h7v1h-7z"), "{}", drawing.path);
        assert_eq!(Drawing::of(&"x".repeat(8_000)), None);
    }
}

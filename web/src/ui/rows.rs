//! Long tables: only the rows in sight are drawn.

use std::ops::Range;

use dioxus::prelude::*;

/// Rows that are drawn before and after those in sight, so that a quick hand finds no hole.
const SPARE: usize = 12;

/// The place is told in steps, so that not every pixel draws the table anew.
const STEP: f64 = 96.0;

/// What part of a long table is in sight, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// From the top.
    pub top: f64,
    /// How high.
    pub height: f64,
}

impl View {
    /// The rows to draw.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "both are positive, and far below 2^53"
    )]
    pub fn rows(self, row_height: u32, total: usize) -> Range<usize> {
        let row_height = f64::from(row_height.max(1));
        let first = (self.top.max(0.0) / row_height) as usize;
        let count = (self.height.max(0.0) / row_height) as usize + 1;
        let start = first.saturating_sub(SPARE).min(total);
        start..(first + count + SPARE).min(total)
    }
}

/// The part in sight, for as long as the table lives.
#[derive(Clone, Copy, PartialEq)]
pub struct Rows(Signal<View>);

/// The part in sight; before it is known, a screenful.
pub fn use_rows() -> Rows {
    Rows(use_signal(|| View { top: 0.0, height: 900.0 }))
}

impl Rows {
    /// The rows to draw.
    pub fn range(self, row_height: u32, total: usize) -> Range<usize> {
        self.0.read().rows(row_height, total)
    }

    /// How far it is scrolled, roughly.
    pub fn top(self) -> f64 {
        self.0.read().top
    }

    fn see(mut self, top: f64, height: f64) {
        // What is at the very top must be known exactly.
        let top = if top < STEP / 4.0 { 0.0 } else { (top / STEP).floor().max(0.1) * STEP };
        let view = View { top, height };
        if *self.0.peek() != view {
            self.0.set(view);
        }
    }
}

/// What scrolls.
#[component]
pub fn Scroller(rows: Rows, #[props(default)] class: String, label: String, children: Element) -> Element {
    rsx! {
        div {
            class: "panel-body {class}",
            role: "region",
            tabindex: "-1",
            "aria-label": "{label}",
            onscroll: move |event| rows.see(event.scroll_top(), f64::from(event.client_height())),
            onresize: move |event| {
                if let Ok(size) = event.get_content_box_size() {
                    let top = rows.0.peek().top;
                    rows.see(top, size.height);
                }
            },
            {children}
        }
    }
}

/// Stands for rows of a table that are not drawn.
#[component]
pub fn Gap(count: usize, row_height: u32) -> Element {
    if count == 0 {
        return rsx! {};
    }
    let height = count * row_height as usize;
    rsx! {
        tr { class: "gap", "aria-hidden": "true",
            td { height: "{height}px" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_sight_is_drawn() {
        let check = |top: f64, total: usize, expect: Range<usize>| {
            let view = View { top, height: 300.0 };
            assert_eq!(view.rows(30, total), expect, "{top} of {total}");
        };
        check(0.0, 10_000, 0..23);
        check(3_000.0, 10_000, 88..123);
        check(299_700.0, 10_000, 9_978..10_000);
        check(0.0, 5, 0..5);
        check(9_000.0, 5, 5..5);
        check(0.0, 0, 0..0);
    }
}

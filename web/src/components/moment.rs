//! A point in time, in the reader's zone.

use dioxus::prelude::*;

use crate::browser;
use crate::graphql::scalar::DateTime;
use crate::preferences::use_text;

/// A day and its time.
#[component]
pub fn Moment(at: DateTime) -> Element {
    let text = use_text();
    rsx! {
        time { class: "moment", {browser::date_time(at.millis(), text.language().tag())} }
    }
}

//! A point in time, in the reader's zone.

use dioxus::prelude::*;

use crate::graphql::scalar::DateTime;
use crate::preferences::use_clock;

/// A day and its time.
#[component]
pub fn Moment(at: DateTime) -> Element {
    let clock = use_clock();
    rsx! {
        time { class: "moment", {clock.moment(at.millis())} }
    }
}

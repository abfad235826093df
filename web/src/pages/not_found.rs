//! An address that is none of ours.

use dioxus::prelude::*;

use crate::app::Route;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::Logo;

/// Says so, and shows the way home.
#[component]
pub fn NotFound(segments: Vec<String>) -> Element {
    let text = use_text();
    let path = segments.join("/");
    rsx! {
        main { class: "splash",
            Logo {}
            h1 { class: "splash-title", {text.say(Text::PageNotFound)} }
            p { class: "muted", "/{path}" }
            Link { class: "button", to: Route::Dashboard {}, {text.say(Text::ToTheDashboard)} }
        }
    }
}

//! The frame of the pages before the dashboard: set-up and log-in.

use dioxus::prelude::*;

use super::account_menu::{LanguageChoice, ThemeChoice};
use crate::graphql::user_error::Refusal;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon, Logo};

/// A card with the product's name over a form.
#[component]
pub fn Entry(title: String, lead: String, children: Element) -> Element {
    let text = use_text();
    rsx! {
        div { class: "entry",
            main { class: "entry-card",
                p { class: "entry-brand",
                    Logo {}
                    span { {text.say(Text::Product)} }
                }
                h1 { "{title}" }
                p { class: "muted", "{lead}" }
                {children}
            }
            footer { class: "entry-foot",
                LanguageChoice {}
                ThemeChoice {}
            }
        }
    }
}

/// What went wrong with a form as a whole: everything that is not about one of its `fields`.
#[component]
pub fn FormProblem(refusal: Option<Refusal>, fields: Vec<&'static str>) -> Element {
    let text = use_text();
    let Some(problem) = refusal.and_then(|refusal| text.form_error(&refusal, &fields)) else {
        return rsx! {};
    };
    rsx! {
        p { class: "form-problem", role: "alert", "data-testid": "form-problem",
            Icon { glyph: Glyph::Alert }
            span { "{problem}" }
        }
    }
}

//! Recovery codes, which are shown once.

use dioxus::prelude::*;

use crate::browser;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::copy::CopyButton;
use crate::ui::icon::{Glyph, Icon};

/// One code a line, as it is copied and saved.
fn lines(codes: &[String]) -> String {
    codes.join("\n") + "\n"
}

/// The codes, until somebody says that they are in a safe place.
#[component]
pub fn RecoveryCodes(codes: Vec<String>, onkept: EventHandler<()>) -> Element {
    let text = use_text();
    let all = lines(&codes);
    rsx! {
        div { class: "once", role: "group", "aria-labelledby": "recovery-codes-title",
            h3 { id: "recovery-codes-title", {text.say(Text::RecoveryCodes)} }
            p { {text.say(Text::RecoveryCodesLead)} }
            ol { class: "codes code", "data-testid": "recovery-codes",
                for code in codes {
                    li { key: "{code}", "{code}" }
                }
            }
            div { class: "row",
                CopyButton { value: all.clone(), words: text.copy_words(), testid: "recovery-codes" }
                button {
                    r#type: "button",
                    class: "button",
                    onclick: move |_| browser::download("tickgraph-recovery-codes.txt", &all),
                    Icon { glyph: Glyph::Download }
                    {text.say(Text::Download)}
                }
                button {
                    r#type: "button",
                    class: "button button-primary",
                    "data-testid": "recovery-codes-kept",
                    onclick: move |_| onkept.call(()),
                    {text.say(Text::RecoveryCodesKept)}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_a_line_of_its_own() {
        assert_eq!(lines(&["ab-cd".into(), "ef-gh".into()]), "ab-cd\nef-gh\n");
    }
}

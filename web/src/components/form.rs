//! What every form shares: one request at a time, and what came of it; the password that is asked for again.

use std::future::Future;

use dioxus::prelude::*;

use crate::graphql::user_error::Refusal;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::field::{Field, FieldKind};

/// A form's request.
#[derive(Clone, Copy, PartialEq)]
pub struct Work {
    busy: Signal<bool>,
    refusal: Signal<Option<Refusal>>,
}

/// A form's request, for as long as the form lives.
pub fn use_work() -> Work {
    Work { busy: use_signal(|| false), refusal: use_signal(|| None) }
}

impl Work {
    /// Whether an answer is awaited.
    pub fn busy(self) -> bool {
        *self.busy.read()
    }

    /// Why the last request changed nothing.
    pub fn refusal(self) -> Option<Refusal> {
        self.refusal.cloned()
    }

    /// Waits for the answer and hands it on; a second request meanwhile is dropped.
    pub fn run<T>(
        mut self,
        request: impl Future<Output = Result<T, Refusal>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if *self.busy.peek() {
            return;
        }
        self.busy.set(true);
        spawn(async move {
            let answer = request.await;
            self.busy.set(false);
            match answer {
                Ok(value) => {
                    self.refusal.set(None);
                    done(value);
                }
                Err(refusal) => self.refusal.set(Some(refusal)),
            }
        });
    }
}

/// The person's own password, asked for again before something that matters.
#[component]
pub fn CurrentPassword(
    id: &'static str,
    value: Signal<String>,
    refusal: Option<Refusal>,
    #[props(default)] focused: bool,
) -> Element {
    let text = use_text();
    rsx! {
        Field {
            kind: FieldKind { id, input: "password", autocomplete: "current-password" },
            label: text.say(Text::CurrentPassword),
            value,
            error: text.field_error(refusal.as_ref(), "currentPassword"),
            focused,
        }
    }
}

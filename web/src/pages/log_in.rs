//! Logging in: a name and a password, and then the second factor where one is asked for.

use dioxus::prelude::*;

use super::gate::Gate;
use crate::app::Route;
use crate::components::entry::{Entry, FormProblem};
use crate::graphql::user_error::{Refusal, UserErrorCode};
use crate::preferences::use_text;
use crate::session::{Credentials, Session};
use crate::text::Text;
use crate::ui::field::{Field, FieldKind};

/// The log-in page.
#[component]
pub fn LogIn() -> Element {
    rsx! {
        Gate { page: Route::LogIn {}, LogInSteps {} }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Password,
    Code,
}

/// Where a refusal leads, and what of it is shown there: that a code is needed too is no failure.
fn after(step: Step, refusal: Option<Refusal>) -> (Step, Option<Refusal>) {
    let has = |code| refusal.as_ref().is_some_and(|refusal| refusal.has(code));
    if step == Step::Password && has(UserErrorCode::SecondFactorRequired) {
        return (Step::Code, None);
    }
    // The password was changed in the meantime: no code will help.
    let step = if has(UserErrorCode::InvalidCredentials) { Step::Password } else { step };
    (step, refusal)
}

/// What has been typed so far, and what came of it.
#[derive(Clone, Copy, PartialEq)]
struct LogInState {
    session: Session,
    step: Signal<Step>,
    username: Signal<String>,
    password: Signal<String>,
    code: Signal<String>,
    refusal: Signal<Option<Refusal>>,
    busy: Signal<bool>,
}

impl LogInState {
    fn submit(mut self) {
        if *self.busy.peek() {
            return;
        }
        self.busy.set(true);
        let step = *self.step.peek();
        let credentials = Credentials {
            username: self.username.peek().clone(),
            password: self.password.peek().clone(),
            code: (step == Step::Code).then(|| self.code.peek().trim().to_owned()),
        };
        spawn(async move {
            let (next, refusal) = after(step, self.session.log_in(credentials).await.err());
            self.refusal.set(refusal);
            self.step.set(next);
            self.busy.set(false);
        });
    }

    fn back(mut self) {
        self.refusal.set(None);
        self.code.set(String::new());
        self.step.set(Step::Password);
    }
}

#[component]
fn LogInSteps() -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let state = LogInState {
        session,
        step: use_signal(|| Step::Password),
        username: use_signal(String::new),
        password: use_signal(String::new),
        code: use_signal(String::new),
        refusal: use_signal(|| None),
        busy: use_signal(|| false),
    };
    match (state.step)() {
        Step::Password => rsx! {
            Entry { title: text.say(Text::LogIn), lead: text.say(Text::LogInLead),
                PasswordForm { state }
            }
        },
        Step::Code => rsx! {
            Entry { title: text.say(Text::SecondFactor), lead: text.say(Text::SecondFactorLead),
                CodeForm { state }
            }
        },
    }
}

#[component]
fn PasswordForm(state: LogInState) -> Element {
    let text = use_text();
    let busy = (state.busy)();
    rsx! {
        form {
            "data-testid": "login-form",
            onsubmit: move |event| {
                event.prevent_default();
                state.submit();
            },
            FormProblem { refusal: (state.refusal)(), fields: vec![] }
            Field {
                kind: FieldKind { id: "username", input: "text", autocomplete: "username" },
                label: text.say(Text::Username),
                value: state.username,
                focused: true,
            }
            Field {
                kind: FieldKind { id: "password", input: "password", autocomplete: "current-password" },
                label: text.say(Text::Password),
                value: state.password,
                reveal: text.say(Text::ShowPassword).to_owned(),
            }
            button {
                r#type: "submit",
                class: "button button-primary button-wide",
                "data-testid": "login-submit",
                disabled: busy,
                {text.say(if busy { Text::LoggingIn } else { Text::LogIn })}
            }
        }
    }
}

#[component]
fn CodeForm(state: LogInState) -> Element {
    let text = use_text();
    let (busy, refusal) = ((state.busy)(), (state.refusal)());
    rsx! {
        form {
            "data-testid": "code-form",
            onsubmit: move |event| {
                event.prevent_default();
                state.submit();
            },
            FormProblem { refusal: refusal.clone(), fields: vec!["code"] }
            Field {
                kind: FieldKind { id: "code", input: "text", autocomplete: "one-time-code" },
                label: text.say(Text::Code),
                value: state.code,
                hint: text.say(Text::CodeHint),
                error: text.field_error(refusal.as_ref(), "code"),
                focused: true,
            }
            div { class: "stack",
                button {
                    r#type: "submit",
                    class: "button button-primary button-wide",
                    "data-testid": "code-submit",
                    disabled: busy,
                    {text.say(if busy { Text::LoggingIn } else { Text::LogIn })}
                }
                button {
                    r#type: "button",
                    class: "button button-wide",
                    disabled: busy,
                    onclick: move |_| state.back(),
                    {text.say(Text::Back)}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::failure::Failure;
    use crate::graphql::user_error::UserError;

    #[test]
    fn each_refusal_leads_to_the_step_that_can_mend_it() {
        use UserErrorCode::{CodeInvalid, InvalidCredentials, SecondFactorRequired, TooManyAttempts};
        let refused = |code| Refusal::User(vec![UserError { field: None, code, message: "no".into() }]);
        let check = |step: Step, code: UserErrorCode, expect: Step, shown: bool| {
            let (next, refusal) = after(step, Some(refused(code)));
            assert_eq!((next, refusal.is_some()), (expect, shown), "{step:?} {code:?}");
        };
        check(Step::Password, SecondFactorRequired, Step::Code, false);
        check(Step::Password, InvalidCredentials, Step::Password, true);
        check(Step::Password, TooManyAttempts, Step::Password, true);
        check(Step::Code, CodeInvalid, Step::Code, true);
        check(Step::Code, TooManyAttempts, Step::Code, true);
        check(Step::Code, InvalidCredentials, Step::Password, true);
        check(Step::Code, SecondFactorRequired, Step::Code, true);
        let unreachable = Refusal::Failure(Failure::Unreachable);
        assert_eq!(after(Step::Code, Some(unreachable.clone())), (Step::Code, Some(unreachable)));
        assert_eq!(after(Step::Code, None), (Step::Code, None));
    }
}

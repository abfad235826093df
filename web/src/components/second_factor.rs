//! The own second factor: turning it on and off, and new recovery codes.

use dioxus::prelude::*;

use super::entry::FormProblem;
use super::form::{CurrentPassword, Work, use_work};
use super::recovery_codes::RecoveryCodes;
use crate::graphql::failure::Failure;
use crate::graphql::totp::{self, Enrolment, Proof, SecondFactor as Standing};
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::Text;
use crate::ui::copy::CopyField;
use crate::ui::field::{Field, FieldKind};
use crate::ui::notice::{Loading, Problem};
use crate::ui::qr::QrPicture;

/// From here on it is time for new recovery codes.
const FEW: i32 = 2;

/// What is being done.
#[derive(Clone, PartialEq)]
enum Doing {
    Nothing,
    Enrolling(Enrolment),
    RenewingCodes,
    Removing,
    Keeping(Vec<String>),
}

/// The section of the account page.
#[component]
pub fn SecondFactor() -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let mut doing = use_signal(|| Doing::Nothing);
    let mut standing = use_resource(move || totp::own(session));
    let changed = use_callback(move |next: Doing| {
        doing.set(next);
        standing.restart();
    });
    let known = standing.read().clone();
    rsx! {
        section { class: "card", "aria-labelledby": "second-factor-title", "data-testid": "second-factor",
            h2 { id: "second-factor-title", {text.say(Text::SecondFactor)} }
            match (doing(), known) {
                (Doing::Keeping(codes), _) => rsx! {
                    RecoveryCodes { codes, onkept: move |()| doing.set(Doing::Nothing) }
                },
                (_, None) => rsx! { Loading { label: text.say(Text::Loading) } },
                (_, Some(Err(failure))) => rsx! {
                    Unknown { failure, onagain: move |()| standing.restart() }
                },
                (Doing::Enrolling(enrolment), Some(Ok(_))) => rsx! {
                    Enrol {
                        enrolment,
                        ondone: move |codes| changed.call(Doing::Keeping(codes)),
                        onback: move |()| doing.set(Doing::Nothing),
                    }
                },
                (_, Some(Ok(standing))) if !standing.second_factor => rsx! {
                    Begin { ondone: move |enrolment| doing.set(Doing::Enrolling(enrolment)) }
                },
                (Doing::RenewingCodes, Some(Ok(_))) => rsx! {
                    RenewCodes {
                        ondone: move |codes| changed.call(Doing::Keeping(codes)),
                        onback: move |()| doing.set(Doing::Nothing),
                    }
                },
                (Doing::Removing, Some(Ok(_))) => rsx! {
                    Remove {
                        ondone: move |()| changed.call(Doing::Nothing),
                        onback: move |()| doing.set(Doing::Nothing),
                    }
                },
                (Doing::Nothing, Some(Ok(standing))) => rsx! { InForce { standing, doing } },
            }
        }
    }
}

#[component]
fn Unknown(failure: Failure, onagain: EventHandler<()>) -> Element {
    let text = use_text();
    rsx! {
        Problem {
            title: text.say(Text::SecondFactorFailed),
            message: text.failure(&failure),
            again: Some(text.say(Text::TryAgain).to_owned()),
            onagain,
        }
    }
}

#[component]
fn InForce(standing: Standing, doing: Signal<Doing>) -> Element {
    let text = use_text();
    let left = standing.recovery_codes_left.unwrap_or_default();
    rsx! {
        p { "data-testid": "second-factor-on",
            span { class: "badge badge-live", {text.say(Text::On)} }
            " "
            {text.say(Text::SecondFactorOn)}
        }
        p { class: if left <= FEW { "warn" } else { "muted" },
            {text.fill(Text::RecoveryCodesLeft, &[("count", &left.to_string())])}
        }
        div { class: "row",
            button {
                r#type: "button",
                class: "button",
                "data-testid": "recovery-codes-renew",
                onclick: move |_| doing.set(Doing::RenewingCodes),
                {text.say(Text::RenewRecoveryCodes)}
            }
            button {
                r#type: "button",
                class: "button button-danger",
                "data-testid": "totp-remove",
                onclick: move |_| doing.set(Doing::Removing),
                {text.say(Text::RemoveSecondFactor)}
            }
        }
    }
}

#[component]
fn Begin(ondone: EventHandler<Enrolment>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let password = use_signal(String::new);
    let work = use_work();
    let submit = move |event: FormEvent| {
        event.prevent_default();
        work.run(totp::begin(session, password()), move |enrolment| ondone.call(enrolment));
    };
    let refusal = work.refusal();
    rsx! {
        p { class: "muted", {text.say(Text::SecondFactorOff)} }
        form { class: "narrow-form", "data-testid": "totp-begin-form", onsubmit: submit,
            FormProblem { refusal: refusal.clone(), fields: vec!["currentPassword"] }
            CurrentPassword { id: "totp-password", value: password, refusal }
            button {
                r#type: "submit",
                class: "button button-primary",
                "data-testid": "totp-begin",
                disabled: work.busy(),
                {text.say(Text::BeginSecondFactor)}
            }
        }
    }
}

#[component]
fn Enrol(enrolment: Enrolment, ondone: EventHandler<Vec<String>>, onback: EventHandler<()>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let code = use_signal(String::new);
    let work = use_work();
    let submit = move |event: FormEvent| {
        event.prevent_default();
        let code = code().trim().to_owned();
        work.run(totp::confirm(session, code), move |codes| ondone.call(codes));
    };
    let refusal = work.refusal();
    rsx! {
        p { {text.say(Text::ScanLead)} }
        div { class: "enrol",
            QrPicture { text: enrolment.uri, label: text.say(Text::QrCode) }
            form { class: "narrow-form", "data-testid": "totp-confirm-form", onsubmit: submit,
                CopyField {
                    id: "totp-secret",
                    label: text.say(Text::SecretByHand),
                    value: enrolment.secret,
                    words: text.copy_words(),
                }
                FormProblem { refusal: refusal.clone(), fields: vec!["code"] }
                Field {
                    kind: FieldKind { id: "totp-code", input: "text", autocomplete: "one-time-code" },
                    label: text.say(Text::CodeOfApp),
                    value: code,
                    error: text.field_error(refusal.as_ref(), "code"),
                    focused: true,
                }
                div { class: "row",
                    button {
                        r#type: "submit",
                        class: "button button-primary",
                        "data-testid": "totp-confirm",
                        disabled: work.busy(),
                        {text.say(Text::ConfirmSecondFactor)}
                    }
                    button {
                        r#type: "button",
                        class: "button",
                        disabled: work.busy(),
                        onclick: move |_| onback.call(()),
                        {text.say(Text::Cancel)}
                    }
                }
            }
        }
    }
}

#[component]
fn RenewCodes(ondone: EventHandler<Vec<String>>, onback: EventHandler<()>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let work = use_work();
    rsx! {
        p { class: "muted", {text.say(Text::RenewRecoveryCodesLead)} }
        ProofForm {
            work,
            submit: text.say(Text::RenewRecoveryCodes),
            onproof: move |proof| work.run(totp::renew_codes(session, proof), move |codes| ondone.call(codes)),
            onback,
        }
    }
}

#[component]
fn Remove(ondone: EventHandler<()>, onback: EventHandler<()>) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let work = use_work();
    rsx! {
        p { class: "muted", {text.say(Text::RemoveSecondFactorLead)} }
        ProofForm {
            work,
            submit: text.say(Text::RemoveSecondFactor),
            onproof: move |proof| work.run(totp::remove(session, proof), move |()| ondone.call(())),
            onback,
        }
    }
}

/// Asks for the password and a code.
#[component]
fn ProofForm(work: Work, submit: String, onproof: EventHandler<Proof>, onback: EventHandler<()>) -> Element {
    let text = use_text();
    let password = use_signal(String::new);
    let code = use_signal(String::new);
    let refusal = work.refusal();
    rsx! {
        form {
            class: "narrow-form",
            "data-testid": "proof-form",
            onsubmit: move |event| {
                event.prevent_default();
                onproof.call(Proof { current_password: password(), code: code().trim().to_owned() });
            },
            FormProblem { refusal: refusal.clone(), fields: vec!["currentPassword", "code"] }
            CurrentPassword { id: "proof-password", value: password, refusal: refusal.clone(), focused: true }
            Field {
                kind: FieldKind { id: "proof-code", input: "text", autocomplete: "one-time-code" },
                label: text.say(Text::Code),
                value: code,
                hint: text.say(Text::CodeHint),
                error: text.field_error(refusal.as_ref(), "code"),
            }
            div { class: "row",
                button {
                    r#type: "submit",
                    class: "button button-primary",
                    "data-testid": "proof-submit",
                    disabled: work.busy(),
                    "{submit}"
                }
                button {
                    r#type: "button",
                    class: "button",
                    disabled: work.busy(),
                    onclick: move |_| onback.call(()),
                    {text.say(Text::Cancel)}
                }
            }
        }
    }
}

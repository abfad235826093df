//! The form in which an indicator is added to a chart or set otherwise.

use dioxus::prelude::*;

use super::chart_panel::Board;
use crate::chart::kinds::{Kind, Number};
use crate::chart::settings::Profile;
use crate::chart::study::{MOST_STUDIES, Study, Tint};
use crate::graphql::indicator::{IndicatorKind, PriceSource};
use crate::number;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::dialog::Dialog;
use crate::ui::select::Select;
use crate::ui::tick_box::TickBox;

const SOURCES: [(Option<PriceSource>, &str); 7] = [
    (Some(PriceSource::Open), "Open"),
    (Some(PriceSource::High), "High"),
    (Some(PriceSource::Low), "Low"),
    (Some(PriceSource::Close), "Close"),
    (Some(PriceSource::Hl2), "HL2"),
    (Some(PriceSource::Hlc3), "HLC3"),
    (Some(PriceSource::Ohlc4), "OHLC4"),
];

fn words(number: Number) -> Text {
    match number {
        Number::Length => Text::IndicatorLength,
        Number::Fast => Text::FastLength,
        Number::Slow => Text::SlowLength,
        Number::Signal => Text::SignalLength,
        Number::Deviations => Text::Deviations,
    }
}

fn typed_in(study: &Study, number: Number) -> String {
    let whole = |value: Option<i32>| value.map(|value| value.to_string()).unwrap_or_default();
    match number {
        Number::Length => whole(study.length),
        Number::Fast => whole(study.fast),
        Number::Slow => whole(study.slow),
        Number::Signal => whole(study.signal),
        Number::Deviations => {
            study.deviations.map(|value| value.0.normalize().to_string()).unwrap_or_default()
        }
    }
}

/// Sets a number as it was typed; nothing typed is the kind's usual. Whether it is a number above nought.
fn set(study: &mut Study, number: Number, typed: &str) -> Result<(), ()> {
    let typed = typed.trim();
    if number == Number::Deviations {
        let value = number::typed(typed).filter(|value| value.0 > rust_decimal::Decimal::ZERO);
        if value.is_none() && !typed.is_empty() {
            return Err(());
        }
        study.deviations = value;
        return Ok(());
    }
    let value = typed.parse().ok().filter(|value: &i32| *value > 0);
    if value.is_none() && !typed.is_empty() {
        return Err(());
    }
    match number {
        Number::Length => study.length = value,
        Number::Fast => study.fast = value,
        Number::Slow => study.slow = value,
        Number::Signal | Number::Deviations => study.signal = value,
    }
    Ok(())
}

/// The form; `study` is the place of the indicator, the one after the last for a new one.
#[component]
pub fn StudyForm(board: Board, study: usize) -> Element {
    let text = use_text();
    let mut editing = board.editing;
    let known = board.settings.peek().studies.get(study).cloned();
    let is_new = known.is_none();
    let mut draft = use_signal(|| {
        known.unwrap_or_else(|| Study::usual(IndicatorKind::Sma, board.settings.peek().next_tint()))
    });
    let mut numbers = use_signal(Vec::<(Number, String)>::new);
    let mut wrong = use_signal(|| None::<Number>);
    let kind_changed = move |kind: IndicatorKind| {
        let tint = draft.peek().tint;
        draft.set(Study::usual(kind, tint));
        numbers.set(Vec::new());
        wrong.set(None);
    };
    let submit = move |event: FormEvent| {
        event.prevent_default();
        let mut made = draft.peek().clone();
        for (number, typed) in numbers.peek().iter() {
            if set(&mut made, *number, typed).is_err() {
                return wrong.set(Some(*number));
            }
        }
        board.change(|settings| {
            if let Some(known) = settings.studies.get_mut(study) {
                *known = made;
            } else if settings.studies.len() < MOST_STUDIES {
                settings.studies.push(made);
            }
        });
        editing.set(None);
    };
    let shape = Kind::of(draft.read().kind);
    let kinds = IndicatorKind::ALL.map(|(kind, name)| (kind, name.to_owned())).to_vec();
    let title = text.say(if is_new { Text::AddIndicator } else { Text::EditIndicator });
    rsx! {
        Dialog {
            title,
            close: text.say(Text::Close),
            testid: "study-form",
            onclose: move |()| editing.set(None),
            if is_new {
                ProfileBox { board }
            }
            form { class: "study-form", onsubmit: submit,
                div { class: "form-grid",
                    Select {
                        id: "study-kind",
                        label: text.say(Text::Indicator),
                        items: kinds,
                        chosen: draft.read().kind,
                        onchoose: kind_changed,
                    }
                    for (number, usual) in shape.numbers.iter().copied() {
                        NumberField { key: "{number:?}", draft, numbers, number, usual, wrong: wrong() == Some(number) }
                    }
                    if let Some(usual) = shape.source {
                        Source { draft, usual }
                    }
                }
                Tints { draft }
                div { class: "row",
                    button { r#type: "submit", class: "button button-primary", "data-testid": "study-save",
                        {text.say(if is_new { Text::AddIndicator } else { Text::SaveIndicator })}
                    }
                    button { r#type: "button", class: "button", onclick: move |_| editing.set(None),
                        {text.say(Text::Cancel)}
                    }
                }
            }
        }
    }
}

/// Shows the volume profile, which has nothing to set, or hides it.
#[component]
fn ProfileBox(board: Board) -> Element {
    let text = use_text();
    let shown = use_memo(move || board.settings.read().profile == Profile::Shown);
    rsx! {
        div { class: "study-profile",
            TickBox {
                id: "study-profile",
                label: text.say(Text::VolumeProfile),
                hint: text.say(Text::VolumeProfileHint),
                ticked: shown,
                onchange: move |ticked| {
                    let profile = if ticked { Profile::Shown } else { Profile::Hidden };
                    board.change(|settings| settings.profile = profile);
                },
            }
        }
    }
}

#[component]
fn NumberField(
    draft: Signal<Study>,
    numbers: Signal<Vec<(Number, String)>>,
    number: Number,
    usual: &'static str,
    wrong: bool,
) -> Element {
    let text = use_text();
    let mut numbers = numbers;
    let id = format!("study-{number:?}").to_lowercase();
    let note = format!("{id}-note");
    let entered = numbers.read().iter().find(|(known, _)| *known == number).map(|(_, typed)| typed.clone());
    let value = entered.unwrap_or_else(|| typed_in(&draft.read(), number));
    rsx! {
        div { class: "field",
            label { r#for: "{id}", {text.say(words(number))} }
            div { class: "field-box",
                input {
                    id: "{id}",
                    r#type: "text",
                    inputmode: "decimal",
                    autocomplete: "off",
                    placeholder: usual,
                    "data-testid": "{id}",
                    "aria-invalid": if wrong { "true" } else { "false" },
                    "aria-describedby": "{note}",
                    value: "{value}",
                    oninput: move |event| {
                        let mut numbers = numbers.write();
                        numbers.retain(|(known, _)| *known != number);
                        numbers.push((number, event.value()));
                    },
                }
            }
            p { id: "{note}", class: if wrong { "field-note field-error" } else { "field-note" },
                {text.say(if wrong { Text::NotANumber } else { Text::IndicatorLengthHint })}
            }
        }
    }
}

#[component]
fn Source(draft: Signal<Study>, usual: &'static str) -> Element {
    let text = use_text();
    let mut draft = draft;
    let mut items = vec![(None, text.fill(Text::UsualSource, &[("source", usual)]))];
    items.extend(SOURCES.map(|(source, name)| (source, name.to_owned())));
    rsx! {
        Select {
            id: "study-source",
            label: text.say(Text::IndicatorSource),
            items,
            chosen: draft.read().source,
            onchoose: move |source| draft.write().source = source,
        }
    }
}

#[component]
fn Tints(draft: Signal<Study>) -> Element {
    let text = use_text();
    let mut draft = draft;
    let chosen = draft.read().tint;
    rsx! {
        fieldset { class: "tints",
            legend { {text.say(Text::IndicatorColour)} }
            for tint in Tint::ALL {
                label { key: "{tint:?}", class: "tint", title: text.say(tint_words(tint)),
                    input {
                        r#type: "radio",
                        name: "study-tint",
                        "data-testid": "study-tint-{tint:?}",
                        "aria-label": text.say(tint_words(tint)),
                        checked: tint == chosen,
                        onchange: move |_| draft.write().tint = tint,
                    }
                    span { class: "dot {tint.token()}", "aria-hidden": "true" }
                }
            }
        }
    }
}

fn tint_words(tint: Tint) -> Text {
    match tint {
        Tint::Blue => Text::ColourBlue,
        Tint::Orange => Text::ColourOrange,
        Tint::Purple => Text::ColourPurple,
        Tint::Teal => Text::ColourTeal,
        Tint::Pink => Text::ColourPink,
        Tint::Green => Text::ColourGreen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_set_as_they_were_typed() {
        let mut study = Study::usual(IndicatorKind::Macd, Tint::Blue);
        assert_eq!(set(&mut study, Number::Fast, " 8 "), Ok(()));
        assert_eq!(set(&mut study, Number::Slow, "21.5"), Err(()));
        assert_eq!(set(&mut study, Number::Signal, "-3"), Err(()));
        assert_eq!(set(&mut study, Number::Deviations, "2.5"), Ok(()));
        assert_eq!((study.fast, study.slow, study.signal), (Some(8), None, None));
        assert_eq!(typed_in(&study, Number::Deviations), "2.5");
        assert_eq!(set(&mut study, Number::Fast, ""), Ok(()));
        assert_eq!(typed_in(&study, Number::Fast), "");
    }
}

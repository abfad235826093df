//! The values of indicators and of other instruments at the crosshair, each in its line's colour.

use dioxus::prelude::*;

use super::chart_panel::Board;
use crate::chart::kinds::{Kind, Unit};
use crate::chart::plan::{compared_tint, line_token, panes};
use crate::chart::settings::Scale;
use crate::chart::study::Study;
use crate::graphql::indicator::IndicatorKind;
use crate::number;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};

/// What stands where there is no value.
const NOTHING: &str = "\u{2013}";

/// A statistic with so many decimals; large ones in short.
fn written(value: Option<f64>, kind: Kind, scale: u32) -> String {
    let Some(value) = value else { return NOTHING.to_owned() };
    let decimals = usize::try_from(kind.decimals(scale)).unwrap_or_default();
    let plain = format!("{value:.decimals$}");
    match (kind.unit, number::typed(&plain)) {
        (Unit::Volume, Some(exact)) => number::compact(exact),
        _ => plain.replace('-', "\u{2212}"),
    }
}

fn name_of(study: &Study) -> &'static str {
    IndicatorKind::ALL.into_iter().find(|(kind, _)| *kind == study.kind).map_or("", |(_, name)| name)
}

/// Where indicators are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Over the prices.
    OverPrices,
    /// In panes of their own.
    Below,
}

impl Place {
    fn of(kind: Kind) -> Self {
        if kind.is_overlay() { Self::OverPrices } else { Self::Below }
    }
}

/// Why there are no indicators.
#[component]
pub fn StudyProblem(board: Board) -> Element {
    let text = use_text();
    let problem = board.model.lines.problem.read().as_ref().map(|failure| text.failure(failure));
    rsx! {
        if let Some(problem) = problem {
            p { class: "chart-strip chart-strip-low", role: "status", "data-testid": "chart-indicator-problem",
                {text.say(Text::IndicatorsFailed)}
                " {problem}"
            }
        }
    }
}

/// The legends of the indicators at a place.
#[component]
pub fn StudyLegends(board: Board, scale: u32, place: Place) -> Element {
    let studies = board.settings.read().studies.clone();
    let panes = panes(&studies);
    let model = board.model;
    use_effect(move || {
        let _legends = board.settings.read().studies.len();
        model.with_chart(|chart, _| chart.place_legends());
    });
    let here = move |study: &Study| Place::of(Kind::of(study.kind)) == place;
    rsx! {
        for (index, study) in studies.into_iter().enumerate().filter(|(_, study)| here(study)) {
            StudyLegend { key: "{index}-{study:?}", board, index, study, pane: panes[index], scale }
        }
    }
}

#[component]
fn StudyLegend(board: Board, index: usize, study: Study, pane: usize, scale: u32) -> Element {
    let text = use_text();
    let model = board.model;
    let kind = Kind::of(study.kind);
    let values = model.lines.values.read();
    let name = values.name(index).map_or_else(|| name_of(&study).to_owned(), str::to_owned);
    let now = values.at(index, *model.pointed.read());
    let data_pane = (pane > 0).then(|| pane.to_string());
    // In percent it could not be drawn where it belongs.
    let hidden = pane == 0 && board.settings.read().shown_scale() == Scale::Percent;
    rsx! {
        div {
            class: if hidden { "study-legend study-hidden" } else { "study-legend" },
            "data-pane": data_pane,
            "data-testid": "chart-study-{index}",
            title: hidden.then(|| text.say(Text::HiddenInPercent)),
            span { class: "study-name", "{name}" }
            for (line, (line_name, _)) in kind.lines.iter().enumerate() {
                span {
                    key: "{line}",
                    class: "study-value ink-{line_token(&study, line)}",
                    title: "{line_name}",
                    {written(now.get(line).copied().flatten(), kind, scale)}
                }
            }
            StudyButtons { board, index, name: name.clone() }
        }
    }
}

#[component]
fn StudyButtons(board: Board, index: usize, name: String) -> Element {
    let text = use_text();
    let mut editing = board.editing;
    rsx! {
        button {
            r#type: "button",
            class: "icon-button",
            title: text.say(Text::EditIndicator),
            "aria-label": "{text.say(Text::EditIndicator)}: {name}",
            "data-testid": "chart-study-edit-{index}",
            onclick: move |_| editing.set(Some(index)),
            Icon { glyph: Glyph::Pencil }
        }
        button {
            r#type: "button",
            class: "icon-button",
            title: text.say(Text::RemoveIndicator),
            "aria-label": "{text.say(Text::RemoveIndicator)}: {name}",
            "data-testid": "chart-study-remove-{index}",
            onclick: move |_| board.change(|settings| {
                if index < settings.studies.len() {
                    settings.studies.remove(index);
                }
            }),
            Icon { glyph: Glyph::Cross }
        }
    }
}

/// The closes of the other instruments.
#[component]
pub fn ComparedLegend(board: Board) -> Element {
    let text = use_text();
    let model = board.model;
    let compared = model.lines.compared.read();
    if compared.is_empty() {
        return rsx! {};
    }
    let point = *model.pointed.read();
    rsx! {
        ul { class: "compared-legend",
            for (index, other) in compared.iter().enumerate() {
                li { key: "{other.instrument.id.inner()}", "data-testid": "chart-compared-{other.instrument.symbol}",
                    span { class: "study-name ink-{compared_tint(index).token()}", "{other.instrument.symbol}" }
                    span { class: "study-value",
                        {
                            let bar = point.map_or(other.series.last(), |time| other.series.at(time));
                            let scale = number::scale_of(other.instrument.price_increment);
                            bar.map_or_else(|| NOTHING.to_owned(), |bar| number::price(bar.close, scale))
                        }
                    }
                    button {
                        r#type: "button",
                        class: "icon-button",
                        title: text.say(Text::StopComparing),
                        "aria-label": "{text.say(Text::StopComparing)}: {other.instrument.symbol}",
                        onclick: {
                            let id = other.instrument.id.inner().to_owned();
                            move |_| board.change(|settings| settings.compared.retain(|known| *known != id))
                        },
                        Icon { glyph: Glyph::Cross }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_decimals_of_their_kind() {
        let check = |kind: IndicatorKind, value: f64, expect: &str| {
            assert_eq!(written(Some(value), Kind::of(kind), 2), expect, "{value}");
        };
        check(IndicatorKind::Sma, 187.456, "187.46");
        check(IndicatorKind::Atr, 0.123_44, "0.123");
        check(IndicatorKind::WilliamsR, -80.5, "\u{2212}80.50");
        check(IndicatorKind::Obv, 1_234_567.0, "1.23M");
        assert_eq!(written(None, Kind::of(IndicatorKind::Sma), 2), NOTHING);
    }
}

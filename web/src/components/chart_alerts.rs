//! Price alerts in the chart: drawn as lines, dragged, and made at a place.

use dioxus::prelude::*;
use rust_decimal::prelude::FromPrimitive;

use super::alert_condition;
use super::chart_model::{Asked, Model};
use super::chart_panel::Board;
use crate::alerts::Alerts;
use crate::chart::library::AlertLine;
use crate::graphql::alert::{self, Alert, AlertConditionInput, AlertField, AlertState, Choices};
use crate::graphql::instrument::Instrument;
use crate::graphql::scalar::Decimal;
use crate::number;
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::{Catalogue, Text};
use crate::ui::icon::{Glyph, Icon};

/// The price that the instrument can have nearest to a place in the chart.
fn price_at(place: f64, increment: Decimal) -> Option<Decimal> {
    let exact = rust_decimal::Decimal::from_f64(place)?;
    let steps = exact.checked_div(increment.0)?.round();
    Some(Decimal(steps.checked_mul(increment.0)?.normalize()))
}

/// Those that stand at a price and are not done.
fn drawn(alerts: Vec<Alert>) -> Vec<Alert> {
    let stands = |alert: &Alert| {
        let at_price = matches!(alert.condition.field, AlertField::Last | AlertField::Bid | AlertField::Ask);
        at_price && matches!(alert.state, AlertState::Active | AlertState::Paused)
    };
    alerts.into_iter().filter(stands).collect()
}

fn line(text: Catalogue, alert: &Alert, scale: u32) -> AlertLine {
    let comparison = text.say(alert_condition::comparison(alert.condition.comparison));
    let field = text.say(alert_condition::field(alert.condition.field));
    AlertLine {
        price: alert.condition.value.for_drawing(),
        words: number::price(alert.condition.value, scale),
        label: alert.name.clone().unwrap_or_else(|| format!("{field} {comparison}")),
        watching: alert.state == AlertState::Active,
    }
}

/// The alert as it is, but at another price.
fn moved(alert: &Alert, value: Decimal) -> Choices {
    let condition = AlertConditionInput {
        field: alert.condition.field,
        comparison: alert.condition.comparison,
        value,
        indicator: None,
    };
    Choices {
        name: alert.name.clone(),
        condition,
        repeat: alert.repeat,
        email: alert.email,
        webhook: alert.webhook.as_ref().map(|webhook| webhook.id.clone()),
        expires_at: alert.expires_at,
    }
}

/// Opens the form for an alert at the price under the crosshair, or at the last one.
pub fn compose_at_pointer(board: &Board, instrument: &Instrument) {
    let mut price = None;
    board.model.with_chart(|chart, series| {
        let pointed = chart.pointed_price().and_then(|price| price_at(price, instrument.price_increment));
        price = pointed.or(series.last().map(|bar| bar.close));
    });
    consume_context::<Alerts>().compose(instrument.clone(), price);
}

/// Draws the alerts of the instrument, and hears when one was dragged. Those who do not see them find them in
/// a list.
#[component]
pub fn DrawnAlerts(board: Board, instrument: Instrument) -> Element {
    let text = use_text();
    let alerts = use_context::<Alerts>();
    let session = use_context::<Session>();
    let model = board.model;
    let scale = number::scale_of(instrument.price_increment);
    let id = instrument.id.clone();
    let lines = use_memo(use_reactive!(|id, scale, text| {
        drawn(alerts.on(&id)).iter().map(|alert| line(text, alert, scale)).collect::<Vec<_>>()
    }));
    use_effect(move || draw(&model, &lines.read()));
    let (id, increment) = (instrument.id.clone(), instrument.price_increment);
    use_effect(use_reactive!(|id, increment| {
        let mut dragged = model.moved;
        let Some((index, place)) = dragged() else { return };
        dragged.set(None);
        let known = drawn(alerts.on(&id)).get(index).cloned();
        let Some((known, price)) = known.zip(price_at(place, increment)) else { return };
        alerts.run(async move {
            alerts.changed(alert::update(session, &known, moved(&known, price))).await;
            // Where it was refused, it goes back.
            if let Ok(lines) = lines.try_peek() {
                draw(&model, &lines);
            }
        });
    }));
    rsx! {
        ul { class: "hidden", "aria-label": text.say(Text::Alerts),
            for line in lines.read().iter() {
                li { key: "{line.label} {line.words}", "data-testid": "chart-alert", "{line.label} {line.words}" }
            }
        }
    }
}

fn draw(model: &Model, lines: &[AlertLine]) {
    // The chart may come later than the alerts, and may be gone when the server answers.
    if let Ok(chart) = model.chart.try_read()
        && let Some(chart) = &*chart
    {
        chart.set_alerts(lines);
    }
}

/// What can be done at the place that was clicked with the other button.
#[component]
pub fn PlaceMenu(board: Board, instrument: Instrument) -> Element {
    let text = use_text();
    let alerts = use_context::<Alerts>();
    let mut menu = board.model.menu;
    let Some(Asked { x, y, price, alert }) = menu() else { return rsx! {} };
    let Some(price) = price_at(price, instrument.price_increment) else { return rsx! {} };
    let known = alert.and_then(|index| drawn(alerts.on(&instrument.id)).get(index).cloned());
    let words = number::price(price, number::scale_of(instrument.price_increment));
    let flip = if x > 260.0 { "chart-menu chart-menu-left" } else { "chart-menu" };
    let here = text.fill(Text::AlertHere, &[("price", &words)]);
    rsx! {
        div { class: "scrim", "aria-hidden": "true", onclick: move |_| menu.set(None), oncontextmenu: move |event| {
            event.prevent_default();
            menu.set(None);
        } }
        div {
            class: "{flip}",
            left: "{x}px",
            top: "{y}px",
            "data-testid": "chart-menu",
            onkeydown: move |event| {
                if event.key() == Key::Escape {
                    menu.set(None);
                }
            },
            if let Some(known) = known {
                button {
                    r#type: "button",
                    class: "menu-item",
                    "data-testid": "chart-alert-edit",
                    onclick: {
                        let known = known.clone();
                        move |_| {
                            menu.set(None);
                            alerts.edit(known.clone());
                        }
                    },
                    Icon { glyph: Glyph::Pencil }
                    {text.say(Text::EditAlert)}
                }
                button {
                    r#type: "button",
                    class: "menu-item",
                    "data-testid": "chart-alert-delete",
                    onclick: move |_| {
                        menu.set(None);
                        let id = known.id.clone();
                        alerts.run(async move { alerts.delete(id).await });
                    },
                    Icon { glyph: Glyph::Trash }
                    {text.say(Text::DeleteAlert)}
                }
            }
            button {
                r#type: "button",
                class: "menu-item",
                "data-testid": "chart-alert-here",
                onmounted: move |event| async move { drop(event.set_focus(true).await) },
                onclick: move |_| {
                    menu.set(None);
                    alerts.compose(instrument.clone(), Some(price));
                },
                Icon { glyph: Glyph::Bell }
                "{here}"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_nearest_price_that_there_is() {
        let check = |place: f64, increment: &str, expect: Option<&str>| {
            let found = price_at(place, increment.parse().unwrap());
            assert_eq!(found, expect.map(|expect| expect.parse().unwrap()), "{place} {increment}");
        };
        check(187.308_423_1, "0.01", Some("187.31"));
        check(4_500.13, "0.25", Some("4500.25"));
        check(1.084_57, "0.00005", Some("1.08455"));
        check(f64::NAN, "0.01", None);
        check(1.0, "0", None);
    }
}

//! What the form of an alert holds, and the alert that it describes.

use dioxus::prelude::*;

use crate::alerts::Draft;
use crate::browser;
use crate::graphql::alert::{
    Alert, AlertComparison, AlertConditionInput, AlertField, AlertIndicatorInput, AlertRepeat, Choices,
};
use crate::graphql::bar::BarSize;
use crate::graphql::indicator::{IndicatorInput, IndicatorKind};
use crate::graphql::scalar::{DateTime, Decimal};
use crate::graphql::webhook::{Webhook, WebhookId};
use crate::number;

/// What the form holds.
#[derive(Clone, Copy, PartialEq)]
pub struct Entry {
    /// What is watched.
    pub field: Signal<AlertField>,
    /// How it is compared.
    pub comparison: Signal<AlertComparison>,
    /// With what, as it was typed.
    pub value: Signal<String>,
    /// The indicator, where one is watched.
    pub indicator: Signal<AlertIndicatorInput>,
    /// Its length, as it was typed.
    pub length: Signal<String>,
    /// How often it tells.
    pub repeat: Signal<AlertRepeat>,
    /// What it is called.
    pub name: Signal<String>,
    /// Whether it tells by e-mail.
    pub email: Signal<bool>,
    /// The webhook that it tells.
    pub webhook: Signal<Option<WebhookId>>,
    /// When it ends, as it was typed.
    pub expires: Signal<String>,
}

/// What was typed, and can mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The value is no number.
    Value,
    /// The length is no whole number.
    Length,
}

/// The length that was typed; none for the usual one.
fn typed_length(typed: &str) -> Result<Option<i32>, Wrong> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    typed.parse().map(Some).map_err(|_| Wrong::Length)
}

/// The webhooks to choose from. The alert's own is among them even where they could not be read, or it is no
/// more: the form would otherwise show another choice than it sends.
pub fn webhooks(known: Vec<Webhook>, own: Option<Webhook>) -> Vec<Webhook> {
    let missing = own.filter(|own| known.iter().all(|hook| hook.id != own.id));
    known.into_iter().chain(missing).collect()
}

fn indicator_of(alert: &Alert) -> Option<AlertIndicatorInput> {
    let known = alert.condition.indicator.clone()?;
    let indicator = IndicatorInput {
        kind: known.kind,
        source: known.source,
        length: known.length,
        fast: known.fast,
        slow: known.slow,
        signal: known.signal,
        deviations: known.deviations,
    };
    Some(AlertIndicatorInput { size: known.size, indicator, line: Some(known.line) })
}

/// The indicator to begin with.
pub fn usual_indicator() -> AlertIndicatorInput {
    let kind = IndicatorKind::Rsi;
    let indicator = IndicatorInput {
        kind,
        source: None,
        length: None,
        fast: None,
        slow: None,
        signal: None,
        deviations: None,
    };
    AlertIndicatorInput { size: BarSize::Min5, indicator, line: None }
}

impl Entry {
    /// What the form begins with.
    pub fn new(draft: &Draft, price: Option<Decimal>) -> Self {
        let scale = number::scale_of(draft.instrument.price_increment);
        let begin = draft.price.or(price).map(|price| price.0.round_dp(scale).normalize().to_string());
        let known = draft.alert.as_ref();
        let condition = known.map(|alert| &alert.condition);
        let indicator = known.and_then(indicator_of).unwrap_or_else(usual_indicator);
        let length = indicator.indicator.length.map(|length| length.to_string()).unwrap_or_default();
        let end = known.and_then(|alert| alert.expires_at).map(|end| browser::local_text(end.millis()));
        let value = condition.map(|condition| condition.value.0.normalize().to_string()).or(begin);
        Self {
            field: Signal::new(condition.map_or(AlertField::Last, |condition| condition.field)),
            comparison: Signal::new(condition.map_or(AlertComparison::Crosses, |it| it.comparison)),
            value: Signal::new(value.unwrap_or_default()),
            indicator: Signal::new(indicator),
            length: Signal::new(length),
            repeat: Signal::new(known.map_or(AlertRepeat::Once, |alert| alert.repeat)),
            name: Signal::new(known.and_then(|alert| alert.name.clone()).unwrap_or_default()),
            email: Signal::new(known.is_some_and(|alert| alert.email)),
            webhook: Signal::new(known.and_then(|it| it.webhook.as_ref()).map(|webhook| webhook.id.clone())),
            expires: Signal::new(end.unwrap_or_default()),
        }
    }

    /// What was chosen.
    pub fn choices(self) -> Result<Choices, Wrong> {
        let value: Decimal = number::typed(&self.value.peek()).ok_or(Wrong::Value)?;
        let field = *self.field.peek();
        let indicator = if field == AlertField::Indicator { Some(self.chosen_indicator()?) } else { None };
        let name = Some(self.name.peek().trim().to_owned()).filter(|name| !name.is_empty());
        let expires = browser::local_moment(&self.expires.peek()).map(DateTime::from_millis);
        Ok(Choices {
            name,
            condition: AlertConditionInput { field, comparison: *self.comparison.peek(), value, indicator },
            repeat: *self.repeat.peek(),
            email: *self.email.peek(),
            webhook: self.webhook.peek().clone(),
            expires_at: expires,
        })
    }

    fn chosen_indicator(self) -> Result<AlertIndicatorInput, Wrong> {
        let mut chosen = self.indicator.peek().clone();
        chosen.indicator.length = typed_length(&self.length.peek())?;
        Ok(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(id: &str, name: &str) -> Webhook {
        let (id, name) = (WebhookId::new(id), name.to_owned());
        Webhook { id, name, url: String::new(), last_delivered_at: None, last_error: None }
    }

    #[test]
    fn the_own_webhook_can_be_chosen_whatever_is_known() {
        let check = |known: &[&str], own: Option<&str>, expect: &[&str]| {
            let known = known.iter().map(|id| hook(id, "now")).collect();
            let names: Vec<_> = webhooks(known, own.map(|id| hook(id, "then")))
                .into_iter()
                .map(|hook| format!("{} {}", hook.id.inner(), hook.name))
                .collect();
            assert_eq!(names, expect);
        };
        check(&[], None, &[]);
        check(&[], Some("a"), &["a then"]);
        check(&["b"], Some("a"), &["b now", "a then"]);
        check(&["a", "b"], Some("a"), &["a now", "b now"]);
    }

    #[test]
    fn a_length_is_a_whole_number_or_left_out() {
        for (typed, expect) in [
            ("", Ok(None)),
            ("  ", Ok(None)),
            (" 14 ", Ok(Some(14))),
            ("14.5", Err(Wrong::Length)),
            ("ten", Err(Wrong::Length)),
            ("99999999999", Err(Wrong::Length)),
        ] {
            assert_eq!(typed_length(typed), expect, "{typed:?}");
        }
    }
}

//! The volume profile of the bars in sight, asked for anew when the reader moves.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use super::chart_model::{AGAIN_MS, Key};
use super::chart_panel::Board;
use crate::chart::settings::Profile;
use crate::graphql::bar::{MOST_BARS, Stretch, Wanted};
use crate::graphql::failure::Failure;
use crate::graphql::scalar::Decimal;
use crate::graphql::volume_profile::{self, VolumeProfile};
use crate::number;
use crate::preferences::use_text;
use crate::text::{Catalogue, Text};
use crate::ui::icon::{Glyph, Icon};

/// How long the reader must have stood still before the profile is asked for.
const QUIET_MS: u32 = 300;

/// How often it is asked for while the newest bar is in sight, which goes on trading.
const FRESH_MS: u32 = 10_000;

/// What is known of the profile.
#[derive(Clone, Debug, PartialEq)]
enum Known {
    Loading,
    Failed(Failure),
    Ready { profile: VolumeProfile, count: i32 },
}

impl Known {
    fn profile(&self) -> Option<&VolumeProfile> {
        match self {
            Self::Ready { profile, .. } => Some(profile),
            Self::Loading | Self::Failed(_) => None,
        }
    }
}

/// Draws the profile for as long as this is on the page, and tells its prices or why there are none. It is
/// made anew for other bars.
#[component]
pub fn ProfileLegend(board: Board, of: Key, scale: u32) -> Element {
    let text = use_text();
    let model = board.model;
    let mut known = use_signal(|| Known::Loading);
    use_resource(move || {
        let (of, sight) = (of.clone(), (model.sight)());
        async move {
            TimeoutFuture::new(QUIET_MS).await;
            loop {
                let found = sight.and_then(|sight| model.series.peek().in_sight(sight));
                let Some((stretch, count)) = found else { return };
                let Key { instrument, size } = of.clone();
                let wanted = Wanted { instrument, size, stretch, count };
                let wait = match volume_profile::of(model.session, wanted).await {
                    Ok(profile) => {
                        known.set(Known::Ready { profile, count });
                        FRESH_MS
                    }
                    Err(failure) => {
                        known.set(Known::Failed(failure));
                        AGAIN_MS
                    }
                };
                if wait == FRESH_MS && stretch != Stretch::Newest {
                    return;
                }
                TimeoutFuture::new(wait).await;
            }
        }
    });
    use_effect(move || {
        if let Some(chart) = &*model.chart.read() {
            chart.set_profile(known.read().profile());
        }
    });
    use_drop(move || {
        // The whole panel may be going.
        if let Ok(chart) = model.chart.try_peek()
            && let Some(chart) = &*chart
        {
            chart.set_profile(None);
        }
    });
    rsx! {
        div { class: "study-legend profile-legend", "data-testid": "chart-profile",
            span { class: "study-name", {text.say(Text::VolumeProfile)} }
            Told { known, scale }
            button {
                r#type: "button",
                class: "icon-button",
                title: text.say(Text::RemoveVolumeProfile),
                "aria-label": text.say(Text::RemoveVolumeProfile),
                "data-testid": "chart-profile-remove",
                onclick: move |_| board.change(|settings| settings.profile = Profile::Hidden),
                Icon { glyph: Glyph::Cross }
            }
        }
    }
}

/// The words for what is known.
#[component]
fn Told(known: ReadSignal<Known>, scale: u32) -> Element {
    let text = use_text();
    match &*known.read() {
        Known::Loading => rsx! { span { class: "muted", role: "status", {text.say(Text::Loading)} } },
        Known::Failed(failure) => rsx! {
            span { class: "warn profile-problem", role: "status", "data-testid": "chart-profile-problem",
                {text.say(Text::VolumeProfileFailed)}
                " "
                {text.failure(failure)}
            }
        },
        Known::Ready { profile, count } => match prices(text, profile, scale) {
            None => rsx! { span { class: "muted", role: "status", {text.say(Text::NoVolumeInSight)} } },
            Some([control, area]) => rsx! {
                span { class: "ink-profile", "data-testid": "chart-profile-control", title: text.say(Text::PointOfControl), "{control}" }
                span { title: text.say(Text::ValueAreaHint), "{area}" }
                if *count == MOST_BARS {
                    span { class: "muted", {text.fill(Text::NewestBarsOnly, &[("count", &number::size(Decimal(MOST_BARS.into())))])} }
                }
            },
        },
    }
}

/// The point of control and the value area in words.
fn prices(text: Catalogue, profile: &VolumeProfile, scale: u32) -> Option<[String; 2]> {
    let price = |value| number::price(value, scale);
    let control = price(profile.point_of_control?);
    let (low, high) = (price(profile.value_area_low?), price(profile.value_area_high?));
    Some([format!("POC {control}"), format!("{} {low}\u{2013}{high}", text.say(Text::ValueArea))])
}

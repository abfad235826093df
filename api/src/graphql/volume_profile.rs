//! The volume profile: at which prices the volume of some bars was traded.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::bar::{MAX_BARS, Series};
use domain::user::Permission;
use domain::volume_profile::{MAX_ROWS, parse_rows};

use crate::graphql::bar::{BarSize, Span, bars_of};
use crate::graphql::complexity::{of_page, of_series};
use crate::graphql::core;
use crate::graphql::error::top_level;
use crate::graphql::guard::permitted;
use crate::graphql::instrument::{Instrument, named};
use crate::graphql::scalar::{DateTime, Decimal};

/// How many rows there are where nobody says.
const USUAL_ROWS: i32 = 24;

/// At which prices the volume of some bars was traded. What a bar traded counts evenly over the prices that it spans, so
/// that shorter bars tell more exactly.
#[derive(SimpleObject)]
pub struct VolumeProfile {
    /// Whose.
    instrument: Instrument,
    /// From the lowest price to the highest, each of the same height in whole price increments; empty where nothing was traded,
    /// or no volume is known.
    rows: Vec<VolumeProfileRow>,
    /// The middle of the row with the most volume; of equals, the lowest.
    point_of_control: Option<Decimal>,
    /// The lowest price of the value area, which grows from the point of control by the neighbour with more volume until it holds
    /// at least 70 % of all.
    value_area_low: Option<Decimal>,
    /// The highest price of the value area.
    value_area_high: Option<Decimal>,
}

/// Prices and what was traded at them.
#[derive(SimpleObject)]
pub struct VolumeProfileRow {
    /// The lowest price.
    low: Decimal,
    /// The first price above; of the highest row, the highest price.
    high: Decimal,
    /// What was traded from the one to the other, exact to eight decimal places.
    volume: Decimal,
}

#[derive(Default)]
pub struct VolumeProfileQuery;

#[Object]
impl VolumeProfileQuery {
    /// The volume profile of the bars that `bars` would answer with the same arguments.
    #[graphql(
        complexity = "of_page(rows, MAX_ROWS, child_complexity).saturating_add(of_series(last, MAX_BARS, 1))"
    )]
    #[allow(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn volume_profile(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of an instrument.")] instrument: ID,
        #[graphql(desc = "How long each bar is.")] size: BarSize,
        #[graphql(desc = "The first moment; instead of `last`.")] from: Option<DateTime>,
        #[graphql(desc = "The first moment after the last bar; now by default.")] to: Option<DateTime>,
        #[graphql(desc = "How many bars up to `to`: 1 to 5,000; instead of `from`.")] last: Option<i32>,
        #[graphql(desc = "How many rows at most: 1 to 200.", default = 24)] rows: Option<i32>,
    ) -> Option<Result<VolumeProfile>> {
        permitted(context, Permission::ReadMarket, async {
            let rows = parse_rows(rows.unwrap_or(USUAL_ROWS)).map_err(|refusal| top_level(refusal.into()))?;
            let range = Span { from, to, last }.parse(core(context), size)?;
            let instrument = named(context, &instrument).await?;
            let of = Series { instrument: instrument.0.id, size: size.into() };
            let bars = bars_of(core(context), of, range).await.map_err(|error| top_level(error.into()))?;
            let profile =
                domain::volume_profile::VolumeProfile::of(&bars, rows, instrument.0.price_increment);
            Ok(Some(VolumeProfile::new(instrument, profile)))
        })
        .await
    }
}

impl VolumeProfile {
    fn new(instrument: Instrument, profile: domain::volume_profile::VolumeProfile) -> Self {
        let row = |row: domain::volume_profile::VolumeProfileRow| VolumeProfileRow {
            low: row.low.into(),
            high: row.high.into(),
            volume: row.volume.into(),
        };
        Self {
            instrument,
            rows: profile.rows.into_iter().map(row).collect(),
            point_of_control: profile.point_of_control.map(Into::into),
            value_area_low: profile.value_area_low.map(Into::into),
            value_area_high: profile.value_area_high.map(Into::into),
        }
    }
}

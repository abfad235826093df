//! The volume profile: at which prices the volume of some bars was traded.

use cynic::QueryBuilder;

use super::bar::{BarSize, Wanted};
use super::document::query;
use super::failure::Failure;
use super::instrument::InstrumentId;
use super::scalar::{DateTime, Decimal};
use super::schema;
use crate::session::Session;

/// Into how many rows the prices are cut at most.
const ROWS: i32 = 60;

/// Prices and what was traded at them.
#[derive(cynic::QueryFragment, Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeProfileRow {
    /// The lowest price.
    pub low: Decimal,
    /// The first price above.
    pub high: Decimal,
    /// What was traded from the one to the other.
    pub volume: Decimal,
}

/// The volume of some bars, by price.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct VolumeProfile {
    /// From the lowest price to the highest; empty where no volume is known.
    pub rows: Vec<VolumeProfileRow>,
    /// The middle of the row with the most volume.
    pub point_of_control: Option<Decimal>,
    /// The lowest price of the value area.
    pub value_area_low: Option<Decimal>,
    /// The highest price of the value area.
    pub value_area_high: Option<Decimal>,
}

#[derive(cynic::QueryVariables)]
struct VolumeProfileVariables {
    instrument: InstrumentId,
    size: BarSize,
    to: Option<DateTime>,
    last: Option<i32>,
    rows: Option<i32>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "VolumeProfileVariables")]
struct VolumeByPrice {
    #[arguments(instrument: $instrument, size: $size, to: $to, last: $last, rows: $rows)]
    volume_profile: Option<VolumeProfile>,
}

/// Asks for the profile of a stretch of history.
pub async fn of(session: Session, wanted: Wanted) -> Result<VolumeProfile, Failure> {
    let Wanted { instrument, size, stretch, count } = wanted;
    let variables =
        VolumeProfileVariables { instrument, size, to: stretch.end(), last: Some(count), rows: Some(ROWS) };
    session.call(&VolumeByPrice::build(variables)).await?.volume_profile.ok_or(Failure::Unreachable)
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![query::<VolumeByPrice, VolumeProfileVariables>()]
}

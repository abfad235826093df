//! What is known of an instrument that a folder names by its symbol alone.

use rust_decimal::Decimal;

use super::folder::Folder;
use crate::catalogue;
use crate::lean::ReadError;
use crate::lean::tick::exchange;
use crate::listing::{Listing, ListingKind};

/// Contract ids of recorded instruments begin here, far from those of the generated market.
const FIRST_ID: i32 = 500_000_000;

/// How many there are: they stay below 1,000,000,000, where the simulated gateway's options begin.
const IDS: u32 = 499_000_000;

/// The market rule of US shares: steps of a cent.
const CENTS: i32 = 26;

/// The listing of a symbol, whose contract id follows from the symbol: it is the same for every day and folder, but for
/// two symbols of one folder whose ids meet (`is_taken`). Name, industry and kind come from the generated market's
/// catalogue where it has the symbol.
pub(super) fn listing(
    symbol: &str,
    folder: &Folder,
    is_taken: impl Fn(i32) -> bool,
) -> Result<Listing, ReadError> {
    let mut con_id = id(&symbol.to_lowercase());
    while is_taken(con_id) {
        con_id += 1;
    }
    let symbol = symbol.to_uppercase();
    let home = folder.home(&symbol.to_lowercase())?;
    let known = catalogue::listings().into_iter().map(|(listing, _)| listing).find(|listing| {
        listing.symbol == symbol && matches!(listing.kind, ListingKind::Stock | ListingKind::Etf)
    });
    let primary =
        home.map(exchange).or_else(|| known.as_ref().map(|listing| listing.primary_exchange.clone()));
    let (name, kind, industry) = known.map_or_else(
        || (symbol.clone(), ListingKind::Stock, String::new()),
        |listing| (listing.name, listing.kind, listing.industry),
    );
    Ok(Listing {
        con_id,
        local_symbol: symbol.clone(),
        symbol,
        name,
        kind,
        exchange: "SMART".into(),
        primary_exchange: primary.unwrap_or_else(|| "NYSE".into()),
        currency: "USD".into(),
        tick: Decimal::new(1, 2),
        multiplier: Decimal::ONE,
        size_increment: Decimal::ONE,
        time_zone: "America/New_York".into(),
        industry,
        market_rule_id: CENTS,
        expiry: None,
    })
}

/// A number that only the letters of a symbol decide (FNV-1a).
fn id(symbol: &str) -> i32 {
    let hash =
        symbol.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    FIRST_ID + i32::try_from(hash % IDS).unwrap_or_default()
}

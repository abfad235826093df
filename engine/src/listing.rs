//! What trades in the generated market, with contract ids that never change.

use rust_decimal::Decimal;
use time::Date;

/// What sort of thing a listing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListingKind {
    /// A share of a company.
    Stock,
    /// A share of an exchange-traded fund.
    Etf,
    /// A currency pair.
    Fx,
    /// A future.
    Future,
}

/// One thing that trades.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The contract id: the same in every version and for every seed.
    pub con_id: i32,
    /// The symbol without expiry or second currency: `AAPL`, `EUR`, `ES`.
    pub symbol: String,
    /// The full symbol: `AAPL`, `EUR.USD`, `ESZ6`.
    pub local_symbol: String,
    /// The long name.
    pub name: String,
    /// What it is.
    pub kind: ListingKind,
    /// Where orders go: `SMART`, `IDEALPRO`, `CME`.
    pub exchange: String,
    /// Where it is listed: `NASDAQ`, `ARCA`, `CME`.
    pub primary_exchange: String,
    /// What its price is in.
    pub currency: String,
    /// The smallest step of its price.
    pub tick: Decimal,
    /// What one point of price is worth per contract; 1 but for futures.
    pub multiplier: Decimal,
    /// The smallest step of its quantities.
    pub size_increment: Decimal,
    /// The IANA name of its exchange's time zone.
    pub time_zone: String,
    /// Its industry, or what stands for one.
    pub industry: String,
    /// The id of the market rule that holds its price increments.
    pub market_rule_id: i32,
    /// A future's last trading date.
    pub expiry: Option<Date>,
}

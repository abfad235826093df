//! The fixed tables of shares, funds and currency pairs.
//!
//! Contract ids are for ever: a row may be added, with an id that was never used, but an id is never
//! changed or given to something else. The numbers are of our own making, in the range of a real broker's
//! ids but not taken from one, so that nobody mistakes a generated listing for the real one.

use rust_decimal::Decimal;

use crate::character::{Character, Step};
use crate::listing::{Listing, ListingKind};
use crate::rhythm::Rhythm;

/// A row for a share or a fund: con id, symbol, name, home exchange, industry, price in cents when 2026
/// began, daily move in hundredths of a percent, shares a day in thousands, half spread in eighths of a cent.
type ShareRow = (i32, &'static str, &'static str, &'static str, &'static str, i64, i64, i64, i64);

const STOCKS: [ShareRow; 48] = [
    (100_001, "AAPL", "APPLE INC", "NASDAQ", "Technology", 27_186, 160, 52_000, 1),
    (100_002, "MSFT", "MICROSOFT CORP", "NASDAQ", "Technology", 48_362, 140, 22_000, 4),
    (100_003, "NVDA", "NVIDIA CORP", "NASDAQ", "Technology", 18_650, 260, 175_000, 0),
    (100_004, "AMZN", "AMAZON.COM INC", "NASDAQ", "Communications", 23_082, 190, 38_000, 1),
    (100_005, "GOOGL", "ALPHABET INC-CL A", "NASDAQ", "Communications", 31_300, 180, 33_000, 2),
    (100_006, "META", "META PLATFORMS INC-CLASS A", "NASDAQ", "Communications", 66_009, 220, 13_000, 10),
    (100_007, "TSLA", "TESLA INC", "NASDAQ", "Consumer, Cyclical", 44_972, 340, 82_000, 4),
    (100_008, "AVGO", "BROADCOM INC", "NASDAQ", "Technology", 34_610, 280, 24_000, 6),
    (100_009, "NFLX", "NETFLIX INC", "NASDAQ", "Communications", 9_376, 190, 36_000, 0),
    (100_010, "AMD", "ADVANCED MICRO DEVICES", "NASDAQ", "Technology", 21_416, 320, 38_000, 2),
    (100_011, "INTC", "INTEL CORP", "NASDAQ", "Technology", 3_690, 290, 80_000, 0),
    (100_012, "ORCL", "ORACLE CORP", "NYSE", "Technology", 19_491, 260, 21_000, 3),
    (100_013, "CRM", "SALESFORCE INC", "NYSE", "Technology", 26_491, 190, 7_500, 5),
    (100_014, "ADBE", "ADOBE INC", "NASDAQ", "Technology", 34_999, 190, 3_600, 8),
    (100_015, "CSCO", "CISCO SYSTEMS INC", "NASDAQ", "Communications", 7_703, 130, 18_000, 0),
    (100_016, "QCOM", "QUALCOMM INC", "NASDAQ", "Technology", 17_105, 200, 8_300, 3),
    (100_017, "TXN", "TEXAS INSTRUMENTS INC", "NASDAQ", "Technology", 17_349, 190, 6_200, 4),
    (100_018, "MU", "MICRON TECHNOLOGY INC", "NASDAQ", "Technology", 28_541, 340, 24_000, 5),
    (100_019, "IBM", "INTL BUSINESS MACHINES CORP", "NYSE", "Technology", 29_622, 150, 4_300, 6),
    (100_020, "PLTR", "PALANTIR TECHNOLOGIES INC-A", "NASDAQ", "Technology", 17_775, 350, 48_000, 2),
    (100_021, "UBER", "UBER TECHNOLOGIES INC", "NYSE", "Technology", 8_171, 220, 17_000, 0),
    (100_022, "COIN", "COINBASE GLOBAL INC -CLASS A", "NASDAQ", "Financial", 22_614, 380, 9_500, 8),
    (100_023, "JPM", "JPMORGAN CHASE & CO", "NYSE", "Financial", 32_222, 130, 9_000, 4),
    (100_024, "BAC", "BANK OF AMERICA CORP", "NYSE", "Financial", 5_500, 140, 36_000, 0),
    (100_025, "WFC", "WELLS FARGO & CO", "NYSE", "Financial", 9_320, 150, 14_000, 0),
    (100_026, "GS", "GOLDMAN SACHS GROUP INC", "NYSE", "Financial", 87_900, 160, 2_000, 24),
    (100_027, "V", "VISA INC-CLASS A SHARES", "NYSE", "Financial", 35_071, 110, 6_200, 5),
    (100_028, "MA", "MASTERCARD INC - A", "NYSE", "Financial", 57_088, 115, 2_700, 12),
    (100_029, "BRK B", "BERKSHIRE HATHAWAY INC-CL B", "NYSE", "Financial", 50_265, 95, 4_400, 8),
    (100_030, "UNH", "UNITEDHEALTH GROUP INC", "NYSE", "Consumer, Non-cyclical", 33_011, 200, 8_000, 8),
    (100_031, "JNJ", "JOHNSON & JOHNSON", "NYSE", "Consumer, Non-cyclical", 20_695, 100, 8_000, 3),
    (100_032, "LLY", "ELI LILLY & CO", "NYSE", "Consumer, Non-cyclical", 107_468, 190, 3_200, 32),
    (100_033, "PFE", "PFIZER INC", "NYSE", "Consumer, Non-cyclical", 2_490, 130, 50_000, 0),
    (100_034, "WMT", "WALMART INC", "NASDAQ", "Consumer, Cyclical", 11_141, 120, 18_000, 0),
    (100_035, "COST", "COSTCO WHOLESALE CORP", "NASDAQ", "Consumer, Cyclical", 86_234, 130, 2_200, 24),
    (100_036, "PG", "PROCTER & GAMBLE CO/THE", "NYSE", "Consumer, Non-cyclical", 14_331, 100, 8_500, 2),
    (100_037, "KO", "COCA-COLA CO/THE", "NYSE", "Consumer, Non-cyclical", 6_991, 85, 15_000, 0),
    (100_038, "PEP", "PEPSICO INC", "NASDAQ", "Consumer, Non-cyclical", 14_352, 105, 7_000, 2),
    (100_039, "MCD", "MCDONALD'S CORP", "NYSE", "Consumer, Cyclical", 30_563, 100, 3_100, 6),
    (100_040, "DIS", "WALT DISNEY CO/THE", "NYSE", "Communications", 11_377, 140, 9_000, 1),
    (100_041, "HD", "HOME DEPOT INC", "NYSE", "Consumer, Cyclical", 34_410, 130, 3_800, 7),
    (100_042, "BA", "BOEING CO/THE", "NYSE", "Industrial", 21_712, 190, 7_000, 5),
    (100_043, "CAT", "CATERPILLAR INC", "NYSE", "Industrial", 57_287, 180, 3_300, 15),
    (100_044, "GE", "GENERAL ELECTRIC", "NYSE", "Industrial", 30_803, 170, 4_800, 6),
    (100_045, "F", "FORD MOTOR CO", "NYSE", "Consumer, Cyclical", 1_312, 180, 60_000, 0),
    (100_046, "XOM", "EXXON MOBIL CORP", "NYSE", "Energy", 12_034, 130, 15_000, 0),
    (100_047, "CVX", "CHEVRON CORP", "NYSE", "Energy", 15_241, 130, 8_000, 2),
    (100_048, "T", "AT&T INC", "NYSE", "Communications", 2_484, 110, 36_000, 0),
];

const FUNDS: [ShareRow; 14] = [
    (200_001, "SPY", "SS SPDR S&P 500 ETF TRUST-US", "ARCA", "Funds", 68_192, 100, 78_000, 0),
    (200_002, "QQQ", "INVESCO QQQ TRUST SERIES 1", "NASDAQ", "Funds", 61_431, 130, 56_000, 1),
    (200_003, "IWM", "ISHARES RUSSELL 2000 ETF", "ARCA", "Funds", 24_616, 140, 36_000, 0),
    (200_004, "DIA", "SPDR DJIA TRUST", "ARCA", "Funds", 48_057, 95, 5_000, 4),
    (200_005, "GLD", "SPDR GOLD SHARES", "ARCA", "Funds", 39_631, 120, 12_000, 1),
    (200_006, "SLV", "ISHARES SILVER TRUST", "ARCA", "Funds", 6_442, 240, 50_000, 0),
    (200_007, "TLT", "ISHARES 20+ YEAR TREASURY BD", "NASDAQ", "Funds", 8_716, 85, 36_000, 0),
    (200_008, "HYG", "ISHARES IBOXX HIGH YLD CORP", "ARCA", "Funds", 8_063, 35, 38_000, 0),
    (200_009, "EEM", "ISHARES MSCI EMERGING MARKET", "ARCA", "Funds", 5_471, 110, 28_000, 0),
    (200_010, "EFA", "ISHARES MSCI EAFE ETF", "ARCA", "Funds", 9_603, 90, 15_000, 0),
    (200_011, "XLF", "SS FIN SELECT SECTOR SPDR", "ARCA", "Funds", 5_477, 110, 38_000, 0),
    (200_012, "XLK", "SS TECH SELECT SECTOR SPDR", "ARCA", "Funds", 14_397, 150, 12_000, 0),
    (200_013, "XLE", "SS ENERGY SELECT SECTOR SPDR", "ARCA", "Funds", 4_471, 140, 30_000, 0),
    (200_014, "VTI", "VANGUARD TOTAL STOCK MKT ETF", "ARCA", "Funds", 33_526, 100, 4_000, 2),
];

/// A row for a currency pair: con id, the two currencies, name, tick, price in ticks when 2026 began, daily
/// move in hundredths of a percent, market rule.
type PairRow = (i32, &'static str, &'static str, &'static str, Step, i64, i64, i32);

const PAIRS: [PairRow; 7] = [
    (300_001, "EUR", "USD", "European Monetary Union Euro", (5, 5), 23_492, 45, 239),
    (300_002, "GBP", "USD", "British pound", (5, 5), 26_950, 50, 239),
    (300_003, "USD", "JPY", "United States dollar", (5, 3), 31_340, 60, 240),
    (300_004, "USD", "CHF", "United States dollar", (5, 5), 15_850, 50, 239),
    (300_005, "AUD", "USD", "Australian dollar", (5, 5), 13_350, 60, 239),
    (300_006, "USD", "CAD", "United States dollar", (5, 5), 27_440, 40, 239),
    (300_007, "NZD", "USD", "New Zealand dollar", (5, 5), 11_520, 62, 239),
];

/// Every share, fund and currency pair, with what its market is made from.
pub fn listings() -> Vec<(Listing, Character)> {
    let stocks = STOCKS.iter().map(|row| share(row, ListingKind::Stock));
    let funds = FUNDS.iter().map(|row| share(row, ListingKind::Etf));
    stocks.chain(funds).chain(PAIRS.iter().map(pair)).collect()
}

fn share(row: &ShareRow, kind: ListingKind) -> (Listing, Character) {
    let &(con_id, symbol, name, primary_exchange, industry, anchor, volatility, thousands, half_spread) = row;
    let character = Character {
        tick: (1, 2),
        anchor,
        volatility,
        drift: 219,
        half_spread,
        volume: thousands * 1_000,
        events: 60_000 + thousands.min(60_000),
        lot: 100,
        lots: 2 + thousands / 8_000,
        rhythm: Rhythm::Shares,
    };
    let listing = Listing {
        con_id,
        symbol: symbol.into(),
        local_symbol: symbol.into(),
        name: name.into(),
        kind,
        exchange: "SMART".into(),
        primary_exchange: primary_exchange.into(),
        currency: "USD".into(),
        tick: character.price(1),
        multiplier: Decimal::ONE,
        size_increment: Decimal::ONE,
        time_zone: "America/New_York".into(),
        industry: industry.into(),
        market_rule_id: 26,
        expiry: None,
    };
    (listing, character)
}

fn pair(row: &PairRow) -> (Listing, Character) {
    let &(con_id, base, currency, name, tick, anchor, volatility, market_rule_id) = row;
    let character = Character {
        tick,
        anchor,
        volatility,
        drift: 0,
        half_spread: 1,
        volume: 0,
        events: 110_000,
        lot: 250_000,
        lots: 8,
        rhythm: Rhythm::Currencies,
    };
    let listing = Listing {
        con_id,
        symbol: base.into(),
        local_symbol: format!("{base}.{currency}"),
        name: name.into(),
        kind: ListingKind::Fx,
        exchange: "IDEALPRO".into(),
        primary_exchange: "IDEALPRO".into(),
        currency: currency.into(),
        tick: character.price(1),
        multiplier: Decimal::ONE,
        size_increment: Decimal::ONE,
        time_zone: "America/New_York".into(),
        industry: "Currencies".into(),
        market_rule_id,
        expiry: None,
    };
    (listing, character)
}

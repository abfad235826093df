//! Bars: `second|minute/{symbol}/{date}_trade.zip`, `…_quote.zip`, `hour/{symbol}.zip` and `daily/{symbol}.zip`.
//!
//! A bar's time is its first moment. Hours and days have trades of the regular session alone: the first hour
//! begins at 09:00 and holds what came from 09:30 on.

use time::{Date, Month};

use super::row::{DAY_MS, Fields};
use super::{File, Price, ReadError, Rows, archive};

/// Open, high, low and close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    /// The first price.
    pub open: Price,
    /// The highest price.
    pub high: Price,
    /// The lowest price.
    pub low: Price,
    /// The last price.
    pub close: Price,
}

/// A bar of trades: `ms, open, high, low, close, volume`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeBar {
    /// Milliseconds since the exchange's midnight.
    pub time: i64,
    /// Its prices.
    pub prices: Prices,
    /// Shares.
    pub volume: i64,
}

/// One side of a bar of quotes: its prices, and the size at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuoteSide {
    /// Its prices.
    pub prices: Prices,
    /// The last size.
    pub size: i64,
}

/// A bar of quotes: `ms, bid open, high, low, close, size, ask open, high, low, close, size`; prices of 0 are absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuoteBar {
    /// Milliseconds since the exchange's midnight.
    pub time: i64,
    /// The bids.
    pub bid: Option<QuoteSide>,
    /// The asks.
    pub ask: Option<QuoteSide>,
}

/// A bar of an hour or a day: `yyyymmdd hh:mm, open, high, low, close, volume`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatedBar {
    /// Its date at the exchange.
    pub date: Date,
    /// Its bar, with its time on that date.
    pub bar: TradeBar,
}

/// The seconds or minutes of a day, of trades.
pub fn trades(file: File<'_>) -> Result<Rows<TradeBar>, ReadError> {
    archive::read(file, |row| trade_bar(row.time()?, row), |bar| bar.time)
}

/// The seconds or minutes of a day, of quotes.
pub fn quotes(file: File<'_>) -> Result<Rows<QuoteBar>, ReadError> {
    let parse = |row: &mut Fields<'_>| {
        Ok(QuoteBar { time: row.time()?, bid: quote_side(row, "bid")?, ask: quote_side(row, "ask")? })
    };
    archive::read(file, parse, |bar| bar.time)
}

/// All hours, or all days, of a share.
pub fn dated(file: File<'_>) -> Result<Rows<DatedBar>, ReadError> {
    let parse = |row: &mut Fields<'_>| {
        let (date, time) =
            date_and_time(row.text("time")?).ok_or("its time is not of the form yyyymmdd hh:mm")?;
        Ok(DatedBar { date, bar: trade_bar(time, row)? })
    };
    archive::read(file, parse, |row| (row.date, row.bar.time))
}

fn trade_bar(time: i64, row: &mut Fields<'_>) -> Result<TradeBar, String> {
    let prices = Prices {
        open: row.price("open")?,
        high: row.price("high")?,
        low: row.price("low")?,
        close: row.price("close")?,
    };
    prices.check()?;
    Ok(TradeBar { time, prices, volume: row.size("volume")? })
}

fn quote_side(row: &mut Fields<'_>, name: &str) -> Result<Option<QuoteSide>, String> {
    let mut next = || Ok::<_, String>(Price::new(row.amount(name)?));
    let prices = (next()?, next()?, next()?, next()?);
    let size = row.size("size")?;
    let (Some(open), Some(high), Some(low), Some(close)) = prices else { return Ok(None) };
    let prices = Prices { open, high, low, close };
    prices.check()?;
    Ok(Some(QuoteSide { prices, size }))
}

impl Prices {
    fn check(self) -> Result<(), String> {
        let Self { open, high, low, close } = self;
        if high >= open.max(close) && low <= open.min(close) {
            Ok(())
        } else {
            Err("its open or close lies outside of its high and low".into())
        }
    }
}

fn date_and_time(field: &[u8]) -> Option<(Date, i64)> {
    let text = std::str::from_utf8(field).ok()?;
    let (date, time) = text.split_once(' ')?;
    let (hours, minutes) = time.split_once(':')?;
    let time = hours.parse::<i64>().ok()? * 3_600_000 + minutes.parse::<i64>().ok()? * 60_000;
    ((0..DAY_MS).contains(&time)).then_some((self::date(date)?, time))
}

/// The date that eight digits mean.
pub fn date(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let month = Month::try_from(text[4..6].parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(text[..4].parse().ok()?, month, text[6..].parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::super::archive::tests::zipped;
    use super::*;

    #[test]
    fn rows_mean_what_the_format_says() {
        let bytes =
            zipped("20131007 00:00,1818700,1825000,1813300,1820100,3966500\n20131008 00:00,1,2,1,2,3\n");
        let read = dated(File { name: "d.zip", bytes: &bytes }).unwrap();
        assert_eq!((read.rows[0].date, read.rows[0].bar.time), (date!(2013 - 10 - 07), 0));
        assert_eq!(read.rows[0].bar.prices.low.decimal().to_string(), "181.33");
        assert_eq!(read.rows[0].bar.volume, 3_966_500);
        let bytes = zipped("19980102 09:00,1045000,1049400,1043800,1045000,422700\n");
        assert_eq!(dated(File { name: "h.zip", bytes: &bytes }).unwrap().rows[0].bar.time, 32_400_000);
        let bytes = zipped("14400000,491800,491800,481800,488700,2000,0,0,0,0,0\n");
        let bar = quotes(File { name: "q.zip", bytes: &bytes }).unwrap().rows[0];
        assert_eq!(
            bar.bid.map(|side| (side.prices.close.ten_thousandths(), side.size)),
            Some((488_700, 2_000))
        );
        assert_eq!(bar.ask, None);
    }

    #[test]
    fn what_is_no_bar_is_refused() {
        let cases = [
            ("20131307 00:00,1,1,1,1,1\n", "yyyymmdd"),
            ("20131007,1,1,1,1,1\n", "yyyymmdd"),
            ("20131007 24:00,1,1,1,1,1\n", "yyyymmdd"),
            ("20131007 00:00,5,4,1,3,1\n", "outside of its high and low"),
            ("20131007 00:00,5,9,6,8,1\n", "outside of its high and low"),
            ("20131007 00:00,5,9,0,8,1\n", "its low is zero"),
            ("20131007 00:00,5,9,1,8\n", "ends before its volume"),
        ];
        for (row, problem) in cases {
            let message = dated(File { name: "d.zip", bytes: &zipped(row) }).unwrap_err().to_string();
            assert!(message.contains(problem), "{row}: {message}");
        }
    }
}

//! Ticks as plain text, for whoever has no LEAN data (the symbol in small letters, as LEAN writes it): `csv/{symbol}/{date}_trade.csv` and `…_quote.csv`, where the date is
//! written as 20131007 and is that of New York.
//!
//! The first line names the columns, and is one of these two:
//!
//! ```text
//! time,price,size,exchange
//! 2013-10-07T09:30:00.123-04:00,49.18,300,N
//!
//! time,bid,bid_size,ask,ask_size,exchange
//! 2013-10-07T13:30:00.123Z,49.17,300,49.19,200,P
//! ```
//!
//! Times are RFC 3339 and count to the millisecond, prices have at most four decimals, sizes are whole. The exchange
//! is a letter ([`exchange`](super::tick::exchange)) or empty. A quote may leave a side empty: it then says nothing of it.

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::row::{DAY_MS, Fields, shown};
use super::tick::{QuoteTick, TradeTick};
use super::{ExchangeDay, File, Level, Price, ReadError, Rows, archive};

const TRADES: &str = "time,price,size,exchange";
const QUOTES: &str = "time,bid,bid_size,ask,ask_size,exchange";

/// The trades of a day.
pub fn trades(file: File<'_>, day: ExchangeDay) -> Result<Rows<TradeTick>, ReadError> {
    let parse = |row: &mut Fields<'_>| {
        Ok(TradeTick {
            time: moment(row, day)?,
            price: price(row, "price")?.ok_or("its price is empty")?,
            size: row.size("size")?,
            exchange: row.letter("exchange")?,
            conditions: 0,
            suspicious: false,
        })
    };
    archive::read_plain(file, TRADES, parse, |tick| tick.time)
}

/// The quotes of a day.
pub fn quotes(file: File<'_>, day: ExchangeDay) -> Result<Rows<QuoteTick>, ReadError> {
    let parse = |row: &mut Fields<'_>| {
        Ok(QuoteTick {
            time: moment(row, day)?,
            bid: level(row, "bid")?,
            ask: level(row, "ask")?,
            exchange: row.letter("exchange")?,
            conditions: 0,
            suspicious: false,
        })
    };
    archive::read_plain(file, QUOTES, parse, |tick| tick.time)
}

/// Milliseconds since the exchange's midnight.
fn moment(row: &mut Fields<'_>, day: ExchangeDay) -> Result<i64, String> {
    let field = row.text("time")?;
    let moment = std::str::from_utf8(field).ok().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    let moment = moment
        .ok_or_else(|| format!("its time is '{}'; write it as 2013-10-07T13:30:00.123Z", shown(field)))?;
    let since = day.at(0).map(|midnight| (moment - midnight).whole_milliseconds());
    let since = since.and_then(|since| i64::try_from(since).ok()).filter(|since| (0..DAY_MS).contains(since));
    since
        .filter(|since| day.at(*since).is_some_and(|shown| moment - shown < Duration::MILLISECOND))
        .ok_or_else(|| format!("its time {} is not of {} in New York", shown(field), day.date()))
}

fn level(row: &mut Fields<'_>, name: &str) -> Result<Option<Level>, String> {
    let price = price(row, name)?;
    match (price, row.text("size")?) {
        (None, []) => Ok(None),
        (None, _) => Err(format!("its {name} has a size but no price")),
        (Some(price), field) => Fields::new(field).size("size").map(|size| Some(Level { price, size })),
    }
}

/// A price with at most four decimals; `None` where the field is empty.
fn price(row: &mut Fields<'_>, name: &str) -> Result<Option<Price>, String> {
    let field = row.text(name)?;
    if field.is_empty() {
        return Ok(None);
    }
    let price = std::str::from_utf8(field).ok().and_then(|text| {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let is_sound = !whole.is_empty() && decimals.len() <= 4;
        let digits = format!("{whole}{decimals:0<4}");
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        Price::new((is_sound && is_number).then(|| digits.parse().ok())??)
    });
    price.map(Some).ok_or_else(|| {
        format!("its {name} is '{}', which is no price above zero with at most four decimals", shown(field))
    })
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn day() -> ExchangeDay {
        ExchangeDay::new(date!(2013 - 10 - 07))
    }

    fn file(text: &str) -> File<'_> {
        File { name: "t.csv", bytes: text.as_bytes() }
    }

    #[test]
    fn rows_mean_what_the_form_says() {
        let text = "time,price,size,exchange\n2013-10-07T09:30:00.1239-04:00,49.18,300,N\r\n2013-10-07T13:30:01Z,50,1,\n";
        let read = trades(file(text), day()).unwrap();
        let rows: Vec<_> = read
            .rows
            .iter()
            .map(|row| (row.time, row.price.ten_thousandths(), row.size, row.exchange))
            .collect();
        assert_eq!(rows, [(34_200_123, 491_800, 300, 'N'), (34_201_000, 500_000, 1, ' ')]);
        let text = "time,bid,bid_size,ask,ask_size,exchange\n2013-10-07T13:30:00Z,49.1755,300,,,P\n";
        let row = quotes(file(text), day()).unwrap().rows[0];
        assert_eq!(row.bid.map(|level| (level.price.ten_thousandths(), level.size)), Some((491_755, 300)));
        assert_eq!(row.ask, None);
    }

    #[test]
    fn what_is_not_of_the_form_is_refused() {
        let cases = [
            ("price,time\n", "its first line must be 'time,price,size,exchange'"),
            ("", "its first line must be"),
            ("time,price,size,exchange\n", "it holds no rows"),
            (
                "time,price,size,exchange\n2013-10-07 09:30,1,1,\n",
                "its time is '2013-10-07 09:30'; write it as",
            ),
            ("time,price,size,exchange\n2013-10-08T13:30:00Z,1,1,\n", "is not of 2013-10-07 in New York"),
            (
                "time,price,size,exchange\n2013-10-07T13:30:00Z,1.00001,1,\n",
                "its price is '1.00001', which is no price",
            ),
            (
                "time,price,size,exchange\n2013-10-07T13:30:00Z,-1,1,\n",
                "its price is '-1', which is no price",
            ),
            (
                "time,price,size,exchange\n2013-10-07T13:30:00Z,NaN,1,\n",
                "its price is 'NaN', which is no price",
            ),
            ("time,price,size,exchange\n2013-10-07T13:30:00Z,,1,\n", "its price is empty"),
            ("time,price,size,exchange\n2013-10-07T13:30:00Z,1\n", "it ends before its size"),
        ];
        for (text, problem) in cases {
            let message = trades(file(text), day()).unwrap_err().to_string();
            assert!(message.starts_with("t.csv: ") && message.contains(problem), "{text}: {message}");
        }
        let text = "time,bid,bid_size,ask,ask_size,exchange\n2013-10-07T13:30:00Z,,300,1,1,P\n";
        let message = quotes(file(text), day()).unwrap_err().to_string();
        assert!(message.contains("its bid has a size but no price"), "{message}");
    }
}

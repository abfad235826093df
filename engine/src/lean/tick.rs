//! Ticks: `tick/{symbol}/{date}_trade.zip` and `…_quote.zip`.

use super::{File, Level, Price, ReadError, Rows, archive};

/// One trade: `ms, price, size, exchange, conditions, suspicious`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeTick {
    /// Milliseconds since the exchange's midnight.
    pub time: i64,
    /// Its price.
    pub price: Price,
    /// Shares.
    pub size: i64,
    /// The letter of the exchange (see [`exchange`]).
    pub exchange: char,
    /// The sale's conditions, as flags.
    pub conditions: u32,
    /// The source doubts it.
    pub suspicious: bool,
}

/// One quote, nearly always of one side:
/// `ms, bid price, bid size, ask price, ask size, exchange, conditions, suspicious`; a price of 0 is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuoteTick {
    /// Milliseconds since the exchange's midnight.
    pub time: i64,
    /// The bid, where the row has one.
    pub bid: Option<Level>,
    /// The ask, where the row has one.
    pub ask: Option<Level>,
    /// The letter of the exchange (see [`exchange`]).
    pub exchange: char,
    /// The quote's conditions, as flags.
    pub conditions: u32,
    /// The source doubts it.
    pub suspicious: bool,
}

/// The trades of a day.
pub fn trades(file: File<'_>) -> Result<Rows<TradeTick>, ReadError> {
    archive::read(
        file,
        |row| {
            Ok(TradeTick {
                time: row.time()?,
                price: row.price("price")?,
                size: row.size("size")?,
                exchange: row.letter("exchange")?,
                conditions: row.flags("conditions")?,
                suspicious: row.flag("mark of doubt")?,
            })
        },
        |tick| tick.time,
    )
}

/// The quotes of a day.
pub fn quotes(file: File<'_>) -> Result<Rows<QuoteTick>, ReadError> {
    archive::read(
        file,
        |row| {
            Ok(QuoteTick {
                time: row.time()?,
                bid: row.level("bid price", "bid size")?,
                ask: row.level("ask price", "ask size")?,
                exchange: row.letter("exchange")?,
                conditions: row.flags("conditions")?,
                suspicious: row.flag("mark of doubt")?,
            })
        },
        |tick| tick.time,
    )
}

/// The name of the exchange that a letter stands for, as Interactive Brokers writes it; the letter itself where it is
/// not known. `FINRA` is what was traded off the exchanges.
pub fn exchange(letter: char) -> String {
    let name = match letter {
        'A' => "AMEX",
        'B' => "BEX",
        'C' => "NYSENAT",
        'D' => "FINRA",
        'J' => "EDGEA",
        'K' => "EDGX",
        'M' => "CHX",
        'N' => "NYSE",
        'P' => "ARCA",
        'Q' | 'T' => "NASDAQ",
        'V' => "IEX",
        'W' => "CBSX",
        'X' => "PSX",
        'Y' => "BYX",
        'Z' => "BATS",
        _ => return letter.to_string(),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::archive::tests::zipped;
    use super::*;

    #[test]
    fn rows_mean_what_the_format_says() {
        let bytes = zipped("14400688,491800,300,P,2000,0\n14581540,488700,2000,Q,20002020,1\n");
        let read = trades(File { name: "t.zip", bytes: &bytes }).unwrap();
        let expected = TradeTick {
            time: 14_581_540,
            price: Price::new(488_700).unwrap(),
            size: 2_000,
            exchange: 'Q',
            conditions: 0x2000_2020,
            suspicious: true,
        };
        assert_eq!(read.rows.last(), Some(&expected));
        let bytes = zipped("14400547,491800,300,0,0,P,1,0\n14400547,0,0,492000,3000,P,1,0\n");
        let read = quotes(File { name: "q.zip", bytes: &bytes }).unwrap();
        let level = |price, size| Price::new(price).map(|price| Level { price, size });
        let sides: Vec<_> = read.rows.iter().map(|row| (row.bid, row.ask)).collect();
        assert_eq!(sides, [(level(491_800, 300), None), (None, level(492_000, 3_000))]);
    }

    #[test]
    fn each_kind_of_bad_row_is_told() {
        let good = "1,491800,300,P,1,0\n".repeat(100);
        let cases = [
            ("1,491800,300,P,1", "it ends before its mark of doubt"),
            ("1,-491800,300,P,1,0", "its price is '-491800', which is no whole number"),
            ("1,NaN,300,P,1,0", "its price is 'NaN', which is no whole number"),
            ("1,49.18,300,P,1,0", "its price is '49.18', which is no whole number"),
            ("1,0,300,P,1,0", "its price is zero"),
            (
                "1,99999999999999999999,300,P,1,0",
                "its price is '99999999999999999999', which is no whole number",
            ),
            ("86400000,491800,300,P,1,0", "its time 86400000 is beyond the end of the day"),
            ("1,10000000000001,1,P,1,0", "its price 10000000000001 is too high"),
            ("1,491800,1000000000001,P,1,0", "its size 1000000000001 is too large"),
            ("1,491800,,P,1,0", "its size is '', which is no whole number"),
            ("1,491800,300,PX,1,0", "its exchange is 'PX', which is no single letter"),
            ("1,491800,300,P,xyz,0", "its conditions are 'xyz', which is no hexadecimal number"),
            ("1,491800,300,P,1,7", "its mark of doubt is '7', which is neither 0 nor 1"),
            ("0,491800,300,P,1,0", "it is earlier than the row before"),
        ];
        for (row, problem) in cases {
            let bytes = zipped(&format!("{good}{row}\n"));
            let read = trades(File { name: "t.zip", bytes: &bytes }).unwrap();
            assert_eq!(read.rejected.examples, [format!("line 101: {problem}")], "{row}");
        }
    }
}

//! The one text file in a zip, or a plain one, line by line.

use std::io::{BufRead, BufReader, Cursor, Read};

use zip::ZipArchive;

use super::row::Fields;
use super::{File, ReadError, Rejected, Rows};

/// The most that one file may unpack to: a day of the busiest share has a tenth of it.
const MOST_BYTES: u64 = 1 << 30;

/// The most rows of one file, counted as they are read: what they become is larger than their text.
const MOST_ROWS: usize = 40_000_000;

/// The longest line; rows have fewer than a hundred characters.
const LONGEST_LINE: u64 = 1_000;

/// How many rejected rows are told one by one.
const MOST_EXAMPLES: usize = 3;

/// Of so many rows one may be bad; else the file is refused.
const ONE_BAD_IN: usize = 100;

const GET_AGAIN: &str = "get the file again, or take it out of the folder";

/// Reads every row of a zipped text file. `key` is what rows are ordered by.
pub(super) fn read<T, K: PartialOrd>(
    file: File<'_>,
    parse: impl Fn(&mut Fields<'_>) -> Result<T, String>,
    key: impl Fn(&T) -> K,
) -> Result<Rows<T>, ReadError> {
    read_within(file, MOST_BYTES, parse, key)
}

fn read_within<T, K: PartialOrd>(
    file: File<'_>,
    most_bytes: u64,
    parse: impl Fn(&mut Fields<'_>) -> Result<T, String>,
    key: impl Fn(&T) -> K,
) -> Result<Rows<T>, ReadError> {
    let fail = |problem: String| ReadError::new(file.name, problem);
    let damaged = |error: &dyn std::error::Error| fail(format!("it is no sound zip ({error}); {GET_AGAIN}"));
    let mut archive = ZipArchive::new(Cursor::new(file.bytes)).map_err(|error| damaged(&error))?;
    if archive.len() != 1 {
        return Err(fail(format!("it holds {} files instead of one; {GET_AGAIN}", archive.len())));
    }
    let text = archive.by_index(0).map_err(|error| damaged(&error))?;
    // One byte more than allowed: reaching it shows that the limit was passed.
    let text = BufReader::with_capacity(1 << 16, text.take(most_bytes + 1));
    read_lines(text, most_bytes, (file.name, Table::new()), parse, key)
}

/// Reads every row of a text file whose first line is `header`. `key` is what rows are ordered by.
pub(super) fn read_plain<T, K: PartialOrd>(
    file: File<'_>,
    header: &str,
    parse: impl Fn(&mut Fields<'_>) -> Result<T, String>,
    key: impl Fn(&T) -> K,
) -> Result<Rows<T>, ReadError> {
    let end = file.bytes.iter().position(|byte| *byte == b'\n').unwrap_or(file.bytes.len());
    let (first, rest) = file.bytes.split_at(end);
    if first.trim_ascii() != header.as_bytes() {
        return Err(ReadError::new(file.name, format!("its first line must be '{header}'")));
    }
    let table = Table { line: 1, ..Table::new() };
    read_lines(rest.get(1..).unwrap_or_default(), MOST_BYTES, (file.name, table), parse, key)
}

fn read_lines<T, K: PartialOrd>(
    mut lines: impl BufRead,
    most_bytes: u64,
    (name, mut table): (&str, Table<T>),
    parse: impl Fn(&mut Fields<'_>) -> Result<T, String>,
    key: impl Fn(&T) -> K,
) -> Result<Rows<T>, ReadError> {
    let fail = |problem: String| Err(ReadError::new(name, problem));
    let (mut line, mut bytes) = (Vec::new(), 0);
    loop {
        line.clear();
        let length = match lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(length) => length as u64,
            Err(error) => return fail(format!("it is no sound zip ({error}); {GET_AGAIN}")),
        };
        bytes += length;
        match length {
            0 => return table.finish(name),
            LONGEST_LINE => return fail(format!("line {} does not end; {GET_AGAIN}", table.line + 1)),
            _ if bytes > most_bytes => {
                return fail(format!(
                    "it unpacks to more than {most_bytes} bytes, which no day has; {GET_AGAIN}"
                ));
            }
            _ if table.line >= MOST_ROWS => {
                return fail(format!("it has more than {MOST_ROWS} rows, which no day has; {GET_AGAIN}"));
            }
            _ => table.take(&line, &parse, &key),
        }
    }
}

/// Rows as they come in.
struct Table<T> {
    rows: Vec<T>,
    rejected: Rejected,
    line: usize,
    /// The line of the last row.
    last: usize,
}

impl<T> Table<T> {
    fn new() -> Self {
        Self { rows: Vec::new(), rejected: Rejected::default(), line: 0, last: 0 }
    }

    fn take<K: PartialOrd>(
        &mut self,
        line: &[u8],
        parse: &impl Fn(&mut Fields<'_>) -> Result<T, String>,
        key: &impl Fn(&T) -> K,
    ) {
        self.line += 1;
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        let mut fields = Fields::new(line);
        let row = parse(&mut fields).and_then(|row| fields.end().map(|()| row));
        match row {
            Ok(row) => self.add(row, key),
            Err(problem) => self.reject(self.line, &problem),
        }
    }

    /// Of two rows that are out of order, the one that does not fit the row before both is wrong: a single time that is
    /// too late takes none of those after it along.
    fn add<K: PartialOrd>(&mut self, row: T, key: &impl Fn(&T) -> K) {
        let is_before = |other: &T| key(&row) < key(other);
        match self.rows.as_slice() {
            [.., before, last] if is_before(last) && is_before(before) => {
                self.reject(self.line, "it is earlier than the row before");
                return;
            }
            [.., last] if is_before(last) => {
                self.reject(self.last, "it is later than the row after");
                self.rows.pop();
            }
            _ => {}
        }
        self.rows.push(row);
        self.last = self.line;
    }

    fn reject(&mut self, line: usize, problem: &str) {
        self.rejected.count += 1;
        if self.rejected.examples.len() < MOST_EXAMPLES {
            self.rejected.examples.push(format!("line {line}: {problem}"));
        }
    }

    fn finish(self, name: &str) -> Result<Rows<T>, ReadError> {
        let Self { rows, rejected, .. } = self;
        let all = rows.len() + rejected.count;
        if all == 0 {
            return Err(ReadError::new(name, format!("it holds no rows; {GET_AGAIN}")));
        }
        if rejected.count * ONE_BAD_IN > all {
            let problem =
                format!("{} of {all} rows cannot be used ({rejected}); {GET_AGAIN}", rejected.count);
            return Err(ReadError::new(name, problem));
        }
        Ok(Rows { rows, rejected })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// A zip with this text in it.
    pub(crate) fn zipped(text: &str) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("rows.csv", SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap().into_inner()
    }

    fn numbers(bytes: &[u8], most_bytes: u64) -> Result<Rows<i64>, ReadError> {
        let file = File { name: "a.zip", bytes };
        read_within(file, most_bytes, |fields| fields.number("price"), |number| *number)
    }

    #[test]
    fn bad_rows_are_counted_and_told() {
        let mut text = (1..=500).map(|number| number.to_string()).collect::<Vec<_>>().join("\r\n") + "\r\n";
        text.push_str("NaN\n400\n501,7\n-3\n\n502");
        let read = numbers(&zipped(&text), 1 << 20).unwrap();
        assert_eq!(read.rows.len(), 501);
        assert_eq!(read.rows.last(), Some(&502));
        assert_eq!(
            read.rejected.to_string(),
            "4 rows were left out: line 501: its price is 'NaN', which is no whole number; \
             line 502: it is earlier than the row before; line 503: it has more fields than such a row"
        );
    }

    #[test]
    fn one_time_that_is_too_late_takes_no_good_rows_along() {
        let good =
            |from: i64, to: i64| (from..=to).map(|number| number.to_string() + "\n").collect::<String>();
        for (text, line) in
            [(format!("900\n{}", good(1, 300)), 1), (good(1, 100) + "900\n" + &good(101, 300), 101)]
        {
            let read = numbers(&zipped(&text), 1 << 20).unwrap();
            assert_eq!(read.rows, (1..=300).collect::<Vec<_>>());
            assert_eq!(read.rejected.examples, [format!("line {line}: it is later than the row after")]);
        }
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_the_reason() {
        let whole = zipped(&"12345\n".repeat(1_000));
        let mut flipped = whole.clone();
        flipped[45] ^= 0xff;
        let endless = "1".repeat(5_000);
        let cases: [(&[u8], &str); 7] = [
            (b"", "no sound zip"),
            (&whole[..whole.len() / 2], "no sound zip"),
            (&flipped, "no sound zip"),
            (&zipped(""), "no rows"),
            (&zipped("1\nx\n"), "1 of 2 rows cannot be used"),
            (&zipped(&endless), "line 1 does not end"),
            (&zipped(&"1\n".repeat(60_000)), "more than 100000 bytes"),
        ];
        for (bytes, expected) in cases {
            let message = numbers(bytes, 100_000).unwrap_err().to_string();
            assert!(message.starts_with("a.zip: ") && message.contains(expected), "{message}");
        }
        assert_eq!(numbers(&whole, 100_000).unwrap().rows.len(), 1_000);
    }
}

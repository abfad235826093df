//! What an alert looks at, as one text: `LAST`, or `INDICATOR MIN_5 RSI line=RSI source=CLOSE length=14`.

use std::fmt::Write as _;

use domain::alert::{AlertIndicator, AlertSubject, PriceField};
use domain::bar::BarSize;
use domain::indicator::{Indicator, IndicatorKind, Parameters};

use crate::sql::failure::{Failure, in_column};

const INDICATOR: &str = "INDICATOR";

/// Writes it.
pub(super) fn write(subject: &AlertSubject) -> String {
    let indicator = match subject {
        AlertSubject::Price(field) => return field.as_str().to_owned(),
        AlertSubject::Indicator(indicator) => indicator,
    };
    let (size, kind) = (indicator.size.as_str(), indicator.indicator.kind().as_str());
    let mut text = format!("{INDICATOR} {size} {kind} line={}", indicator.line());
    for (name, value) in indicator.indicator.parameters().named() {
        let _ = write!(text, " {name}={value}");
    }
    text
}

/// Reads what [`write`] wrote.
pub(super) fn read(text: &str) -> Result<AlertSubject, Failure> {
    if let Ok(field) = text.parse::<PriceField>() {
        return Ok(AlertSubject::Price(field));
    }
    let unreadable = || Failure::row("column alerts.subject: it is not what an alert can look at");
    let mut words = text.split(' ');
    let (Some(INDICATOR), Some(size), Some(kind)) = (words.next(), words.next(), words.next()) else {
        return Err(unreadable());
    };
    let size = BarSize::from_name(size).ok_or_else(unreadable)?;
    let kind: IndicatorKind = kind.parse().map_err(|_| unreadable())?;
    let (mut given, mut line) = (Parameters::default(), None);
    for word in words {
        let (name, value) = word.split_once('=').ok_or_else(unreadable)?;
        match name {
            "line" => line = Some(value),
            name => given = given.with(name, value).ok_or_else(unreadable)?,
        }
    }
    let in_subject = in_column("alerts.subject");
    let indicator = Indicator::parse(kind, given).map_err(&in_subject)?;
    Ok(AlertSubject::Indicator(AlertIndicator::new(size, indicator, line).map_err(&in_subject)?))
}

#[cfg(test)]
mod tests {
    use domain::indicator::PriceSource;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for (field, name) in PriceField::ALL {
            assert_eq!(write(&AlertSubject::Price(*field)), *name);
            assert_eq!(read(name).unwrap(), AlertSubject::Price(*field));
        }
        for &(kind, _) in IndicatorKind::ALL {
            let indicator = Indicator::parse(kind, Parameters::default()).unwrap();
            for line in indicator.lines() {
                let subject = AlertIndicator::new(BarSize::Min5, indicator, Some(line)).unwrap();
                let text = write(&AlertSubject::Indicator(subject));
                assert_eq!(read(&text).unwrap(), AlertSubject::Indicator(subject), "{text}");
            }
        }
        let given = Parameters { source: Some(PriceSource::Hl2), length: Some(9), ..Parameters::default() };
        let indicator = Indicator::parse(IndicatorKind::Rsi, given).unwrap();
        let subject = AlertSubject::Indicator(AlertIndicator::new(BarSize::Hour1, indicator, None).unwrap());
        let text = write(&subject);
        assert!(
            text.starts_with("INDICATOR HOUR_1 RSI ") && text.ends_with(" source=HL2 length=9"),
            "{text}"
        );
        assert_eq!(read(&text).unwrap(), subject);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "LASTS",
            "INDICATOR",
            "INDICATOR MIN_5",
            "INDICATOR MIN_5 RSI colour=red",
            "INDICATOR MIN_5 RSI length=0",
            "INDICATOR MIN_5 RSI length=many",
            "INDICATOR MIN_5 RSI source=ASK",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}

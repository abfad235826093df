//! What orders ask for, as JSON: `{"side":"BUY","quantity":"100","type":"LIMIT","limit":"187.34","time":"DAY"}`. Terms
//! that are not ours have no type, but the broker's words.

use domain::decimal::{Price, Quantity};
use domain::order::{Hours, OrderTerms, Terms, TermsWanted, Trail};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::sql::column::{Exact, Moment};
use crate::sql::failure::{Failure, in_column};

#[derive(Serialize, Deserialize)]
struct Form {
    side: String,
    quantity: String,
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    order_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stop: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trail_amount: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trail_percent: Option<String>,
    #[serde(rename = "time", default, skip_serializing_if = "Option::is_none")]
    time_in_force: Option<String>,
    /// In microseconds since 1970-01-01 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    good_till: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    extended_hours: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<String>,
}

/// The terms as they are kept.
pub(super) fn write(terms: &OrderTerms) -> Result<String, Failure> {
    let form = match terms {
        OrderTerms::Known(terms) => known(terms),
        OrderTerms::Foreign { side, quantity, words } => Form {
            side: side.as_str().to_owned(),
            quantity: quantity.to_string(),
            order_type: None,
            limit: None,
            stop: None,
            trail_amount: None,
            trail_percent: None,
            time_in_force: None,
            good_till: None,
            extended_hours: false,
            words: words.clone(),
        },
    };
    serde_json::to_string(&form).map_err(in_column("orders.terms"))
}

fn known(terms: &Terms) -> Form {
    let pricing = terms.pricing();
    let text = |price: Price| price.to_string();
    let (trail_amount, trail_percent) = match pricing.trail() {
        Some(Trail::Amount(amount)) => (Some(amount.to_string()), None),
        Some(Trail::Percent(percent)) => (None, Some(percent.to_string())),
        None => (None, None),
    };
    Form {
        side: terms.side().as_str().to_owned(),
        quantity: terms.quantity().to_string(),
        order_type: Some(pricing.order_type().as_str().to_owned()),
        limit: pricing.limit().map(text),
        stop: pricing.stop().map(text),
        trail_amount,
        trail_percent,
        time_in_force: Some(terms.time_in_force().as_str().to_owned()),
        good_till: terms.good_till().map(|time| Moment::from(time).0),
        extended_hours: terms.hours() == Hours::Extended,
        words: None,
    }
}

/// The terms that were kept.
pub(super) fn read(text: &str) -> Result<OrderTerms, Failure> {
    let form: Form = serde_json::from_str(text).map_err(in_column("orders.terms"))?;
    let side = form.side.parse().map_err(in_column::<String>("orders.terms"))?;
    let quantity = decimal(&form.quantity)?;
    let Some(order_type) = form.order_type else {
        let quantity = Quantity::new(quantity).ok_or_else(|| Failure::row("a quantity is negative"))?;
        return Ok(OrderTerms::Foreign { side, quantity, words: form.words });
    };
    let price = |text: Option<String>| -> Result<Option<Price>, Failure> {
        Ok(text.as_deref().map(decimal).transpose()?.map(Price::new))
    };
    let trail = match (form.trail_amount, form.trail_percent) {
        (Some(amount), _) => Some(Trail::Amount(decimal(&amount)?)),
        (None, Some(percent)) => Some(Trail::Percent(decimal(&percent)?)),
        (None, None) => None,
    };
    let time_in_force = form.time_in_force.as_deref().map(str::parse).transpose();
    let wanted = TermsWanted {
        side,
        quantity,
        order_type: order_type.parse().map_err(in_column::<String>("orders.terms"))?,
        limit: price(form.limit)?,
        stop: price(form.stop)?,
        trail,
        time_in_force: time_in_force.map_err(in_column::<String>("orders.terms"))?,
        good_till: form.good_till.map(|micros| Moment(micros).time()).transpose()?,
        hours: if form.extended_hours { Hours::Extended } else { Hours::Regular },
    };
    Ok(OrderTerms::Known(Terms::check(&wanted).map_err(in_column("orders.terms"))?))
}

/// Terms that are ours.
pub(super) fn read_known(text: &str) -> Result<Terms, Failure> {
    match read(text)? {
        OrderTerms::Known(terms) => Ok(terms),
        OrderTerms::Foreign { .. } => Err(Failure::row("column orders.replacement: the terms are not ours")),
    }
}

fn decimal(text: &str) -> Result<Decimal, Failure> {
    text.parse::<Exact>().map(|exact| exact.0).map_err(in_column("orders.terms"))
}

#[cfg(test)]
mod tests {
    use domain::order::{OrderType, Side, TimeInForce};
    use time::macros::datetime;

    use super::*;

    fn price(text: &str) -> Price {
        Price::new(text.parse().unwrap())
    }

    #[test]
    fn terms_are_read_back_as_they_were_written() {
        let market = TermsWanted {
            side: Side::Buy,
            quantity: "100.50".parse().unwrap(),
            order_type: OrderType::Market,
            limit: None,
            stop: None,
            trail: None,
            time_in_force: Some(TimeInForce::Ioc),
            good_till: None,
            hours: Hours::Regular,
        };
        let till = Some(datetime!(2026-12-24 20:00:00.000_001 UTC));
        let day = Some(TimeInForce::Day);
        let cases = [
            market,
            TermsWanted {
                order_type: OrderType::StopLimit,
                limit: Some(price("-37.630")),
                stop: Some(price("0.00")),
                time_in_force: day,
                ..market
            },
            TermsWanted {
                order_type: OrderType::Limit,
                limit: Some(price("1")),
                hours: Hours::Extended,
                time_in_force: Some(TimeInForce::Gtd),
                good_till: till,
                ..market
            },
            TermsWanted {
                order_type: OrderType::TrailingStop,
                trail: Some(Trail::Percent("2.5".parse().unwrap())),
                time_in_force: day,
                ..market
            },
            TermsWanted {
                order_type: OrderType::TrailingStop,
                trail: Some(Trail::Amount("0.10".parse().unwrap())),
                stop: Some(price("9.9")),
                side: Side::Sell,
                time_in_force: day,
                ..market
            },
        ];
        for wanted in cases {
            let terms = OrderTerms::Known(Terms::check(&wanted).unwrap());
            let text = write(&terms).unwrap();
            assert_eq!(read(&text).unwrap(), terms, "{text}");
        }
        let foreign = OrderTerms::Foreign {
            side: Side::Sell,
            quantity: Quantity::new("0.5".parse().unwrap()).unwrap(),
            words: Some("PEG MKT \"x\"".into()),
        };
        let text = write(&foreign).unwrap();
        assert_eq!(read(&text).unwrap(), foreign);
        assert!(read_known(&text).is_err() && read("{}").is_err());
    }
}

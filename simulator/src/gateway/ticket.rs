//! What a client asks for with an order, in the protocol's words, as the exchange understands it; or what
//! is wrong with it, in the broker's.

use domain::decimal::Price;
use domain::error::Refusal;
use domain::order::{Hours, OrderType, Side, Terms, TermsWanted, TimeInForce, Trail};
use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::period;
use crate::exchange::broker::{OrderEcho, OrderRequest, Transmit};
use crate::notice::{Notice, words};
use crate::wire::order::{Order, PlaceOrderRequest};

/// Who asks, and for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) client_id: i32,
    pub(super) con_id: i32,
    pub(super) now: OffsetDateTime,
    pub(super) request: &'a PlaceOrderRequest,
}

/// The order that is asked for.
pub(super) fn read(asked: Asked<'_>) -> Result<OrderRequest, Notice> {
    let order_id = asked.request.order_id.unwrap_or_default();
    let order = asked.request.order.clone().unwrap_or_default();
    if let Some(what) = unsupported(asked.request, &order) {
        return Err(Notice::invalid(order_id, &format!("{what} are not supported by this gateway")));
    }
    let wanted = wanted(order_id, &order, asked.now)?;
    let terms = Terms::check(&wanted).map_err(|refusal| refused(order_id, &order, &refusal))?;
    let exchange = asked.request.contract.as_ref().and_then(|contract| contract.exchange.clone());
    Ok(OrderRequest {
        client_id: asked.client_id,
        order_id,
        account: text(order.account.as_ref()).to_owned(),
        con_id: asked.con_id,
        reference: order.order_ref.clone().unwrap_or_default(),
        terms,
        // In protobuf, what is not given is false.
        transmit: if order.transmit == Some(true) { Transmit::Now } else { Transmit::Later },
        echo: OrderEcho {
            exchange: exchange.unwrap_or_default(),
            open_close: order.open_close.unwrap_or_default(),
            display_size: order.display_size.unwrap_or_default(),
            hidden: order.hidden.unwrap_or_default(),
            trigger_method: order.trigger_method.unwrap_or_default(),
            model_code: order.model_code.unwrap_or_default(),
        },
    })
}

/// Whether it is asked to be done outside regular hours though its type never is.
pub(super) fn is_outside_hours_ignored(order: &Order) -> bool {
    order.outside_rth == Some(true)
        && (is_never_extended(text(order.order_type.as_ref())) || text(order.tif.as_ref()) == "OPG")
}

fn is_never_extended(order_type: &str) -> bool {
    matches!(order_type, "MKT" | "MOC" | "LOC")
}

fn text(field: Option<&String>) -> &str {
    field.map_or("", |text| text.trim())
}

/// What an order has that changes its meaning and cannot be had here.
fn unsupported(request: &PlaceOrderRequest, order: &Order) -> Option<&'static str> {
    let is_given = |field: &Option<String>| !matches!(text(field.as_ref()), "" | "None");
    let is_more = |number: Option<f64>| number.is_some_and(|number| number > 0.0);
    let features = [
        ("Attached orders", request.attached_orders.is_some() || order.parent_id.is_some_and(|id| id != 0)),
        ("Groups of orders (OCA)", is_given(&order.oca_group)),
        ("Conditions", !order.conditions.is_empty()),
        ("Algorithms", is_given(&order.algo_strategy)),
        ("Hedging orders", is_given(&order.hedge_type)),
        ("Scale orders", order.scale_init_level_size.is_some_and(|size| size > 0)),
        ("Adjusted orders", is_given(&order.adjusted_order_type)),
        ("Orders for groups of accounts", is_given(&order.fa_group)),
        ("All-or-none orders", order.all_or_none == Some(true)),
        ("Minimum quantities", order.min_qty.is_some_and(|quantity| quantity > 0)),
        ("Orders that begin later", is_given(&order.good_after_time)),
        ("Discretionary amounts", is_more(order.discretionary_amt)),
        ("Cash quantities", is_more(order.cash_qty)),
    ];
    features.into_iter().find(|(_, is_asked)| *is_asked).map(|(what, _)| what)
}

fn wanted(order_id: i32, order: &Order, now: OffsetDateTime) -> Result<TermsWanted, Notice> {
    let invalid = |cause: String| Notice::invalid(order_id, &cause);
    let side = match text(order.action.as_ref()) {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        other => return Err(invalid(format!("Invalid side '{other}'"))),
    };
    let quantity = text(order.total_quantity.as_ref());
    let quantity: Decimal = if quantity.is_empty() { "0" } else { quantity }
        .parse()
        .or_else(|_| Decimal::from_scientific(quantity))
        .map_err(|_| invalid(format!("Invalid order size '{quantity}'")))?;
    let tif = text(order.tif.as_ref());
    let order_type = order_type(text(order.order_type.as_ref()), tif)
        .ok_or_else(|| Notice::refusal(order_id, 387, words(387)))?;
    let time_in_force = match tif {
        "" => None,
        _ => Some(tif.parse().map_err(|_| invalid(format!("Invalid time in force:{tif}.")))?),
    };
    let (has_limit, has_stop) = match order_type {
        OrderType::Limit | OrderType::LimitOnClose => (true, false),
        OrderType::Stop => (false, true),
        OrderType::StopLimit => (true, true),
        _ => (false, false),
    };
    let is_trailing = order_type == OrderType::TrailingStop;
    let hours = if order.outside_rth == Some(true) && !is_outside_hours_ignored(order) {
        Hours::Extended
    } else {
        Hours::Regular
    };
    let stop = if is_trailing { order.trail_stop_price } else { order.aux_price.filter(|_| has_stop) };
    Ok(TermsWanted {
        side,
        quantity,
        order_type,
        limit: order.lmt_price.filter(|_| has_limit).and_then(price),
        stop: stop.and_then(price),
        trail: is_trailing.then(|| trail(order)).flatten(),
        time_in_force,
        good_till: good_till(order_id, order, time_in_force, now)?,
        hours,
    })
}

/// The price, without what the wire's doubles add to it.
fn price(value: f64) -> Option<Price> {
    Price::from_f64(value, Decimal::ZERO)
}

fn trail(order: &Order) -> Option<Trail> {
    let given = |number: Option<f64>| number.filter(|number| *number > 0.0).and_then(price).map(Price::value);
    match given(order.trailing_percent) {
        Some(percent) => Some(Trail::Percent(percent)),
        None => given(order.aux_price).map(Trail::Amount),
    }
}

fn order_type(name: &str, tif: &str) -> Option<OrderType> {
    match name {
        "MKT" if tif == "OPG" => Some(OrderType::MarketOnOpen),
        "MKT" => Some(OrderType::Market),
        "LMT" => Some(OrderType::Limit),
        "STP" => Some(OrderType::Stop),
        "STP LMT" | "STPLMT" => Some(OrderType::StopLimit),
        "TRAIL" => Some(OrderType::TrailingStop),
        "MOC" => Some(OrderType::MarketOnClose),
        "LOC" => Some(OrderType::LimitOnClose),
        _ => None,
    }
}

fn good_till(
    order_id: i32,
    order: &Order,
    time_in_force: Option<TimeInForce>,
    now: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, Notice> {
    let date = text(order.good_till_date.as_ref());
    if time_in_force != Some(TimeInForce::Gtd) || date.is_empty() {
        return Ok(None);
    }
    let end = period::end(date, now).filter(|end| *end > now);
    end.map(Some).ok_or_else(|| Notice::refusal(order_id, 391, words(391)))
}

/// The broker's refusal of terms that are impossible.
fn refused(order_id: i32, order: &Order, refusal: &Refusal) -> Notice {
    let is_on_close = matches!(text(order.order_type.as_ref()), "MOC" | "LOC");
    let code = match refusal.field {
        Some("quantity") => 434,
        Some("limitPrice" | "stopPrice" | "trailAmount" | "trailPercent") => 107,
        Some("timeInForce") if is_on_close => 113,
        Some("timeInForce") => 111,
        Some("goodTill") => 391,
        _ => return Notice::invalid(order_id, &refusal.message),
    };
    Notice::refusal(order_id, code, words(code))
}

#[cfg(test)]
mod tests {
    use domain::order::Pricing;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-23 15:00 UTC);

    /// A day order for a hundred of this type, with all prices that a type can have.
    fn order(order_type: &str) -> Order {
        Order {
            action: Some("BUY".to_owned()),
            total_quantity: Some("100".to_owned()),
            order_type: Some(order_type.to_owned()),
            lmt_price: Some(250.01),
            aux_price: Some(249.5),
            tif: Some("DAY".to_owned()),
            transmit: Some(true),
            ..Order::default()
        }
    }

    fn asked(order: Order) -> Result<OrderRequest, Notice> {
        let request =
            PlaceOrderRequest { order_id: Some(7), order: Some(order), ..PlaceOrderRequest::default() };
        read(Asked { client_id: 1, con_id: 8, now: NOW, request: &request })
    }

    fn code(order: Order) -> i32 {
        asked(order).unwrap_err().code
    }

    #[test]
    fn the_wires_words_become_terms() {
        let [limit, stop] = [25_001, 24_950].map(|cents| Price::new(Decimal::new(cents, 2)));
        let cases = [
            ("MKT", Pricing::Market),
            ("LMT", Pricing::Limit { limit }),
            ("STP", Pricing::Stop { stop }),
            ("STP LMT", Pricing::StopLimit { stop, limit }),
            ("TRAIL", Pricing::TrailingStop { trail: Trail::Amount(stop.value()), stop: None }),
            ("MOC", Pricing::MarketOnClose),
            ("LOC", Pricing::LimitOnClose { limit }),
        ];
        for (order_type, expected) in cases {
            let read = asked(order(order_type)).unwrap();
            assert_eq!(read.terms.pricing(), expected, "{order_type}");
            assert_eq!(read.terms.time_in_force(), TimeInForce::Day, "{order_type}");
        }
        let opening = asked(Order { tif: Some("OPG".to_owned()), ..order("MKT") }).unwrap();
        assert_eq!(opening.terms.pricing(), Pricing::MarketOnOpen);
        let percent = asked(Order { trailing_percent: Some(1.5), ..order("TRAIL") }).unwrap();
        assert_eq!(percent.terms.pricing().trail(), Some(Trail::Percent(Decimal::new(15, 1))));
        let kept = asked(Order { transmit: None, ..order("MKT") }).unwrap();
        assert_eq!(kept.transmit, Transmit::Later);
    }

    #[test]
    fn what_is_wrong_has_the_brokers_code() {
        let tif = |order_type, tif: &str| Order { tif: Some(tif.to_owned()), ..order(order_type) };
        let size = |size: &str| Order { total_quantity: Some(size.to_owned()), ..order("MKT") };
        let cases = [
            (Order { action: Some("SSHORT".to_owned()), ..order("MKT") }, 321),
            (order("PEG MID"), 387),
            (Order { lmt_price: None, ..order("LMT") }, 107),
            (Order { aux_price: None, ..order("STP") }, 107),
            (Order { aux_price: Some(0.0), ..order("TRAIL") }, 107),
            (tif("STP", "IOC"), 111),
            (tif("MOC", "GTC"), 113),
            (tif("MKT", "NEVER"), 321),
            (tif("LMT", "GTD"), 391),
            (Order { good_till_date: Some("tomorrow".to_owned()), ..tif("LMT", "GTD") }, 391),
            (Order { good_till_date: Some("20261122-12:00:00".to_owned()), ..tif("LMT", "GTD") }, 391),
            (size("0"), 434),
            (size("-5"), 434),
            (size("many"), 321),
            (Order { parent_id: Some(3), ..order("LMT") }, 321),
            (Order { oca_group: Some("group".to_owned()), ..order("LMT") }, 321),
            (Order { all_or_none: Some(true), ..order("LMT") }, 321),
            (Order { cash_qty: Some(1_000.0), ..order("MKT") }, 321),
        ];
        for (order, expected) in cases {
            assert_eq!(code(order.clone()), expected, "{order:?}");
        }
    }

    #[test]
    fn an_end_is_read_and_hours_are_ignored_where_they_mean_nothing() {
        let tif = Some("GTD".to_owned());
        let good_till_date = Some("20261124 16:00:00 US/Eastern".to_owned());
        let limited = asked(Order { tif, good_till_date, outside_rth: Some(true), ..order("LMT") }).unwrap();
        assert_eq!(limited.terms.good_till(), Some(datetime!(2026-11-24 21:00 UTC)));
        assert_eq!(limited.terms.hours(), Hours::Extended);
        let market = Order { outside_rth: Some(true), ..order("MKT") };
        assert!(is_outside_hours_ignored(&market));
        assert_eq!(asked(market).unwrap().terms.hours(), Hours::Regular);
    }
}

//! What an order asks for. [`Terms`] hold no impossible combination: [`Terms::check`] is the only way to make them.

use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::{OrderType, Side, TimeInForce};
use crate::decimal::{Price, Quantity};
use crate::error::{Refusal, RefusalCode};
use crate::instrument::Instrument;

/// How far a trailing stop keeps from the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trail {
    /// So much, in the instrument's currency; more than zero.
    Amount(Decimal),
    /// So many percent of the market price; more than 0, less than 100.
    Percent(Decimal),
}

/// The type of an order, with the prices that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pricing {
    /// [`OrderType::Market`].
    Market,
    /// [`OrderType::Limit`]; with [`TimeInForce::Opg`] it is in the opening auction.
    Limit {
        /// The worst acceptable price.
        limit: Price,
    },
    /// [`OrderType::Stop`].
    Stop {
        /// What the market has to reach.
        stop: Price,
    },
    /// [`OrderType::StopLimit`].
    StopLimit {
        /// What the market has to reach.
        stop: Price,
        /// The worst acceptable price after that.
        limit: Price,
    },
    /// [`OrderType::TrailingStop`].
    TrailingStop {
        /// How far it keeps from the market.
        trail: Trail,
        /// Where the stop is at first; absent: at the trail's distance from the market.
        stop: Option<Price>,
    },
    /// [`OrderType::MarketOnOpen`].
    MarketOnOpen,
    /// [`OrderType::MarketOnClose`].
    MarketOnClose,
    /// [`OrderType::LimitOnClose`].
    LimitOnClose {
        /// The worst acceptable price.
        limit: Price,
    },
}

impl Pricing {
    /// The type.
    pub const fn order_type(self) -> OrderType {
        match self {
            Self::Market => OrderType::Market,
            Self::Limit { .. } => OrderType::Limit,
            Self::Stop { .. } => OrderType::Stop,
            Self::StopLimit { .. } => OrderType::StopLimit,
            Self::TrailingStop { .. } => OrderType::TrailingStop,
            Self::MarketOnOpen => OrderType::MarketOnOpen,
            Self::MarketOnClose => OrderType::MarketOnClose,
            Self::LimitOnClose { .. } => OrderType::LimitOnClose,
        }
    }

    /// The worst acceptable price, where there is one.
    pub const fn limit(self) -> Option<Price> {
        match self {
            Self::Limit { limit } | Self::StopLimit { limit, .. } | Self::LimitOnClose { limit } => {
                Some(limit)
            }
            _ => None,
        }
    }

    /// The stop, where one was given.
    pub const fn stop(self) -> Option<Price> {
        match self {
            Self::Stop { stop } | Self::StopLimit { stop, .. } => Some(stop),
            Self::TrailingStop { stop, .. } => stop,
            _ => None,
        }
    }

    /// How far a trailing stop keeps from the market.
    pub const fn trail(self) -> Option<Trail> {
        match self {
            Self::TrailingStop { trail, .. } => Some(trail),
            _ => None,
        }
    }
}

/// When an order can be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Hours {
    /// In the regular trading session.
    #[default]
    Regular,
    /// Before and after it, too.
    Extended,
}

/// What somebody asks for, as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermsWanted {
    /// Whether it is bought or sold.
    pub side: Side,
    /// How much, in shares, contracts or units of the first currency.
    pub quantity: Decimal,
    /// At which price.
    pub order_type: OrderType,
    /// The worst acceptable price, for types that have one.
    pub limit: Option<Price>,
    /// What the market has to reach, for types that have a stop.
    pub stop: Option<Price>,
    /// How far a trailing stop keeps from the market.
    pub trail: Option<Trail>,
    /// How long it stands; absent: as is usual for the type.
    pub time_in_force: Option<TimeInForce>,
    /// Until when, with [`TimeInForce::Gtd`].
    pub good_till: Option<OffsetDateTime>,
    /// When it can be done.
    pub hours: Hours,
}

/// What an order asks for: complete, and possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    side: Side,
    quantity: Quantity,
    pricing: Pricing,
    time_in_force: TimeInForce,
    good_till: Option<OffsetDateTime>,
    hours: Hours,
}

impl Terms {
    /// Checks what is true of every instrument: that nothing is missing, superfluous, or contradictory.
    pub fn check(wanted: &TermsWanted) -> Result<Self, Refusal> {
        let quantity = Quantity::new(wanted.quantity).filter(|quantity| *quantity > Quantity::ZERO);
        let quantity = quantity.ok_or_else(|| invalid("quantity", "a quantity is more than zero"))?;
        let pricing = pricing(wanted)?;
        let time_in_force = wanted.time_in_force.unwrap_or(usual(pricing.order_type()));
        check_time(pricing.order_type(), time_in_force)?;
        check_end(time_in_force, wanted.good_till)?;
        check_hours(pricing.order_type(), time_in_force, wanted.hours)?;
        let TermsWanted { side, good_till, hours, .. } = *wanted;
        Ok(Self { side, quantity, pricing, time_in_force, good_till, hours })
    }

    /// Checks what depends on the instrument: that its prices are multiples of its increment.
    pub fn fit(&self, instrument: &Instrument) -> Result<(), Refusal> {
        let increment = instrument.price_increment;
        let on_increment = |field, price: Option<Decimal>| match price {
            Some(price) if increment > Decimal::ZERO && !(price % increment).is_zero() => {
                let words = format!("prices of {} are multiples of {increment}", instrument.symbol);
                Err(invalid(field, words))
            }
            _ => Ok(()),
        };
        on_increment("limitPrice", self.pricing.limit().map(Price::value))?;
        on_increment("stopPrice", self.pricing.stop().map(Price::value))?;
        match self.pricing.trail() {
            Some(Trail::Amount(amount)) => on_increment("trailAmount", Some(amount)),
            _ => Ok(()),
        }
    }

    /// Whether it is bought or sold.
    pub const fn side(&self) -> Side {
        self.side
    }

    /// How much; more than zero.
    pub const fn quantity(&self) -> Quantity {
        self.quantity
    }

    /// At which price.
    pub const fn pricing(&self) -> Pricing {
        self.pricing
    }

    /// How long it stands.
    pub const fn time_in_force(&self) -> TimeInForce {
        self.time_in_force
    }

    /// Until when, with [`TimeInForce::Gtd`].
    pub const fn good_till(&self) -> Option<OffsetDateTime> {
        self.good_till
    }

    /// When it can be done.
    pub const fn hours(&self) -> Hours {
        self.hours
    }
}

fn invalid(field: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::of(field, RefusalCode::Invalid, message)
}

/// The time in force of a type where nobody says another.
const fn usual(order_type: OrderType) -> TimeInForce {
    match order_type {
        OrderType::MarketOnOpen => TimeInForce::Opg,
        _ => TimeInForce::Day,
    }
}

fn pricing(wanted: &TermsWanted) -> Result<Pricing, Refusal> {
    let name = wanted.order_type.as_str();
    let needs = |field, what: &str| invalid(field, format!("a {name} order needs {what}"));
    let limit = wanted.limit.ok_or_else(|| needs("limitPrice", "a limit price"));
    let stop = wanted.stop.ok_or_else(|| needs("stopPrice", "a stop price"));
    let pricing = match wanted.order_type {
        OrderType::Market => Pricing::Market,
        OrderType::Limit => Pricing::Limit { limit: limit? },
        OrderType::Stop => Pricing::Stop { stop: stop? },
        OrderType::StopLimit => Pricing::StopLimit { stop: stop?, limit: limit? },
        OrderType::TrailingStop => {
            let trail =
                wanted.trail.ok_or_else(|| needs("trailAmount", "a trailing amount or percentage"))?;
            Pricing::TrailingStop { trail: check_trail(trail)?, stop: wanted.stop }
        }
        OrderType::MarketOnOpen => Pricing::MarketOnOpen,
        OrderType::MarketOnClose => Pricing::MarketOnClose,
        OrderType::LimitOnClose => Pricing::LimitOnClose { limit: limit? },
    };
    let superfluous = [
        ("limitPrice", wanted.limit.is_some() && pricing.limit().is_none(), "limit price"),
        ("stopPrice", wanted.stop.is_some() && pricing.stop().is_none(), "stop price"),
        ("trailAmount", wanted.trail.is_some() && pricing.trail().is_none(), "trailing distance"),
    ];
    match superfluous.into_iter().find(|(_, is_there, _)| *is_there) {
        Some((field, _, what)) => Err(invalid(field, format!("a {name} order has no {what}; leave it out"))),
        None => Ok(pricing),
    }
}

fn check_trail(trail: Trail) -> Result<Trail, Refusal> {
    match trail {
        Trail::Amount(amount) if amount > Decimal::ZERO => Ok(trail),
        Trail::Amount(_) => Err(invalid("trailAmount", "a trailing amount is more than zero")),
        Trail::Percent(percent) if percent > Decimal::ZERO && percent < Decimal::ONE_HUNDRED => Ok(trail),
        Trail::Percent(_) => {
            Err(invalid("trailPercent", "a trailing percentage is more than 0 and less than 100"))
        }
    }
}

/// Which times in force a type can have.
const fn times(order_type: OrderType) -> &'static [TimeInForce] {
    use TimeInForce::{Day, Fok, Gtc, Gtd, Ioc, Opg};
    match order_type {
        OrderType::Market | OrderType::Limit => &[Day, Gtc, Ioc, Fok, Gtd, Opg],
        OrderType::Stop | OrderType::StopLimit | OrderType::TrailingStop => &[Day, Gtc, Gtd],
        OrderType::MarketOnOpen => &[Opg],
        OrderType::MarketOnClose | OrderType::LimitOnClose => &[Day],
    }
}

fn check_time(order_type: OrderType, time: TimeInForce) -> Result<(), Refusal> {
    let possible = times(order_type);
    if possible.contains(&time) {
        return Ok(());
    }
    let names: Vec<_> = possible.iter().map(|time| time.as_str()).collect();
    let (name, time) = (order_type.as_str(), time.as_str());
    let words = format!("a {name} order cannot be {time}; possible are: {}", names.join(", "));
    Err(invalid("timeInForce", words))
}

fn check_end(time: TimeInForce, good_till: Option<OffsetDateTime>) -> Result<(), Refusal> {
    match (time, good_till) {
        (TimeInForce::Gtd, None) => {
            Err(invalid("goodTill", "GTD needs the moment until which the order stands"))
        }
        (TimeInForce::Gtd, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => Err(invalid("goodTill", "only a GTD order has an end; leave it out, or choose GTD")),
    }
}

fn check_hours(order_type: OrderType, time: TimeInForce, hours: Hours) -> Result<(), Refusal> {
    let is_auction =
        time == TimeInForce::Opg || matches!(order_type, OrderType::MarketOnClose | OrderType::LimitOnClose);
    match hours {
        Hours::Extended if is_auction => {
            let words = "an auction is in regular hours; leave the extended ones out";
            Err(invalid("outsideRegularHours", words))
        }
        Hours::Extended if order_type == OrderType::Market => {
            let words = "a MARKET order is done in regular hours only; use a LIMIT order outside of them";
            Err(invalid("outsideRegularHours", words))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(cents: i64) -> Price {
        Price::new(Decimal::new(cents, 2))
    }

    /// A complete wish of this type.
    fn wanted(order_type: OrderType) -> TermsWanted {
        let (mut limit, mut stop, mut trail) = (None, None, None);
        match order_type {
            OrderType::Limit | OrderType::LimitOnClose => limit = Some(price(10_000)),
            OrderType::Stop => stop = Some(price(9_900)),
            OrderType::StopLimit => (limit, stop) = (Some(price(9_890)), Some(price(9_900))),
            OrderType::TrailingStop => trail = Some(Trail::Amount(Decimal::ONE)),
            OrderType::Market | OrderType::MarketOnOpen | OrderType::MarketOnClose => {}
        }
        TermsWanted {
            side: Side::Buy,
            quantity: Decimal::ONE_HUNDRED,
            order_type,
            limit,
            stop,
            trail,
            time_in_force: None,
            good_till: None,
            hours: Hours::Regular,
        }
    }

    fn field(wanted: &TermsWanted) -> Option<&'static str> {
        Terms::check(wanted).err().and_then(|refusal| refusal.field)
    }

    #[test]
    fn every_type_can_be_asked_for_and_has_its_usual_time() {
        for (order_type, name) in OrderType::ALL {
            let terms = Terms::check(&wanted(*order_type)).unwrap();
            assert_eq!(terms.pricing().order_type(), *order_type, "{name}");
            let usual =
                if *order_type == OrderType::MarketOnOpen { TimeInForce::Opg } else { TimeInForce::Day };
            assert_eq!(terms.time_in_force(), usual, "{name}");
        }
    }

    #[test]
    fn what_is_missing_or_superfluous_is_named() {
        use OrderType::{Limit, LimitOnClose, Market, MarketOnClose, Stop, StopLimit, TrailingStop};
        let bare = |order_type| TermsWanted { limit: None, stop: None, trail: None, ..wanted(order_type) };
        let missing = [
            (Limit, "limitPrice"),
            (Stop, "stopPrice"),
            (StopLimit, "stopPrice"),
            (TrailingStop, "trailAmount"),
            (LimitOnClose, "limitPrice"),
        ];
        for (order_type, expected) in missing {
            assert_eq!(field(&bare(order_type)), Some(expected), "{order_type:?}");
        }
        let limit = |order_type| TermsWanted { limit: Some(price(1)), ..wanted(order_type) };
        let stop = |order_type| TermsWanted { stop: Some(price(1)), ..wanted(order_type) };
        let trail =
            |order_type| TermsWanted { trail: Some(Trail::Amount(Decimal::ONE)), ..wanted(order_type) };
        let superfluous = [
            (limit(Market), "limitPrice"),
            (limit(Stop), "limitPrice"),
            (limit(TrailingStop), "limitPrice"),
            (stop(Limit), "stopPrice"),
            (stop(MarketOnClose), "stopPrice"),
            (trail(StopLimit), "trailAmount"),
        ];
        for (wanted, expected) in superfluous {
            assert_eq!(field(&wanted), Some(expected), "{wanted:?}");
        }
        assert!(Terms::check(&stop(TrailingStop)).is_ok(), "a trailing stop may say where it begins");
    }

    #[test]
    fn a_quantity_and_a_trail_are_more_than_zero() {
        let of =
            |quantity: i64| TermsWanted { quantity: Decimal::from(quantity), ..wanted(OrderType::Market) };
        assert_eq!(
            [field(&of(0)), field(&of(-1)), field(&of(1))],
            [Some("quantity"), Some("quantity"), None]
        );
        let of = |trail| TermsWanted { trail: Some(trail), ..wanted(OrderType::TrailingStop) };
        let cases = [
            (Trail::Amount(Decimal::ZERO), Some("trailAmount")),
            (Trail::Amount(Decimal::NEGATIVE_ONE), Some("trailAmount")),
            (Trail::Percent(Decimal::ZERO), Some("trailPercent")),
            (Trail::Percent(Decimal::ONE_HUNDRED), Some("trailPercent")),
            (Trail::Percent(Decimal::ONE), None),
        ];
        for (trail, expected) in cases {
            assert_eq!(field(&of(trail)), expected, "{trail:?}");
        }
    }

    #[test]
    fn times_in_force_fit_the_type() {
        let till = OffsetDateTime::UNIX_EPOCH;
        for (order_type, _) in OrderType::ALL {
            for (time, _) in TimeInForce::ALL {
                let good_till = (*time == TimeInForce::Gtd).then_some(till);
                let wanted = TermsWanted { time_in_force: Some(*time), good_till, ..wanted(*order_type) };
                let expected = (!times(*order_type).contains(time)).then_some("timeInForce");
                assert_eq!(field(&wanted), expected, "{order_type:?} {time:?}");
            }
        }
        let market = wanted(OrderType::Market);
        let endless = TermsWanted { time_in_force: Some(TimeInForce::Gtd), ..market };
        let ended = TermsWanted { good_till: Some(till), ..market };
        assert_eq!((field(&endless), field(&ended)), (Some("goodTill"), Some("goodTill")));
    }

    #[test]
    fn auctions_and_market_orders_keep_to_regular_hours() {
        use OrderType::{
            Limit, LimitOnClose, Market, MarketOnClose, MarketOnOpen, Stop, StopLimit, TrailingStop,
        };
        let refused = [Market, MarketOnOpen, MarketOnClose, LimitOnClose];
        for order_type in [Limit, Stop, StopLimit, TrailingStop].into_iter().chain(refused) {
            let wanted = TermsWanted { hours: Hours::Extended, ..wanted(order_type) };
            let expected = refused.contains(&order_type).then_some("outsideRegularHours");
            assert_eq!(field(&wanted), expected, "{order_type:?}");
        }
        let opening =
            TermsWanted { hours: Hours::Extended, time_in_force: Some(TimeInForce::Opg), ..wanted(Limit) };
        assert_eq!(field(&opening), Some("outsideRegularHours"));
    }
}

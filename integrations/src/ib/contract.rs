//! Contracts, as Interactive Brokers calls instruments, and what we make of them.

use domain::RefusalCode;
use domain::instrument::{AssetClass, Instrument, InstrumentId};
use domain::market_data::SourceError;
use domain::world::{ConnectionId, Environment};
use ibapi::contracts::{Contract, ContractDetails, SecurityType};
use rust_decimal::Decimal;

/// The exchange that stands for IB's own routing.
pub(super) const SMART: &str = "SMART";

/// The instrument that these details describe; `None` for what we have no asset class for.
pub(super) fn instrument_of(
    details: &ContractDetails,
    connection: &ConnectionId,
    environment: Environment,
) -> Option<Instrument> {
    let contract = &details.contract;
    let broker_id = i64::from(contract.contract_id);
    let asset_class = asset_class_of(details)?;
    Some(Instrument {
        id: InstrumentId::derive(connection, environment, broker_id),
        connection: connection.clone(),
        environment,
        broker_id,
        symbol: symbol_of(contract, asset_class),
        name: name_of(details),
        asset_class,
        exchange: exchange_of(details, asset_class),
        primary_exchange: Some(contract.primary_exchange.to_string()).filter(|name| !name.is_empty()),
        currency: contract.currency.to_string(),
        price_increment: positive(&details.min_tick.to_string()).unwrap_or_else(|| Decimal::new(1, 2)),
        multiplier: positive(&contract.multiplier).unwrap_or(Decimal::ONE),
        time_zone: time_zone_of(&details.time_zone_id),
    })
}

/// The contract to ask for, by its id alone: the id is what cannot be misunderstood.
pub(super) fn contract_by_id(contract_id: i32) -> Contract {
    Contract {
        contract_id,
        security_type: SecurityType::Other(String::new()),
        exchange: "".into(),
        currency: "".into(),
        ..Contract::default()
    }
}

/// The contract of an instrument. Worlds do not mix: it is only asked for where it was found.
pub(super) fn contract_of(
    instrument: &Instrument,
    connection: &ConnectionId,
    environment: Environment,
) -> Result<Contract, SourceError> {
    let symbol = &instrument.symbol;
    let refuse = |message| Err(SourceError::Rejected { code: RefusalCode::BrokerRefused, message });
    if instrument.connection != *connection || instrument.environment != environment {
        return refuse(format!(
            "{symbol} belongs to the connection '{}' in the environment {}; this is '{connection}' in {environment}",
            instrument.connection, instrument.environment
        ));
    }
    let Some(contract_id) = i32::try_from(instrument.broker_id).ok().filter(|id| *id > 0) else {
        return refuse(format!("{symbol} has no contract id of Interactive Brokers: search for it again"));
    };
    Ok(Contract {
        contract_id,
        security_type: security_type_of(instrument.asset_class),
        exchange: instrument.exchange.as_str().into(),
        currency: instrument.currency.as_str().into(),
        ..Contract::default()
    })
}

fn security_type_of(class: AssetClass) -> SecurityType {
    match class {
        AssetClass::Stock | AssetClass::Etf => SecurityType::Stock,
        AssetClass::Fx => SecurityType::ForexPair,
        AssetClass::Future => SecurityType::Future,
        AssetClass::Index => SecurityType::Index,
        AssetClass::Option => SecurityType::Option,
        AssetClass::Bond => SecurityType::Bond,
        AssetClass::Crypto => SecurityType::Crypto,
    }
}

fn asset_class_of(details: &ContractDetails) -> Option<AssetClass> {
    Some(match details.contract.security_type {
        SecurityType::Stock => match details.stock_type.as_str() {
            "ETF" | "ETC" | "ETN" | "ETP" => AssetClass::Etf,
            _ => AssetClass::Stock,
        },
        SecurityType::ForexPair => AssetClass::Fx,
        SecurityType::Future => AssetClass::Future,
        SecurityType::Index => AssetClass::Index,
        SecurityType::Option => AssetClass::Option,
        SecurityType::Bond => AssetClass::Bond,
        SecurityType::Crypto => AssetClass::Crypto,
        _ => return None,
    })
}

fn symbol_of(contract: &Contract, class: AssetClass) -> String {
    let symbol = contract.symbol.to_string();
    match class {
        AssetClass::Stock | AssetClass::Etf | AssetClass::Index => symbol,
        AssetClass::Fx | AssetClass::Crypto if contract.local_symbol.is_empty() => {
            format!("{symbol}.{}", contract.currency)
        }
        _ if contract.local_symbol.is_empty() => symbol,
        _ => contract.local_symbol.clone(),
    }
}

fn name_of(details: &ContractDetails) -> String {
    let contract = &details.contract;
    [&details.long_name, &details.market_name, &contract.description, &contract.local_symbol]
        .into_iter()
        .find(|name| !name.trim().is_empty())
        .map_or_else(|| contract.symbol.to_string(), |name| name.trim().to_owned())
}

fn exchange_of(details: &ContractDetails, class: AssetClass) -> String {
    let routed = matches!(class, AssetClass::Stock | AssetClass::Etf)
        && details.valid_exchanges.iter().any(|exchange| exchange == SMART);
    if routed { SMART.to_owned() } else { details.contract.exchange.to_string() }
}

/// The decimal of this text, where it is more than zero. IB's floats arrive here by their shortest text, which
/// is exact: `0.00005` stays what it is.
fn positive(text: &str) -> Option<Decimal> {
    text.trim().parse::<Decimal>().ok().filter(|value| *value > Decimal::ZERO).map(|value| value.normalize())
}

/// The IANA name of a zone that IB names in its own way.
fn time_zone_of(name: &str) -> String {
    let known = match name {
        "" => "UTC",
        "US/Eastern" | "EST" | "EDT" | "EST5EDT" | "US/East-Indiana" => "America/New_York",
        "US/Central" | "CST" | "CST6CDT" => "America/Chicago",
        "US/Mountain" | "MST" | "MST7MDT" => "America/Denver",
        "US/Pacific" | "PST" | "PST8PDT" => "America/Los_Angeles",
        "GB" | "GB-Eire" | "BST" => "Europe/London",
        "MET" | "CET" => "Europe/Berlin",
        "EET" => "Europe/Helsinki",
        "Japan" | "JST" => "Asia/Tokyo",
        "Hongkong" => "Asia/Hong_Kong",
        "Singapore" => "Asia/Singapore",
        "Israel" => "Asia/Jerusalem",
        "Australia/NSW" => "Australia/Sydney",
        iana if iana.contains('/') => iana,
        _ => "UTC",
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(security_type: SecurityType, symbol: &str, local_symbol: &str) -> ContractDetails {
        ContractDetails {
            contract: Contract {
                contract_id: 42,
                symbol: symbol.into(),
                security_type,
                local_symbol: local_symbol.into(),
                currency: "USD".into(),
                exchange: "CME".into(),
                ..Contract::default()
            },
            min_tick: 0.25,
            long_name: "A NAME".into(),
            time_zone_id: "US/Central".into(),
            ..ContractDetails::default()
        }
    }

    fn read(details: &ContractDetails) -> Instrument {
        instrument_of(details, &ConnectionId::new("ib"), Environment::Paper).unwrap()
    }

    #[test]
    fn a_symbol_is_what_traders_write() {
        let cases = [
            (SecurityType::Stock, "AAPL", "AAPL", "AAPL", AssetClass::Stock),
            (SecurityType::Future, "ES", "ESZ6", "ESZ6", AssetClass::Future),
            (SecurityType::ForexPair, "EUR", "EUR.USD", "EUR.USD", AssetClass::Fx),
            (SecurityType::ForexPair, "EUR", "", "EUR.USD", AssetClass::Fx),
            (SecurityType::Index, "SPX", "SPX", "SPX", AssetClass::Index),
        ];
        for (kind, symbol, local, expected, class) in cases {
            let instrument = read(&details(kind, symbol, local));
            assert_eq!((instrument.symbol.as_str(), instrument.asset_class), (expected, class));
        }
        let unknown = details(SecurityType::Spread, "X", "X");
        assert_eq!(instrument_of(&unknown, &ConnectionId::new("ib"), Environment::Live), None);
    }

    #[test]
    fn a_fund_is_told_by_its_stock_type() {
        let cases = [("ETF", AssetClass::Etf), ("COMMON", AssetClass::Stock), ("ADR", AssetClass::Stock)];
        for (stock_type, expected) in cases {
            let mut details = details(SecurityType::Stock, "SPY", "SPY");
            details.stock_type = stock_type.into();
            assert_eq!(read(&details).asset_class, expected, "{stock_type}");
        }
    }

    #[test]
    fn a_stock_is_routed_where_it_can_be() {
        let mut stock = details(SecurityType::Stock, "AAPL", "AAPL");
        stock.contract.exchange = "NASDAQ".into();
        assert_eq!(read(&stock).exchange, "NASDAQ");
        stock.valid_exchanges = vec!["SMART".into(), "NYSE".into()];
        assert_eq!(read(&stock).exchange, "SMART");
        assert_eq!(read(&details(SecurityType::Future, "ES", "ESZ6")).exchange, "CME");
    }

    #[test]
    fn floats_become_exact_decimals() {
        let cases =
            [(0.01, "0.01"), (0.000_05, "0.00005"), (0.25, "0.25"), (0.0, "0.01"), (1e-8, "0.00000001")];
        for (min_tick, expected) in cases {
            let mut details = details(SecurityType::Stock, "X", "X");
            details.min_tick = min_tick;
            assert_eq!(read(&details).price_increment.to_string(), expected);
        }
        let mut future = details(SecurityType::Future, "ES", "ESZ6");
        future.contract.multiplier = "50".into();
        assert_eq!(read(&future).multiplier, Decimal::from(50));
        assert_eq!(read(&details(SecurityType::Stock, "X", "X")).multiplier, Decimal::ONE);
    }

    #[test]
    fn zones_get_their_iana_name() {
        let cases = [
            ("US/Eastern", "America/New_York"),
            ("US/Central", "America/Chicago"),
            ("MET", "Europe/Berlin"),
            ("Europe/Paris", "Europe/Paris"),
            ("", "UTC"),
            ("Central European Standard Time", "UTC"),
        ];
        for (name, expected) in cases {
            assert_eq!(time_zone_of(name), expected);
        }
    }

    #[test]
    fn a_contract_is_asked_for_by_its_id() {
        let mut instrument = read(&details(SecurityType::Future, "ES", "ESZ6"));
        let ib = ConnectionId::new("ib");
        let contract = contract_of(&instrument, &ib, Environment::Paper).unwrap();
        assert_eq!((contract.contract_id, contract.security_type), (42, SecurityType::Future));
        assert!(contract_of(&instrument, &ib, Environment::Live).is_err());
        assert!(contract_of(&instrument, &ConnectionId::new("other"), Environment::Paper).is_err());
        for id in [0, -1, i64::from(i32::MAX) + 1] {
            instrument.broker_id = id;
            assert!(contract_of(&instrument, &ib, Environment::Paper).is_err());
        }
    }
}

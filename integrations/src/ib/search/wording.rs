//! What a search text says: a pair, a future, a name; and how well an instrument matches it.

use domain::RefusalCode;
use domain::instrument::{AssetClass, Instrument};
use domain::market_data::SourceError;
use ibapi::contracts::{Contract, SecurityType};

/// The text to search for: 1 to 50 printable characters.
pub(super) fn parse(text: &str) -> Result<String, SourceError> {
    let text = text.trim();
    if (1..=50).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(SourceError::Rejected {
        code: RefusalCode::Invalid,
        message: "a search text has 1 to 50 printable characters".into(),
    })
}

/// The currency pair that this text names: `EURUSD`, `eur.usd`, `EUR/USD`.
pub(super) fn pair_of(text: &str) -> Option<Contract> {
    const CURRENCIES: &str = "AED AUD BGN BRL CAD CHF CLP CNH CNY CZK DKK EUR GBP HKD HUF IDR ILS INR ISK JPY KRW \
         MXN MYR NOK NZD PHP PLN RON RUB SAR SEK SGD THB TRY TWD USD ZAR";
    let letters: String =
        text.to_uppercase().chars().filter(|letter| !matches!(letter, '.' | '/' | ' ' | '-')).collect();
    if letters.len() != 6 || !letters.is_ascii() {
        return None;
    }
    let (base, quote) = letters.split_at(3);
    let known = |code: &str| CURRENCIES.split(' ').any(|currency| currency == code);
    (known(base) && known(quote) && base != quote).then(|| Contract {
        symbol: base.into(),
        security_type: SecurityType::ForexPair,
        exchange: "IDEALPRO".into(),
        currency: quote.into(),
        ..Contract::default()
    })
}

/// The contract of this symbol and class, as far as IB needs it described; a future by its root.
pub(super) fn contract_named(symbol: &str, class: AssetClass) -> Option<Contract> {
    let (security_type, exchange, currency) = match class {
        AssetClass::Fx => return pair_of(symbol),
        AssetClass::Stock | AssetClass::Etf => (SecurityType::Stock, "SMART", "USD"),
        AssetClass::Future => (SecurityType::Future, "", ""),
        AssetClass::Index | AssetClass::Option | AssetClass::Bond | AssetClass::Crypto => return None,
    };
    Some(Contract {
        symbol: symbol.into(),
        security_type,
        exchange: exchange.into(),
        currency: currency.into(),
        ..Contract::default()
    })
}

/// The single future that this text names: a root, a month's letter and a year (`ESZ6`, `ESZ26`).
pub(super) fn local_symbol_of(text: &str) -> Option<Contract> {
    const MONTHS: &str = "FGHJKMNQUVXZ";
    let text = text.to_uppercase();
    let root = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_one = text.is_ascii()
        && (1..=2).contains(&(text.len() - root.len()))
        && (2..=6).contains(&root.len())
        && root.bytes().all(|letter| letter.is_ascii_alphanumeric())
        && root.ends_with(|letter| MONTHS.contains(letter));
    is_one.then(|| Contract {
        security_type: SecurityType::Future,
        local_symbol: text.clone(),
        exchange: "".into(),
        currency: "".into(),
        ..Contract::default()
    })
}

/// How well a find matches what was typed; the lowest is the best. Equals stay in the source's order.
pub(super) fn rank(instrument: &Instrument, root: &str, text: &str) -> u8 {
    let fold = |text: &str| text.to_uppercase().replace(['.', '/', ' ', '-'], "");
    let (wanted, symbol, root) = (fold(text), fold(&instrument.symbol), fold(root));
    let name = instrument.name.to_uppercase();
    let text = text.to_uppercase();
    // IB knows every root of futures as an index, too, and most of those have no quotes: they come last.
    if symbol == wanted && instrument.asset_class != AssetClass::Index {
        0
    } else if root == wanted {
        if instrument.asset_class == AssetClass::Future { 1 } else { 2 }
    } else if symbol.starts_with(&wanted) {
        3
    } else if name.split_whitespace().any(|word| word.starts_with(&text)) || name.starts_with(&text) {
        4
    } else if name.contains(&text) {
        5
    } else {
        6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_up_to_fifty_printable_characters() {
        assert_eq!(parse("  AAPL ").unwrap(), "AAPL");
        assert!(parse(&"x".repeat(50)).is_ok());
        for bad in ["", "   ", "A\u{0}B", "A\nB", &"x".repeat(51)] {
            let refused = parse(bad).unwrap_err();
            assert!(matches!(refused, SourceError::Rejected { code: RefusalCode::Invalid, .. }), "{bad:?}");
        }
    }

    #[test]
    fn a_pair_has_several_spellings() {
        for text in ["EURUSD", "eur.usd", "EUR/USD", "Eur Usd"] {
            let contract = pair_of(text).unwrap();
            assert_eq!((contract.symbol.as_str(), contract.currency.as_str()), ("EUR", "USD"), "{text}");
        }
        for text in ["GOOGLE", "EUR", "EUREUR", "AAPL", "EURUSDX", "€URUSD"] {
            assert_eq!(pair_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_local_symbol_names_one_future() {
        for text in ["ESZ6", "esz26", "6EH7", "MESM6"] {
            assert_eq!(local_symbol_of(text).unwrap().local_symbol, text.to_uppercase());
        }
        for text in ["ES", "AAPL", "Z6", "ESA6", "ESZ", "ESZ126", "APPLE INC 6", "ÉSZ6"] {
            assert_eq!(local_symbol_of(text), None, "{text}");
        }
    }
}

//! What is told of an account's money: a row for each tag.

use rust_decimal::Decimal;

use crate::exchange::broker::AccountRow;

const CURRENCY: &str = "USD";

/// One row: a tag, the text of its value, and the currency of what is money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) tag: &'static str,
    pub(super) text: String,
    pub(super) currency: String,
}

/// The tags of the ledger, of which there is one for each currency (`$LEDGER`).
const LEDGER: [&str; 8] = [
    "CashBalance",
    "TotalCashBalance",
    "ExchangeRate",
    "NetLiquidationByCurrency",
    "RealizedPnL",
    "StockMarketValue",
    "UnrealizedPnL",
    "FutureOptionValue",
];

/// Whether a tag belongs to the ledger.
pub(super) fn is_ledger(tag: &str) -> bool {
    LEDGER.contains(&tag)
}

/// All rows of an account.
pub(super) fn values(account: &AccountRow) -> Vec<Value> {
    let mut values = Vec::new();
    let mut plain = |tag, text: String| values.push(Value { tag, text, currency: String::new() });
    plain("AccountType", "INDIVIDUAL".to_owned());
    plain("AccountReady", "true".to_owned());
    plain("Cushion", ratio(account.excess_liquidity, account.net_liquidation));
    plain("DayTradesRemaining", "-1".to_owned());
    plain("LookAheadNextChange", "0".to_owned());
    plain("Leverage", ratio(account.gross_position_value, account.net_liquidation));
    for (tag, amount) in amounts(account) {
        values.push(Value { tag, text: money(amount), currency: CURRENCY.to_owned() });
    }
    for (currency, cash) in &account.currencies {
        for tag in ["CashBalance", "TotalCashBalance"] {
            values.push(Value { tag, text: money(*cash), currency: currency.clone() });
        }
    }
    values.push(Value { tag: "ExchangeRate", text: "1.00".to_owned(), currency: CURRENCY.to_owned() });
    values
}

fn amounts(account: &AccountRow) -> [(&'static str, Decimal); 23] {
    let nothing = Decimal::ZERO;
    [
        ("AccruedCash", nothing),
        ("AvailableFunds", account.available_funds),
        ("BuyingPower", account.buying_power),
        ("EquityWithLoanValue", account.equity_with_loan),
        ("ExcessLiquidity", account.excess_liquidity),
        ("FullAvailableFunds", account.available_funds),
        ("FullExcessLiquidity", account.excess_liquidity),
        ("FullInitMarginReq", account.initial_margin),
        ("FullMaintMarginReq", account.maintenance_margin),
        ("GrossPositionValue", account.gross_position_value),
        ("InitMarginReq", account.initial_margin),
        ("MaintMarginReq", account.maintenance_margin),
        ("NetLiquidation", account.net_liquidation),
        ("PreviousDayEquityWithLoanValue", account.previous_day_equity),
        ("RegTEquity", account.equity_with_loan),
        ("RegTMargin", account.initial_margin),
        ("SMA", account.available_funds),
        ("TotalCashValue", account.cash),
        ("NetLiquidationByCurrency", account.net_liquidation),
        ("RealizedPnL", account.realized),
        ("StockMarketValue", account.stock_value),
        ("UnrealizedPnL", account.unrealized),
        ("FutureOptionValue", nothing),
    ]
}

/// Money with its cents.
fn money(amount: Decimal) -> String {
    let cents = amount.round_dp(2);
    // Nothing has no sign.
    format!("{:.2}", if cents.is_zero() { Decimal::ZERO } else { cents })
}

fn ratio(part: Decimal, whole: Decimal) -> String {
    let ratio = part.checked_div(whole).unwrap_or_default();
    ratio.round_dp(6).normalize().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_its_cents() {
        for (amount, expected) in
            [("1000000", "1000000.00"), ("-0.005", "0.00"), ("12.345", "12.34"), ("7.1", "7.10")]
        {
            assert_eq!(money(amount.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_ratio_to_nothing_is_nothing() {
        assert_eq!(ratio(Decimal::ONE, Decimal::ZERO), "0");
        assert_eq!(ratio(Decimal::ONE, Decimal::from(3)), "0.333333");
    }
}

//! What an account is worth, and what it may still do. Money is in dollars where nothing else is said.
//!
//! Shares and currencies are paid for in full when they are bought; futures pay their gains and losses when they are
//! closed. A currency pair is a position like any other, worth its quantity at the present rate.

use std::collections::BTreeMap;

use domain::order::{Side, Terms};
use engine::listing::{Listing, ListingKind};
use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::Floor;
use super::account::{AccountRow, PnlRow, PositionPnl, PositionRow};
use super::holding::Holding;
use super::margin::{Margin, margin};
use super::order::{Owner, Transmit};
use super::records::{Account, DOLLAR, Records, midnight, signed};

/// What an account could buy in shares for what it has left.
const LEVERAGE: Decimal = Decimal::TWO;

/// The records, valued at the present prices.
pub(super) struct Worth<'a> {
    pub(super) floor: &'a Floor,
    pub(super) records: &'a Records,
    pub(super) now: OffsetDateTime,
}

/// What an order would add to what is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addition<'a> {
    pub(super) con_id: i32,
    pub(super) terms: &'a Terms,
    /// How much of it is done already.
    pub(super) filled: Decimal,
    /// The open order that it replaces.
    pub(super) replaces: Option<i64>,
}

/// A position at the present price.
struct Valued<'a> {
    holding: Holding,
    listing: Option<&'a Listing>,
    /// In the listing's currency.
    mark: Decimal,
    /// What one point of price is worth, in dollars.
    point: Decimal,
}

impl Worth<'_> {
    /// The positions of an account, closed ones of today too.
    pub(super) fn positions(&self, account: &Account) -> Vec<PositionRow> {
        let held = account.holdings.iter().filter(|(con_id, holding)| {
            !holding.quantity.is_zero() || self.today(account).any(|fill| fill.con_id == **con_id)
        });
        held.map(|(con_id, holding)| {
            let valued = self.value(*con_id, *holding);
            let multiplier = valued.multiplier();
            PositionRow {
                account: account.name.clone(),
                con_id: *con_id,
                quantity: holding.quantity,
                average_cost: holding.average() * multiplier,
                market_price: valued.mark,
                market_value: holding.quantity * valued.mark * multiplier,
                unrealized: holding.gain_at(valued.mark) * multiplier,
                realized: self.realized(account, Some(*con_id)),
            }
        })
        .collect()
    }

    /// The money of an account.
    pub(super) fn account(&self, account: &Account) -> AccountRow {
        let valued: Vec<Valued<'_>> =
            account.holdings.iter().map(|(con_id, holding)| self.value(*con_id, *holding)).collect();
        let cash =
            account.cash.iter().map(|(currency, amount)| amount * self.floor.rate(currency)).sum::<Decimal>();
        let stock_value: Decimal = valued.iter().filter(|valued| valued.is_share()).map(Valued::value).sum();
        let gross: Decimal =
            valued.iter().filter(|valued| valued.is_share()).map(|it| it.value().abs()).sum();
        let equity = cash + valued.iter().map(Valued::equity).sum::<Decimal>();
        let pnl = self.pnl(account);
        let initial = self.margin(account, None).initial;
        let maintenance = valued.iter().map(Valued::margin).sum::<Margin>().maintenance;
        let available = equity - initial;
        let (dollars, others) =
            account.cash.iter().partition::<Vec<_>, _>(|(currency, _)| *currency == DOLLAR);
        let row = AccountRow {
            name: account.name.clone(),
            net_liquidation: equity,
            cash,
            currencies: dollars.into_iter().chain(others).map(|(name, cash)| (name.clone(), *cash)).collect(),
            equity_with_loan: equity,
            previous_day_equity: equity - pnl.daily,
            initial_margin: initial,
            maintenance_margin: maintenance,
            available_funds: available,
            excess_liquidity: equity - maintenance,
            buying_power: (available * LEVERAGE).max(Decimal::ZERO),
            gross_position_value: gross,
            stock_value,
            realized: pnl.realized,
            unrealized: pnl.unrealized,
        };
        row.in_cents()
    }

    /// What an account is worth.
    pub(super) fn equity(&self, account: &Account) -> Decimal {
        let cash = account.cash.iter().map(|(currency, amount)| amount * self.floor.rate(currency));
        let held = account.holdings.iter().map(|(con_id, holding)| self.value(*con_id, *holding).equity());
        cash.chain(held).sum::<Decimal>().round_dp(2)
    }

    /// What an account needs for its positions and everything that is open, each listing on the side that needs more; and
    /// for one order more. The maintenance margin is that of the positions, with that order done.
    pub(super) fn margin(&self, account: &Account, addition: Option<&Addition<'_>>) -> Margin {
        // Position, what is bought, what is sold, and what the addition changes.
        let mut exposures: BTreeMap<i32, [Decimal; 4]> = BTreeMap::new();
        for (con_id, holding) in &account.holdings {
            exposures.entry(*con_id).or_default()[0] = holding.quantity;
        }
        let replaced = addition.and_then(|addition| addition.replaces);
        let open = self.records.open(Owner::All).filter(|row| {
            row.account == account.name && row.transmit == Transmit::Now && Some(row.perm_id) != replaced
        });
        for row in open {
            let side = if row.terms.side() == Side::Buy { 1 } else { 2 };
            exposures.entry(row.con_id).or_default()[side] += row.remaining;
        }
        if let Some(Addition { con_id, terms, filled, .. }) = addition {
            let side = if terms.side() == Side::Buy { 1 } else { 2 };
            let quantity = terms.quantity().value() - filled;
            let exposure = exposures.entry(*con_id).or_default();
            exposure[side] += quantity;
            exposure[3] = signed(terms.side(), quantity);
        }
        let needed = exposures.into_iter().map(|(con_id, [held, bought, sold, change])| {
            let of = |quantity| self.value(con_id, Holding { quantity, cost: Decimal::ZERO }).margin();
            let (long, short) = (of(held + bought), of(held - sold));
            let initial = long.initial.max(short.initial);
            Margin { initial, maintenance: of(held + change).maintenance }
        });
        needed.sum()
    }

    /// The gains and losses of an account.
    pub(super) fn pnl(&self, account: &Account) -> PnlRow {
        let positions = account.holdings.keys().map(|con_id| self.pnl_of(account, *con_id).pnl);
        positions.fold(PnlRow::default(), |sum, pnl| PnlRow {
            daily: sum.daily + pnl.daily,
            unrealized: sum.unrealized + pnl.unrealized,
            realized: sum.realized + pnl.realized,
        })
    }

    /// The gains and losses of one position.
    pub(super) fn pnl_of(&self, account: &Account, con_id: i32) -> PositionPnl {
        let holding = account.holdings.get(&con_id).copied().unwrap_or_default();
        let valued = self.value(con_id, holding);
        let (mut traded, mut paid) = (Decimal::ZERO, Decimal::ZERO);
        let mut commissions = Decimal::ZERO;
        for fill in self.today(account).filter(|fill| fill.con_id == con_id) {
            traded += signed(fill.side, fill.quantity);
            paid += signed(fill.side, fill.quantity) * fill.price;
            commissions += fill.commission;
        }
        // What was held when the day began was worth its close of the day before.
        let before = holding.quantity - traded;
        let close = if before.is_zero() {
            Decimal::ZERO
        } else {
            let close = self.floor.top(con_id).map(|values| values.previous_close);
            close.filter(|close| !close.is_zero()).unwrap_or(valued.mark)
        };
        let daily = (holding.quantity * valued.mark - before * close - paid) * valued.point - commissions;
        let pnl = PnlRow {
            daily: daily.round_dp(2),
            unrealized: valued.gain().round_dp(2),
            realized: self.realized(account, Some(con_id)).round_dp(2),
        };
        PositionPnl { position: holding.quantity, value: valued.value().round_dp(2), pnl }
    }

    fn realized(&self, account: &Account, con_id: Option<i32>) -> Decimal {
        let fills = self.today(account).filter(|fill| con_id.is_none_or(|con_id| fill.con_id == con_id));
        fills.filter_map(|fill| fill.realized).sum()
    }

    /// The executions of an account since midnight.
    fn today<'b>(&'b self, account: &'b Account) -> impl Iterator<Item = &'b super::order::Fill> {
        let fills = self.records.fills_since(midnight(self.now)).iter();
        fills.filter(move |fill| fill.account == account.name)
    }

    fn value(&self, con_id: i32, holding: Holding) -> Valued<'_> {
        let listing = self.floor.market.listing(con_id);
        // What has no price any more is worth what it cost.
        let mark = self.floor.mark(con_id).unwrap_or_else(|| holding.average());
        let point = listing.map_or(Decimal::ONE, |it| it.multiplier * self.floor.rate(&it.currency));
        Valued { holding, listing, mark, point }
    }
}

impl Valued<'_> {
    fn multiplier(&self) -> Decimal {
        self.listing.map_or(Decimal::ONE, |listing| listing.multiplier)
    }

    fn is_share(&self) -> bool {
        self.listing.is_some_and(|listing| matches!(listing.kind, ListingKind::Stock | ListingKind::Etf))
    }

    fn is_future(&self) -> bool {
        self.listing.is_some_and(|listing| listing.kind == ListingKind::Future)
    }

    fn value(&self) -> Decimal {
        self.holding.quantity * self.mark * self.point
    }

    fn gain(&self) -> Decimal {
        self.holding.gain_at(self.mark) * self.point
    }

    /// What it adds to the account's worth: a future was not paid for, only its gain counts.
    fn equity(&self) -> Decimal {
        if self.is_future() { self.gain() } else { self.value() }
    }

    fn margin(&self) -> Margin {
        let dollars = self.mark * self.point;
        self.listing.map_or_else(Margin::default, |listing| margin(listing, self.holding.quantity, dollars))
    }
}

impl AccountRow {
    fn in_cents(mut self) -> Self {
        let values = [
            &mut self.net_liquidation,
            &mut self.cash,
            &mut self.equity_with_loan,
            &mut self.previous_day_equity,
            &mut self.initial_margin,
            &mut self.maintenance_margin,
            &mut self.available_funds,
            &mut self.excess_liquidity,
            &mut self.buying_power,
            &mut self.gross_position_value,
            &mut self.stock_value,
            &mut self.realized,
            &mut self.unrealized,
        ];
        for value in values {
            *value = value.round_dp(2);
        }
        self
    }
}

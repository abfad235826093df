//! What comes of what the market did to an order: a line of the ledger, and news.

use engine::listing::ListingKind;
use engine::matching::{Entry, Event, Happening, Liquidity};
use rust_decimal::Decimal;

use super::Floor;
use super::fee::{Done, commission};
use super::ledger::{Line, Payment};
use super::order::{BrokerEvent, Fill, OrderRow, RowStatus};
use super::records::{DOLLAR, signed};
use super::rule;
use super::trading::Trading;

/// To how many digits an average price is computed.
const DIGITS: u32 = 10;

/// Something that was done, as the market says it.
#[derive(Clone, Copy, Debug)]
struct Trade {
    quantity: Decimal,
    price: Decimal,
    liquidity: Liquidity,
}

impl OrderRow {
    /// The order, as far as matching knows it. Its time counts from its last change, which is within its day.
    pub(super) fn entry(&self) -> Entry {
        Entry {
            filled: self.filled,
            stop: self.stop,
            triggered: self.triggered,
            ..Entry::new(self.perm_id, self.terms, self.changed_at)
        }
    }

    /// The row after another change.
    pub(super) fn next(&self, at: time::OffsetDateTime) -> Self {
        Self { version: self.version + 1, changed_at: at.max(self.changed_at), ..self.clone() }
    }

    /// The row of an order that ends.
    pub(super) fn ended(self, status: RowStatus) -> Self {
        let completed_at = Some(self.changed_at);
        Self { status, completed_at, held_until: None, why_held: None, ..self }
    }
}

impl Trading {
    /// What comes of an event; `None` where its order is over.
    pub(super) fn consequence(&self, floor: &Floor, event: &Event) -> Option<(Line, Option<BrokerEvent>)> {
        let mut row = self.records.order(event.id).filter(|row| row.is_open())?.next(event.at);
        match event.happening {
            Happening::StopMoved(stop) => {
                row.stop = Some(stop);
                // It is seen by whoever asks; the broker does not tell of each step.
                return Some((Line::Changed { row }, None));
            }
            Happening::Begun => row.held_until = None,
            Happening::Triggered => (row.triggered, row.why_held) = (true, None),
            Happening::Filled { quantity, price, liquidity } => {
                return Some(self.executed(floor, row, Trade { quantity, price, liquidity }));
            }
            Happening::Ended(end) => {
                let reject = Some(rule::ended(end));
                let row = OrderRow { reject, ..row.ended(RowStatus::Cancelled) };
                return Some((Line::Changed { row: row.clone() }, Some(BrokerEvent::Cancelled(row))));
            }
        }
        row.status = rule::standing(&row);
        Some((Line::Changed { row: row.clone() }, Some(BrokerEvent::Changed(row))))
    }

    fn executed(&self, floor: &Floor, row: OrderRow, trade: Trade) -> (Line, Option<BrokerEvent>) {
        let listing = floor.market.listing(row.con_id);
        let kind = listing.map_or(ListingKind::Stock, |listing| listing.kind);
        let multiplier = listing.map_or(Decimal::ONE, |listing| listing.multiplier);
        let currency = listing.map_or(DOLLAR, |listing| listing.currency.as_str());
        let point = multiplier * floor.rate(currency);
        let Trade { quantity, price, liquidity } = trade;

        let cumulative = row.filled + quantity;
        let done = self.records.done(row.perm_id) + quantity * price;
        let fees = commission(&Done { kind, quantity: cumulative, value: done * point });
        let commission = (fees - row.commission.unwrap_or_default()).max(Decimal::ZERO);
        let quantity_held = signed(row.terms.side(), quantity);
        let account = self.records.account(&row.account);
        let holding = account.and_then(|account| account.holdings.get(&row.con_id)).copied();
        let gain = holding.unwrap_or_default().trade(quantity_held, price);
        let amount = match kind {
            ListingKind::Future => gain.unwrap_or_default() * multiplier,
            _ => -quantity_held * price,
        };

        let fill = Box::new(Fill {
            execution_id: self.records.next_execution_id(),
            perm_id: row.perm_id,
            client_id: row.client_id,
            order_id: row.order_id,
            account: row.account.clone(),
            con_id: row.con_id,
            reference: row.reference.clone(),
            side: row.terms.side(),
            quantity,
            price,
            at: row.changed_at,
            exchange: listing.map_or_else(String::new, |listing| listing.primary_exchange.clone()),
            cumulative,
            average_price: (done / cumulative).round_dp(DIGITS).normalize(),
            liquidity,
            commission,
            commission_currency: DOLLAR.to_owned(),
            realized: gain.map(|gain| (gain * point - commission).round_dp(DIGITS)),
        });
        let row = row.after(&fill);
        let payment = Payment { currency: currency.to_owned(), amount };
        (
            Line::Executed { row: row.clone(), fill: fill.clone(), payment },
            Some(BrokerEvent::Executed { row, fill }),
        )
    }
}

impl OrderRow {
    fn after(self, fill: &Fill) -> Self {
        let row = Self {
            filled: fill.cumulative,
            remaining: self.terms.quantity().value() - fill.cumulative,
            average_price: Some(fill.average_price),
            last_price: Some(fill.price),
            commission: Some(self.commission.unwrap_or_default() + fill.commission),
            ..self
        };
        if row.remaining > Decimal::ZERO { row } else { row.ended(RowStatus::Filled) }
    }
}

//! Placing, changing and canceling.

use domain::order::OrderType;
use engine::listing::Listing;
use engine::matching::Entry;
use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::Floor;
use super::fee::{Done, commission};
use super::ledger::{Line, Refusal};
use super::order::{BrokerEvent, OrderRequest, OrderRow, Owner, Refused, RowStatus, Transmit, WhatIf};
use super::records::DOLLAR;
use super::rule;
use super::trading::Trading;
use super::worth::{Addition, Worth};

impl Trading {
    /// Places or changes an order.
    pub(super) fn place(&mut self, floor: &Floor, request: OrderRequest) -> Result<OrderRow, Refused> {
        let now = floor.clock.now();
        let (client_id, order_id, reference) =
            (request.client_id, request.order_id, request.reference.clone());
        let is_followed = self.follow(floor, request.con_id);
        let open = self.records.numbered(client_id, order_id).filter(|row| row.is_open()).cloned();
        let result = match open {
            Some(_) if !is_followed => Err(rule::cannot_change()),
            None if !is_followed => Err(rule::cannot_place()),
            Some(row) => self.change(floor, &row, request, now),
            None => self.accept(floor, request, now),
        };
        result.inspect_err(|refused| {
            let refusal = Refusal { at: now, client_id, order_id, reference, refused: refused.clone() };
            // It is refused all the same where that cannot be written down.
            _ = self.write(Line::Refused(refusal));
        })
    }

    fn accept(
        &mut self,
        floor: &Floor,
        request: OrderRequest,
        now: OffsetDateTime,
    ) -> Result<OrderRow, Refused> {
        self.check_number(&request)?;
        let listing = self.check(floor, &request, now)?;
        let mut row = self.row(listing, request, now);
        let addition =
            Addition { con_id: row.con_id, terms: &row.terms, filled: Decimal::ZERO, replaces: None };
        if let Err(refused) = self.check_money(floor, &row.account, &addition) {
            row = OrderRow { reject: Some(refused.clone()), ..row.ended(RowStatus::Inactive) };
            self.write(Line::Placed { row: row.clone() }).map_err(|_| rule::cannot_place())?;
            self.tell(BrokerEvent::Rejected { row: row.clone(), refused });
            return Ok(row);
        }
        self.write(Line::Placed { row: row.clone() }).map_err(|_| rule::cannot_place())?;
        self.tell(BrokerEvent::Accepted(row.clone()));
        Ok(self.send(floor, row))
    }

    fn change(
        &mut self,
        floor: &Floor,
        row: &OrderRow,
        request: OrderRequest,
        now: OffsetDateTime,
    ) -> Result<OrderRow, Refused> {
        let is_other_account = !request.account.is_empty() && request.account != row.account;
        let is_other =
            is_other_account || request.con_id != row.con_id || request.terms.side() != row.terms.side();
        if is_other {
            return Err(rule::other_order());
        }
        let listing = self.check(floor, &request, now)?;
        let OrderRequest { terms, reference, transmit, echo, .. } = request;
        if terms.quantity().value() <= row.filled {
            return Err(rule::too_small(row.filled));
        }
        let replaces = Some(row.perm_id);
        let addition = Addition { con_id: row.con_id, terms: &terms, filled: row.filled, replaces };
        self.check_money(floor, &row.account, &addition)?;
        let Entry { stop, triggered, .. } = row.entry().changed(terms, now);
        let transmit = if row.transmit == Transmit::Now { Transmit::Now } else { transmit };
        let reference = if reference.is_empty() { row.reference.clone() } else { reference };
        let remaining = terms.quantity().value() - row.filled;
        let held_until = self.calendar(listing.kind).held_until(terms.hours(), now);
        let changed = OrderRow {
            reference,
            terms,
            transmit,
            remaining,
            stop,
            triggered,
            held_until,
            echo,
            ..row.next(now)
        };
        let changed = changed.standing();
        self.write(Line::Changed { row: changed.clone() }).map_err(|_| rule::cannot_change())?;
        self.tell(BrokerEvent::Changed(changed.clone()));
        Ok(self.send(floor, changed))
    }

    /// Sends an order to the market, in the place of what stands there of it. How it stands then.
    fn send(&mut self, floor: &Floor, row: OrderRow) -> OrderRow {
        if row.transmit == Transmit::Later {
            return row;
        }
        let (entry, at) = (row.entry(), row.changed_at);
        let Some((values, matcher)) = floor.top(row.con_id).zip(self.matcher(floor, row.con_id)) else {
            return row;
        };
        let depth = floor.market.depth(row.con_id, &matcher.quoted(values), at);
        matcher.cancel(entry.id);
        let events = matcher.place(entry, &depth, at);
        self.settle(floor, events);
        self.records.order(row.perm_id).cloned().unwrap_or(row)
    }

    /// Cancels an order of a client.
    pub(super) fn cancel(
        &mut self,
        floor: &Floor,
        client_id: i32,
        order_id: i32,
    ) -> Result<OrderRow, Refused> {
        let found = |records: &super::records::Records| records.numbered(client_id, order_id).cloned();
        let row = found(&self.records).ok_or_else(|| rule::no_such_order(order_id))?;
        // It may be done by now.
        if !self.follow(floor, row.con_id) {
            return Err(rule::cannot_cancel());
        }
        let row = found(&self.records).unwrap_or(row);
        if !row.is_open() {
            return Err(rule::ended_already(&row));
        }
        self.end(floor, &row)
    }

    /// Cancels everything that is open.
    pub(super) fn cancel_all(&mut self, floor: &Floor) {
        let open: Vec<(i64, i32)> =
            self.records.open(Owner::All).map(|row| (row.perm_id, row.con_id)).collect();
        for (perm_id, con_id) in open {
            self.follow(floor, con_id);
            if let Some(row) = self.records.order(perm_id).filter(|row| row.is_open()).cloned() {
                // What cannot be written down is not canceled, and the log says so.
                _ = self.end(floor, &row);
            }
        }
    }

    fn end(&mut self, floor: &Floor, row: &OrderRow) -> Result<OrderRow, Refused> {
        let status =
            if row.transmit == Transmit::Later { RowStatus::ApiCancelled } else { RowStatus::Cancelled };
        let ended = row.next(floor.clock.now()).ended(status);
        self.write(Line::Changed { row: ended.clone() }).map_err(|_| rule::cannot_cancel())?;
        if let Some(matcher) = self.matcher(floor, row.con_id) {
            matcher.cancel(row.perm_id);
        }
        self.tell(BrokerEvent::Cancelled(ended));
        Ok(OrderRow { status: RowStatus::PendingCancel, ..row.clone() })
    }

    /// Gives an order from the broker's own screen a number.
    pub(super) fn bind(&mut self, floor: &Floor, perm_id: i64) -> Option<OrderRow> {
        let row = self.records.order(perm_id)?;
        let is_manual = row.is_open() && row.client_id == 0 && row.order_id == 0;
        let order_id = self.records.smallest() - 1;
        let bound = is_manual.then(|| OrderRow { order_id, ..row.next(floor.clock.now()) })?;
        self.write(Line::Changed { row: bound.clone() }).ok()?;
        self.tell(BrokerEvent::Changed(bound.clone()));
        Some(bound)
    }

    /// What an order would do.
    pub(super) fn what_if(&self, floor: &Floor, request: &OrderRequest) -> Result<WhatIf, Refused> {
        let now = floor.clock.now();
        let listing = self.check(floor, request, now)?;
        let account = self.records.account(&request.account);
        let account = account.ok_or_else(|| rule::unknown_account(&request.account))?;
        let worth = Worth { floor, records: &self.records, now };
        let terms = &request.terms;
        let row = self.records.numbered(request.client_id, request.order_id).filter(|row| row.is_open());
        let filled = row.map_or(Decimal::ZERO, |row| row.filled);
        let replaces = row.map(|row| row.perm_id);
        let addition = Addition { con_id: request.con_id, terms, filled, replaces };
        let (before, after) = (worth.margin(account, None), worth.margin(account, Some(&addition)));
        let price =
            terms.pricing().limit().map(domain::decimal::Price::value).or_else(|| floor.mark(request.con_id));
        let quantity = terms.quantity().value();
        let dollars = price.unwrap_or_default() * listing.multiplier * floor.rate(&listing.currency);
        let commission = commission(&Done { kind: listing.kind, quantity, value: quantity * dollars });
        let equity = worth.equity(account);
        let lack = (after.initial > equity && after.initial > before.initial)
            .then(|| rule::too_little_money(equity, after.initial).message);
        Ok(WhatIf {
            initial_margin: (before.initial, after.initial),
            maintenance_margin: (before.maintenance, after.maintenance),
            equity_with_loan: (equity, equity - commission),
            commission,
            commission_currency: DOLLAR.to_owned(),
            warning: lack,
        })
    }

    fn check_number(&self, request: &OrderRequest) -> Result<(), Refused> {
        let OrderRequest { client_id, order_id, .. } = *request;
        let is_manual = client_id == 0 && order_id == 0;
        match self.records.numbered(client_id, order_id) {
            Some(row) if row.status == RowStatus::Filled => Err(rule::filled_already()),
            None if is_manual || order_id > self.records.greatest(client_id) => Ok(()),
            _ => Err(rule::used_number()),
        }
    }

    /// Checks what is true of new and of changed orders.
    fn check<'a>(
        &self,
        floor: &'a Floor,
        request: &OrderRequest,
        now: OffsetDateTime,
    ) -> Result<&'a Listing, Refused> {
        let listing = floor.market.listing(request.con_id).ok_or_else(rule::unknown_contract)?;
        floor.top(request.con_id).ok_or_else(rule::unknown_contract)?;
        if self.records.account(&request.account).is_none() {
            return Err(rule::unknown_account(&request.account));
        }
        rule::check(&request.terms, listing, now)?;
        Ok(listing)
    }

    /// Checks that there is money enough, or that an order needs none.
    fn check_money(&self, floor: &Floor, account: &str, addition: &Addition<'_>) -> Result<(), Refused> {
        let account = self.records.account(account).ok_or_else(|| rule::unknown_account(account))?;
        let worth = Worth { floor, records: &self.records, now: floor.clock.now() };
        let (before, after) = (worth.margin(account, None), worth.margin(account, Some(addition)));
        let equity = worth.equity(account);
        if after.initial > equity && after.initial > before.initial {
            return Err(rule::too_little_money(equity, after.initial));
        }
        Ok(())
    }

    /// A new order.
    fn row(&self, listing: &Listing, request: OrderRequest, now: OffsetDateTime) -> OrderRow {
        let perm_id = self.records.next_perm_id();
        let account =
            self.records.account(&request.account).map_or(request.account, |account| account.name.clone());
        let row = OrderRow {
            perm_id,
            client_id: request.client_id,
            order_id: request.order_id,
            account,
            con_id: request.con_id,
            reference: request.reference,
            terms: request.terms,
            transmit: request.transmit,
            status: RowStatus::Submitted,
            filled: Decimal::ZERO,
            remaining: request.terms.quantity().value(),
            average_price: None,
            last_price: None,
            stop: Entry::new(perm_id, request.terms, now).stop,
            triggered: false,
            held_until: self.calendar(listing.kind).held_until(request.terms.hours(), now),
            why_held: None,
            commission: None,
            reject: None,
            placed_at: now,
            changed_at: now,
            completed_at: None,
            version: 1,
            echo: request.echo,
        };
        row.standing()
    }
}

impl OrderRow {
    /// The row with the status that an open order of its kind has.
    fn standing(self) -> Self {
        if self.transmit == Transmit::Later {
            return Self { status: RowStatus::Inactive, ..self };
        }
        let status = rule::standing(&self);
        let has_stop = matches!(
            self.terms.pricing().order_type(),
            OrderType::Stop | OrderType::StopLimit | OrderType::TrailingStop
        );
        let why_held = (has_stop && !self.triggered).then(|| "trigger".to_owned());
        Self { status, why_held, ..self }
    }
}

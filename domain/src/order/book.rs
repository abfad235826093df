//! An order with its executions, and what the broker's reports make of them.
//!
//! Every report may come twice, late, or before others: what is known is never counted again, and what was done is the
//! sum of the executions, whatever else is told. So the order in which reports come makes no difference to how an order
//! ends, as long as the broker tells of one end only, and takes back no execution of an order that was done.

use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::{
    Advance, Contradiction, Fact, NewExecution, Order, OrderEvent, OrderReport, OrderStatus, OrderTerms,
};
use crate::decimal::{Price, Quantity};
use crate::execution::{Execution, ExecutionId};

/// What a report changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The order: its status, its terms, or the broker's words.
    Order(Option<String>),
    /// An execution is new, or was corrected.
    Execution(ExecutionId),
    /// What was told does not fit.
    Contradiction(Contradiction),
}

/// An order with its executions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// The order.
    pub order: Order,
    /// All its executions that are known.
    pub executions: Vec<Execution>,
}

impl Book {
    /// An order that was placed elsewhere, of which nothing is known but how it is described.
    pub fn adopt(report: &OrderReport, at: OffsetDateTime) -> Option<Self> {
        let described = report.description()?;
        let order = Order {
            id: report.adopted,
            account: described.account,
            instrument: described.instrument,
            placed_by: None,
            confirms: None,
            terms: described.terms,
            replacement: None,
            status: OrderStatus::InFlight,
            reason: None,
            overridable: None,
            filled: Quantity::ZERO,
            average_price: None,
            contradiction: None,
            seat: report.key.seat,
            perm_ids: Vec::new(),
            created_at: at,
            sent_at: None,
            updated_at: at,
            version: 1,
        };
        Some(Self { order, executions: Vec::new() })
    }

    /// Takes what the broker tells; `execution` is what an execution is called. Returns what it changed, with the order
    /// as it is after all of it; nothing where it was known, or comes late.
    pub fn apply(
        &mut self,
        report: &OrderReport,
        execution: impl FnOnce(&NewExecution) -> ExecutionId,
        at: OffsetDateTime,
    ) -> Vec<Happening> {
        let before = self.order.clone();
        if let Some(perm_id) = report.key.perm_id
            && !self.order.perm_ids.contains(&perm_id)
        {
            self.order.perm_ids.push(perm_id);
            self.order.perm_ids.sort_unstable();
        }
        self.order.seat = self.order.seat.or(report.key.seat);
        let happenings = match &report.fact {
            Fact::Executed(told) => self.execute(told, execution(told)),
            fact => self.hear(report, fact, &before),
        };
        if self.order != before {
            self.order.updated_at = at;
        }
        happenings
    }

    fn hear(&mut self, report: &OrderReport, fact: &Fact, before: &Order) -> Vec<Happening> {
        let (event, words) = match fact {
            Fact::ReplaceRefused(words) => (OrderEvent::ReplaceRefused, Some(words)),
            Fact::CancelRefused(words) => (OrderEvent::CancelRefused, Some(words)),
            Fact::Canceled(words) => (OrderEvent::Canceled, words.as_ref()),
            Fact::Rejected { reason, .. } => (OrderEvent::Rejected, Some(reason)),
            Fact::Expired(words) => (OrderEvent::Expired, words.as_ref()),
            Fact::NotFound => (OrderEvent::NotFound, None),
            Fact::Open | Fact::Executed(_) => (OrderEvent::Accepted, None),
        };
        let mut contradiction = self.advance(event);
        if let (Fact::Open, Some(described)) = (fact, &report.described) {
            contradiction = contradiction.or(self.take_terms(&described.terms));
        }
        if self.order.status != before.status {
            self.order.reason = words.cloned();
            if let Fact::Rejected { overridable, .. } = fact {
                self.order.overridable.clone_from(overridable);
            }
        }
        if event == OrderEvent::ReplaceRefused && before.replacement != self.order.replacement {
            self.order.version += 1;
        }
        let has_changed = (&self.order.status, &self.order.terms) != (&before.status, &before.terms)
            || self.order.replacement != before.replacement;
        let change = has_changed.then(|| Happening::Order(words.cloned()));
        change.into_iter().chain(self.contradict(contradiction)).collect()
    }

    /// Takes the terms of which the broker tells, where they are others, or those that were asked for.
    fn take_terms(&mut self, told: &OrderTerms) -> Option<Contradiction> {
        let wanted = self.order.replacement.map(OrderTerms::Known);
        let is_wanted = wanted.as_ref().is_some_and(|wanted| wanted.asks_the_same(told));
        let is_over = self.order.status.is_final() && self.order.status != OrderStatus::Filled;
        if is_over || (!is_wanted && self.order.terms.asks_the_same(told)) {
            return None;
        }
        let contradiction = self.advance(OrderEvent::Replaced { quantity: told.quantity() });
        self.order.terms = told.clone();
        self.order.version += 1;
        contradiction
    }

    fn execute(&mut self, told: &NewExecution, id: ExecutionId) -> Vec<Happening> {
        let known = self.executions.iter_mut().find(|known| known.id == id);
        let commission = match &known {
            Some(known) if known.broker_id.revision() >= told.id.revision() => return Vec::new(),
            Some(known) => known.commission.clone(),
            None => None,
        };
        let execution = Execution {
            id,
            broker_id: told.id.clone(),
            order: self.order.id,
            account: self.order.account,
            instrument: told.instrument,
            side: told.side,
            quantity: told.quantity,
            price: told.price,
            exchange: told.exchange.clone(),
            at: told.at,
            commission,
        };
        match known {
            Some(known) => *known = execution,
            None => self.executions.push(execution),
        }
        let (filled, average) = sum(&self.executions);
        if let OrderTerms::Foreign { quantity, words: None, .. } = &mut self.order.terms {
            *quantity = (*quantity).max(filled);
        }
        self.order.average_price = average;
        let contradiction = self.advance(OrderEvent::Executed { filled });
        let contradicted = self.contradict(contradiction);
        std::iter::once(Happening::Execution(id)).chain(contradicted).collect()
    }

    /// Moves the order, where the event can follow.
    fn advance(&mut self, event: OrderEvent) -> Option<Contradiction> {
        match self.order.progress().advance(event) {
            Advance::To(progress, contradiction) => {
                self.order.status = progress.status;
                self.order.filled = progress.filled;
                self.order.forget_replacement();
                contradiction
            }
            Advance::Refused => None,
        }
    }

    /// What does not fit is said once, and not again while the broker goes on telling it.
    fn contradict(&mut self, contradiction: Option<Contradiction>) -> Option<Happening> {
        let new = contradiction.filter(|new| self.order.contradiction != Some(*new))?;
        self.order.contradiction = Some(new);
        Some(Happening::Contradiction(new))
    }
}

/// How much these are together, and at which average price.
fn sum(executions: &[Execution]) -> (Quantity, Option<Price>) {
    let quantities = executions.iter().map(|execution| execution.quantity.value());
    let total = quantities.fold(Decimal::ZERO, Decimal::saturating_add);
    let paid = executions.iter().try_fold(Decimal::ZERO, |paid, execution| {
        paid.checked_add(execution.price.value().checked_mul(execution.quantity.value())?)
    });
    let average = paid.and_then(|paid| paid.checked_div(total));
    let average = average.map(|average| Price::new(average.round_dp(8).normalize()));
    (Quantity::new(total).unwrap_or(Quantity::ZERO), average)
}

#[cfg(test)]
mod tests;

//! What can be done with orders: they are parsed, checked and written down; a desk sends them.

use std::sync::Arc;

use time::OffsetDateTime;

use super::check::{
    canonical, check_instrument, check_replacement, halted, not_granted, not_possible, order_not_found,
    terms_words, words,
};
use super::{
    Accepted, AllCanceled, CancelAll, Change, ChangeWanted, Changed, DISPATCH_WITHIN, InputDigest, NewOrder,
    Order, OrderFilter, OrderId, OrderStatus, OrderStore, OrderTerms, PlaceKey, Terms, TermsWanted,
};
use crate::access::{Authority, Scope};
use crate::account::{Account, AccountAccess, AccountId, AccountStore, account_not_found};
use crate::asker::Asker;
use crate::audit::{AuditAction, AuditLine, AuditLog, reason};
use crate::clock::Clock;
use crate::decimal::Quantity;
use crate::error::{Error, Refusal, RefusalCode};
use crate::execution::{Execution, ExecutionCursor, ExecutionFilter, ExecutionStore};
use crate::instrument::{Instrument, InstrumentId, InstrumentStore};
use crate::page::{Found, Page};
use crate::random::{Random, new_id};
use crate::secret::Digest;
use crate::user::{Permission, UserId};
use crate::world::Environment;

/// An order that somebody wants placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceWanted {
    /// For which account.
    pub account: AccountId,
    /// What is bought or sold.
    pub instrument: InstrumentId,
    /// What is asked for.
    pub terms: TermsWanted,
    /// The caller's key of it.
    pub key: PlaceKey,
}

/// What can be done with orders. Who asks is asked here: for the access to the account, for the role, and for the scope
/// that a key needs for the account's world.
pub struct Orders {
    /// Where they are kept.
    pub store: Arc<dyn OrderStore>,
    /// Where executions are kept.
    pub executions: Arc<dyn ExecutionStore>,
    /// Where accounts are kept.
    pub accounts: Arc<dyn AccountStore>,
    /// Where instruments are kept.
    pub instruments: Arc<dyn InstrumentStore>,
    /// How inputs are told apart.
    pub digest: Arc<dyn Digest>,
    /// What was done with them.
    pub audit: Arc<AuditLog>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
}

impl Orders {
    /// Places an order: it is written down, and sent within [`DISPATCH_WITHIN`], or not at all. Asked again with the same
    /// key, it returns the first order.
    pub async fn place(&self, asker: &Asker, wanted: &PlaceWanted) -> Result<Order, Error> {
        let line = self.audit.done(asker, AuditAction::OrderPlace).about(&wanted.account.to_string());
        let line = line.telling(&words(&wanted.terms, wanted.instrument));
        self.audited(line.clone(), self.try_place(asker, wanted, &line).await).await
    }

    /// Asks for other terms.
    pub async fn replace(
        &self,
        asker: &Asker,
        order: OrderId,
        expected: u32,
        terms: &TermsWanted,
    ) -> Result<Order, Error> {
        let line = self.audit.done(asker, AuditAction::OrderReplace).about(&order.to_string());
        let done = async {
            let present = self.tradable(asker, order).await?;
            let terms = Terms::check(terms)?;
            check_replacement(&present, &terms)?;
            let instrument = self.instrument(present.instrument).await?;
            check_instrument(&terms, &instrument)?;
            let line = line.clone().telling(&format!("to {}", terms_words(&terms)));
            let change = self.changing(asker, order, expected, ChangeWanted::Replace(terms));
            self.change(&change, &line).await
        };
        self.audited(line.clone(), done.await).await
    }

    /// Cancels an order: at once where it was not sent yet, else the broker is asked to.
    pub async fn cancel(&self, asker: &Asker, order: OrderId, expected: u32) -> Result<Order, Error> {
        let line = self.audit.done(asker, AuditAction::OrderCancel).about(&order.to_string());
        let done = async {
            self.tradable(asker, order).await?;
            let change = self.changing(asker, order, expected, ChangeWanted::Cancel);
            self.change(&change, &line).await
        };
        self.audited(line.clone(), done.await).await
    }

    /// Cancels every order of an account that can be canceled, and returns them.
    pub async fn cancel_all(&self, asker: &Asker, account: AccountId) -> Result<Vec<Order>, Error> {
        let line = self.audit.done(asker, AuditAction::OrderCancelAll).about(&account.to_string());
        let done = async {
            self.trading_account(asker, account).await?;
            let at = self.clock.now();
            let dispatch_by = at + DISPATCH_WITHIN;
            let all = CancelAll { account, user: asker.user.id, at, dispatch_by };
            match self.store.cancel_all(&all, &line).await? {
                AllCanceled::Done(orders) => Ok(orders),
                AllCanceled::AccountNotFound => Err(account_not_found().into()),
                AllCanceled::NotGranted => Err(not_granted().into()),
            }
        };
        self.audited(line.clone(), done.await).await
    }

    /// Those of these orders that the user may see.
    pub async fn find(&self, user: UserId, ids: &[OrderId]) -> Result<Vec<Order>, Error> {
        let visible = self.visible(user).await?;
        let mut orders = self.store.find(ids).await?;
        orders.retain(|order| visible.contains(&order.account));
        Ok(orders)
    }

    /// A page of the orders of those of the filter's accounts that the user may see; of all where it names none.
    pub async fn list(
        &self,
        user: UserId,
        filter: OrderFilter,
        page: &Page<OrderId>,
    ) -> Result<Found<Order>, Error> {
        let accounts = among(self.visible(user).await?, &filter.accounts);
        Ok(self.store.list(&OrderFilter { accounts, ..filter }, page).await?)
    }

    /// The executions of those of these orders that the user may see, oldest first.
    pub async fn executions_of(&self, user: UserId, orders: &[OrderId]) -> Result<Vec<Execution>, Error> {
        let visible = self.visible(user).await?;
        let mut executions = self.executions.of_orders(orders).await?;
        executions.retain(|execution| visible.contains(&execution.account));
        Ok(executions)
    }

    /// A page of the executions of those of the filter's accounts that the user may see; of all where it names none.
    pub async fn list_executions(
        &self,
        user: UserId,
        filter: ExecutionFilter,
        page: &Page<ExecutionCursor>,
    ) -> Result<Found<Execution>, Error> {
        let accounts = among(self.visible(user).await?, &filter.accounts);
        Ok(self.executions.list(&ExecutionFilter { accounts, ..filter }, page).await?)
    }

    async fn try_place(&self, asker: &Asker, wanted: &PlaceWanted, line: &AuditLine) -> Result<Order, Error> {
        let account = self.trading_account(asker, wanted.account).await?;
        let terms = Terms::check(&wanted.terms)?;
        let instrument = self.instrument(wanted.instrument).await?;
        if (&instrument.connection, instrument.environment) != (&account.connection, account.environment) {
            let message =
                "the instrument belongs to another broker connection than the account; search for it there";
            return Err(Refusal::of("instrument", RefusalCode::Invalid, message).into());
        }
        check_instrument(&terms, &instrument)?;
        let at = self.clock.now();
        let new = NewOrder {
            order: new_order(OrderId(new_id(at, self.random.as_ref())), asker.user.id, wanted, terms, at),
            user: asker.user.id,
            key: wanted.key,
            digest: InputDigest(self.digest.sha256(canonical(wanted).as_bytes())),
            dispatch_by: at + DISPATCH_WITHIN,
        };
        match self.store.accept(&new, line).await? {
            Accepted::New(order) | Accepted::Again(order) => Ok(*order),
            Accepted::KeyReused => {
                let message = "this key was used for another order before; use a new one for each order";
                Err(Refusal::of("idempotencyKey", RefusalCode::IdempotencyKeyReused, message).into())
            }
            Accepted::AccountNotFound => Err(account_not_found().into()),
            Accepted::NotGranted => Err(not_granted().into()),
            Accepted::Halted(why) => Err(halted(&why).into()),
        }
    }

    fn changing(&self, asker: &Asker, order: OrderId, expected: u32, wanted: ChangeWanted) -> Change {
        let at = self.clock.now();
        Change { order, user: asker.user.id, expected, wanted, at, dispatch_by: at + DISPATCH_WITHIN }
    }

    async fn change(&self, change: &Change, line: &AuditLine) -> Result<Order, Error> {
        match self.store.change(change, line).await? {
            Changed::Done(order) => Ok(*order),
            Changed::NotFound => Err(order_not_found().into()),
            Changed::NotGranted => Err(not_granted().into()),
            Changed::Outdated(order) => {
                let version = order.version;
                let message =
                    format!("the order was changed in the meantime; read it again (version {version})");
                Err(Refusal::of("expectedVersion", RefusalCode::Outdated, message).into())
            }
            Changed::NotPossible(order) => Err(not_possible(&order).into()),
            Changed::Halted(why) => Err(halted(&why).into()),
        }
    }

    /// What was done; what was refused is written down too.
    async fn audited<T>(&self, line: AuditLine, done: Result<T, Error>) -> Result<T, Error> {
        match done {
            Err(Error::Refused(refusal)) => {
                let detail = line.detail.as_ref().map_or(String::new(), |detail| format!(": {detail}"));
                let why = format!("{}{detail}", reason(refusal.code));
                Err(self.audit.refuse_for(line, &why, refusal).await)
            }
            done => done,
        }
    }

    /// The order, where the asker may trade its account.
    async fn tradable(&self, asker: &Asker, id: OrderId) -> Result<Order, Error> {
        let found = self.store.find(&[id]).await?.pop();
        let order = found.ok_or_else(order_not_found)?;
        match self.trading_account(asker, order.account).await {
            Err(Error::Refused(refusal)) if refusal.code == RefusalCode::NotFound => {
                Err(order_not_found().into())
            }
            Err(error) => Err(error),
            Ok(_) => Ok(order),
        }
    }

    /// The account, where the asker may trade it.
    async fn trading_account(&self, asker: &Asker, id: AccountId) -> Result<Account, Error> {
        let visible = self.accounts.visible(asker.user.id).await?;
        let found = visible.into_iter().find(|(account, _)| account.id == id);
        let (account, access) = found.ok_or_else(account_not_found)?;
        if access < AccountAccess::Trade || !asker.user.role.allows(Permission::Trade) {
            return Err(not_granted().into());
        }
        let scope = match account.environment {
            Environment::Live => Scope::TradeLive,
            Environment::Simulated | Environment::Paper => Scope::TradePaper,
        };
        match asker.authority {
            Authority::Key(_, scopes) if !scopes.contains(scope) => {
                let message = format!("this account needs a key with the scope {}", scope.as_str());
                Err(Refusal::of("account", RefusalCode::AccountNotGranted, message).into())
            }
            Authority::Session(_) | Authority::Key(..) => Ok(account),
        }
    }

    async fn instrument(&self, id: InstrumentId) -> Result<Instrument, Error> {
        let found = self.instruments.find(&[id]).await?.pop();
        Ok(found.ok_or_else(|| {
            Refusal::of(
                "instrument",
                RefusalCode::NotFound,
                "there is no such instrument; search for it first",
            )
        })?)
    }

    async fn visible(&self, user: UserId) -> Result<Vec<AccountId>, Error> {
        let visible = self.accounts.visible(user).await?;
        Ok(visible.into_iter().map(|(account, _)| account.id).collect())
    }
}

/// Those that are wanted; all where none is.
fn among(visible: Vec<AccountId>, wanted: &[AccountId]) -> Vec<AccountId> {
    visible.into_iter().filter(|id| wanted.is_empty() || wanted.contains(id)).collect()
}

fn new_order(id: OrderId, user: UserId, wanted: &PlaceWanted, terms: Terms, at: OffsetDateTime) -> Order {
    Order {
        id,
        account: wanted.account,
        instrument: wanted.instrument,
        placed_by: Some(user),
        confirms: None,
        terms: OrderTerms::Known(terms),
        replacement: None,
        status: OrderStatus::Pending,
        reason: None,
        overridable: None,
        filled: Quantity::ZERO,
        average_price: None,
        contradiction: None,
        seat: None,
        perm_ids: Vec::new(),
        created_at: at,
        sent_at: None,
        updated_at: at,
        version: 1,
    }
}

use domain::account::{
    Account, AccountAccess, AccountEvent, AccountEventKind, AccountFeedStore, AccountStore, Grant,
    GrantChange,
};
use domain::audit::AuditAction;
use domain::decimal::Quantity;
use domain::order::{
    Accepted, Applied, BrokerKey, BrokerSeat, Change, ChangeWanted, Changed, Claim, Claimed, CommandKind,
    Described, Fact, Hours, InputDigest, NewOrder, Order, OrderClient, OrderDeskStore, OrderId, OrderReport,
    OrderStatus, OrderStore, OrderTerms, OrderType, PlaceKey, Report, Reports, Side, Terms, TermsWanted,
};
use domain::user::{Role, UserId};
use domain::world::{ConnectionId, Environment};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Pair, users};
use crate::samples::{NOW, id_of, line, price};

mod accepting;
mod changing;
mod claiming;
mod doubting;
mod reading;
mod reporting;
mod using;

/// The epoch of the present leader: no desk has led yet.
const EPOCH: u64 = 1;

/// When what is written down at [`NOW`] is too late to be sent.
const TOO_LATE: OffsetDateTime = NOW.saturating_add(Duration::seconds(5));

pub async fn contract(pair: &Pair) {
    accepting::contract(pair).await;
    changing::contract(pair).await;
    claiming::contract(pair).await;
    doubting::contract(pair).await;
    reporting::contract(pair).await;
    reading::contract(pair).await;
    using::contract(pair).await;
}

pub use claiming::fenced;

/// A broker connection of its own, with an account, somebody who trades it, and the desk that sends orders.
struct Desk<'a> {
    pair: &'a Pair,
    account: Account,
    trader: UserId,
    client: OrderClient,
}

impl<'a> Desk<'a> {
    async fn open(pair: &'a Pair, name: &str) -> Self {
        Self::open_in(pair, name, EPOCH).await
    }

    async fn open_in(pair: &'a Pair, name: &str, epoch: u64) -> Self {
        let connection = ConnectionId::new(name);
        let account = Account::new(connection.clone(), Environment::Paper, "DU1");
        pair.one.meet(epoch, std::slice::from_ref(&account)).await.unwrap();
        let trader = users::active(pair, &format!("{name}-trader"), Role::Trader).await.id;
        let client = OrderClient { connection, environment: Environment::Paper, client_id: 7 };
        let desk = Self { pair, account, trader, client };
        desk.grant(trader, AccountAccess::Trade).await;
        desk
    }

    async fn grant(&self, user: UserId, access: AccountAccess) {
        let account = self.account.id;
        let grant = Grant { account, user, access, granted_by: self.trader, granted_at: NOW };
        let line = line(AuditAction::AccountGrant);
        assert_eq!(self.pair.one.grant(&grant, &line).await.unwrap(), GrantChange::Done);
    }

    /// An order for 100 at 10.00, with a key of its own.
    fn new_order(&self) -> NewOrder {
        let order = Order {
            id: OrderId(Uuid::now_v7()),
            account: self.account.id,
            instrument: id_of(1),
            placed_by: Some(self.trader),
            confirms: None,
            terms: OrderTerms::Known(terms(100)),
            replacement: None,
            status: OrderStatus::Pending,
            reason: None,
            overridable: None,
            filled: Quantity::ZERO,
            average_price: None,
            contradiction: None,
            seat: None,
            perm_ids: Vec::new(),
            created_at: NOW,
            sent_at: None,
            updated_at: NOW,
            version: 1,
        };
        let (key, digest) = (PlaceKey(Uuid::new_v4()), InputDigest([1; 32]));
        NewOrder { order, user: self.trader, key, digest, dispatch_by: TOO_LATE }
    }

    async fn accept(&self, new: &NewOrder) -> Accepted {
        self.pair.one.accept(new, &line(AuditAction::OrderPlace)).await.unwrap()
    }

    /// An order that was written down.
    async fn place(&self) -> Order {
        match self.accept(&self.new_order()).await {
            Accepted::New(order) => *order,
            other => panic!("{other:?}"),
        }
    }

    /// An order that the broker has.
    async fn working(&self) -> Order {
        let order = self.place().await;
        let sent = self.claim(100).await.commands.into_iter().find(|command| command.order.id == order.id);
        self.apply(&[told(&sent.unwrap().order, Fact::Open)]).await;
        self.now(&order).await
    }

    fn change_of(&self, order: &Order, wanted: ChangeWanted) -> Change {
        let (user, expected) = (self.trader, order.version);
        Change { order: order.id, user, expected, wanted, at: NOW, dispatch_by: TOO_LATE }
    }

    async fn change(&self, order: &Order, wanted: ChangeWanted) -> Changed {
        let change = self.change_of(order, wanted);
        self.pair.one.change(&change, &line(AuditAction::OrderCancel)).await.unwrap()
    }

    fn claim_at(&self, now: OffsetDateTime, count: u64) -> Claim {
        Claim { client: self.client.clone(), now, count }
    }

    async fn claim(&self, count: u64) -> Claimed {
        OrderDeskStore::claim(&*self.pair.one, EPOCH, &self.claim_at(NOW, count)).await.unwrap()
    }

    /// What happens when nobody has taken what waits in time.
    async fn claim_too_late(&self) -> Claimed {
        OrderDeskStore::claim(&*self.pair.one, EPOCH, &self.claim_at(TOO_LATE, 100)).await.unwrap()
    }

    fn reports(&self, reports: &[OrderReport]) -> Reports {
        let reports = reports.iter().map(|report| Report::Order(Box::new(report.clone()))).collect();
        let OrderClient { connection, environment, .. } = self.client.clone();
        Reports { connection, environment, at: NOW, reports }
    }

    async fn apply(&self, reports: &[OrderReport]) -> Applied {
        self.pair.one.apply(EPOCH, &self.reports(reports)).await.unwrap()
    }

    /// The order as the database has it now.
    async fn now(&self, order: &Order) -> Order {
        OrderStore::find(&*self.pair.other, &[order.id]).await.unwrap().pop().expect("it is there")
    }

    async fn events(&self) -> Vec<AccountEvent> {
        self.pair.other.events_after(self.account.id, 0, 1_000).await.unwrap()
    }

    async fn last_event(&self) -> u64 {
        self.pair.other.last_event(self.account.id).await.unwrap()
    }
}

/// What a limit order at 10.00 for so many asks for.
fn terms(quantity: i64) -> Terms {
    let wanted = TermsWanted {
        side: Side::Buy,
        quantity: quantity.into(),
        order_type: OrderType::Limit,
        limit: Some(price("10.00")),
        stop: None,
        trail: None,
        time_in_force: None,
        good_till: None,
        hours: Hours::Regular,
    };
    Terms::check(&wanted).unwrap()
}

/// The broker's number of an order that has a seat.
fn perm_id(order: &Order) -> i64 {
    1_000_000 + i64::from(order.seat.unwrap().order_id)
}

/// A report with all that the broker knows of one of our orders.
fn told(order: &Order, fact: Fact) -> OrderReport {
    let key = BrokerKey {
        reference: Some(order.id.reference()),
        perm_id: order.seat.map(|_| perm_id(order)),
        seat: order.seat,
    };
    let described =
        Described { account: order.account, instrument: order.instrument, terms: order.terms.clone() };
    OrderReport { key, described: Some(described), fact, adopted: OrderId(Uuid::now_v7()) }
}

fn kinds(claimed: &Claimed) -> Vec<CommandKind> {
    claimed.commands.iter().map(|command| command.kind).collect()
}

fn done(changed: Changed) -> Order {
    match changed {
        Changed::Done(order) => *order,
        other => panic!("not done: {other:?}"),
    }
}

fn seat(client_id: i32, order_id: i32) -> BrokerSeat {
    BrokerSeat { client_id, order_id }
}

/// What is told of orders by these events: the status of each.
fn statuses(events: &[AccountEvent]) -> Vec<OrderStatus> {
    let of_orders = events.iter().filter(|event| event.kind == AccountEventKind::Order);
    of_orders.filter_map(|event| event.status).collect()
}

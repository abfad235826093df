//! The use cases, over the real stores: who may do what, what is refused and how, and what the audit log tells of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::access::{ApiKeyId, Authority, Scope, Scopes};
use domain::account::{Account, AccountAccess, AccountFeedStore, Accounts};
use domain::address::Origin;
use domain::asker::{Asker, Person};
use domain::audit::{AuditAction, AuditFilter, AuditLine, AuditLog, AuditOutcome, AuditStore};
use domain::bar::TimeRange;
use domain::clock::Clock;
use domain::error::{Error, RefusalCode};
use domain::instrument::{AssetClass, Instrument, InstrumentId, InstrumentStore};
use domain::order::{
    Fact, HaltStore, Hours, Order, OrderFilter, OrderStatus, OrderStore, OrderType, Orders, PlaceKey,
    PlaceWanted, Side, TermsWanted, TradingHalt,
};
use domain::page::{Page, Side as From};
use domain::random::Random;
use domain::secret::Digest;
use domain::session::SessionId;
use domain::user::{Role, User, UserId};
use domain::world::{ConnectionId, Environment};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Desk, EPOCH, NOW, kinds, told};
use crate::samples::{instrument, line, price};
use crate::stores::{Pair, users};

pub async fn contract(pair: &Pair) {
    let world = World::open(pair).await;
    placed(&world).await;
    refused(&world).await;
    changed(&world).await;
    by_keys(&world).await;
    granted(&world).await;
}

/// A clock that goes on by a microsecond each time that it is looked at.
#[derive(Default)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> OffsetDateTime {
        NOW + Duration::microseconds(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

struct Dice;

impl Random for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(16) {
            chunk.copy_from_slice(&Uuid::new_v4().into_bytes()[..chunk.len()]);
        }
    }
}

/// Tells inputs apart well enough for a test.
struct Folded;

impl Digest for Folded {
    fn sha256(&self, bytes: &[u8]) -> [u8; 32] {
        let mut folded = [0; 32];
        for (place, byte) in bytes.iter().enumerate() {
            let at = place % 32;
            folded[at] = u8::wrapping_add(u8::wrapping_mul(folded[at], 31), *byte);
        }
        folded
    }
}

struct World<'a> {
    desk: Desk<'a>,
    orders: Orders,
    accounts: Accounts,
    trader: User,
    stock: Instrument,
}

impl<'a> World<'a> {
    async fn open(pair: &'a Pair) -> Self {
        let desk = Desk::open(pair, "using").await;
        let stock = known(pair, &desk, 1, AssetClass::Stock).await;
        let trader = domain::user::UserStore::find(&*pair.one, &[desk.trader]).await.unwrap().remove(0);
        let clock = Arc::new(Ticking::default());
        let audit = AuditLog { store: pair.one.clone(), clock: clock.clone(), random: Arc::new(Dice) };
        let audit = Arc::new(audit);
        let accounts = Accounts { store: pair.one.clone(), audit: audit.clone(), clock: clock.clone() };
        let orders = Orders {
            store: pair.one.clone(),
            executions: pair.other.clone(),
            accounts: pair.one.clone(),
            instruments: pair.other.clone(),
            digest: Arc::new(Folded),
            audit,
            clock,
            random: Arc::new(Dice),
        };
        Self { desk, orders, accounts, trader, stock }
    }

    fn wanted(&self) -> PlaceWanted {
        let terms = TermsWanted {
            side: Side::Buy,
            quantity: 100.into(),
            order_type: OrderType::Limit,
            limit: Some(price("10.00")),
            stop: None,
            trail: None,
            time_in_force: None,
            good_till: None,
            hours: Hours::Regular,
        };
        let key = PlaceKey(Uuid::new_v4());
        PlaceWanted { account: self.desk.account.id, instrument: self.stock.id, terms, key }
    }

    /// The last line of what the trader did.
    async fn last_line(&self) -> AuditLine {
        let filter = AuditFilter { user: Some(self.trader.id), action: None };
        let page = Page { side: From::First, cursor: None, count: 50 };
        let lines = AuditStore::list(&*self.desk.pair.other, filter, &page).await.unwrap().items;
        lines.into_iter().max_by_key(|line| line.id).expect("there is one")
    }

    /// How often the trader tried something.
    async fn lines(&self) -> usize {
        let filter = AuditFilter { user: Some(self.trader.id), action: None };
        let page = Page { side: From::First, cursor: None, count: 1_000 };
        AuditStore::list(&*self.desk.pair.other, filter, &page).await.unwrap().items.len()
    }
}

/// An instrument of the desk's connection that is traded in cents.
async fn known(pair: &Pair, desk: &Desk<'_>, broker_id: i64, class: AssetClass) -> Instrument {
    let connection = desk.client.connection.clone();
    let known = Instrument {
        id: InstrumentId::derive(&connection, desk.client.environment, broker_id),
        connection,
        environment: desk.client.environment,
        asset_class: class,
        price_increment: "0.01".parse().unwrap(),
        ..instrument(broker_id)
    };
    pair.one.put(std::slice::from_ref(&known)).await.unwrap();
    known
}

fn asker(user: &User, authority: Authority) -> Asker {
    Asker { user: user.clone(), authority, origin: Origin::default() }
}

fn session(user: &User) -> Asker {
    asker(user, Authority::Session(SessionId(Uuid::new_v4())))
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> (RefusalCode, Option<&'static str>) {
    match result {
        Err(Error::Refused(refusal)) => (refusal.code, refusal.field),
        other => panic!("{other:?}"),
    }
}

async fn placed(world: &World<'_>) {
    let (trader, wanted) = (session(&world.trader), world.wanted());
    let order = world.orders.place(&trader, &wanted).await.unwrap();
    assert_eq!((order.status, order.placed_by), (OrderStatus::Pending, Some(world.trader.id)));
    let line = world.last_line().await;
    assert_eq!((line.action, line.outcome), (AuditAction::OrderPlace, AuditOutcome::Done));
    assert_eq!(line.subject, Some(world.desk.account.id.to_string()));
    assert!(line.detail.unwrap().starts_with("BUY 100 LIMIT limit 10.00 of "));
    // The same, written otherwise, is the same.
    let mut again = wanted;
    again.terms.quantity = "100.0".parse().unwrap();
    assert_eq!(world.orders.place(&trader, &again).await.unwrap(), order);
    again.terms.quantity = 101.into();
    let reused = (RefusalCode::IdempotencyKeyReused, Some("idempotencyKey"));
    assert_eq!(refusal(world.orders.place(&trader, &again).await), reused);
    let line = world.last_line().await;
    assert_eq!(line.outcome, AuditOutcome::Refused);
    assert!(line.detail.unwrap().starts_with("IDEMPOTENCY_KEY_REUSED: BUY 101"));
    let sent = world.desk.claim(10).await;
    assert_eq!(sent.commands.len(), 1);
    assert_eq!(sent.commands[0].dispatch_by, order.created_at + Duration::seconds(5));
}

async fn refused(world: &World<'_>) {
    use RefusalCode::{Invalid, NotFound};

    let pair = world.desk.pair;
    let trader = session(&world.trader);
    let index = known(pair, &world.desk, 2, AssetClass::Index).await;
    let elsewhere = instrument(1);
    let mut cases = Vec::new();
    let mut case = |code, field, change: &dyn Fn(&mut PlaceWanted)| {
        let mut wanted = world.wanted();
        change(&mut wanted);
        cases.push((wanted, (code, Some(field))));
    };
    case(Invalid, "quantity", &|wanted| wanted.terms.quantity = 0.into());
    case(Invalid, "quantity", &|wanted| wanted.terms.quantity = (-1).into());
    case(Invalid, "quantity", &|wanted| wanted.terms.quantity = "1.5".parse().unwrap());
    case(Invalid, "limitPrice", &|wanted| wanted.terms.limit = Some(price("10.001")));
    case(Invalid, "limitPrice", &|wanted| wanted.terms.limit = None);
    case(Invalid, "instrument", &|wanted| wanted.instrument = index.id);
    case(Invalid, "instrument", &|wanted| wanted.instrument = elsewhere.id);
    case(NotFound, "instrument", &|wanted| {
        wanted.instrument = InstrumentId::from_uuid(Uuid::new_v4());
    });
    case(NotFound, "account", &|wanted| {
        wanted.account = domain::account::AccountId::from_uuid(Uuid::new_v4());
    });
    let (events, lines) = (world.desk.last_event().await, world.lines().await);
    let count = cases.len();
    for (wanted, expected) in cases {
        assert_eq!(refusal(world.orders.place(&trader, &wanted).await), expected, "{wanted:?}");
    }
    assert_eq!(world.desk.last_event().await, events, "nothing is written down");
    assert_eq!(world.lines().await, lines + count, "but a line for each");

    let sees = users::active(pair, "using-sees", Role::Trader).await;
    world.desk.grant(sees.id, AccountAccess::See).await;
    let viewer = users::active(pair, "using-viewer", Role::Viewer).await;
    world.desk.grant(viewer.id, AccountAccess::Trade).await;
    for user in [&sees, &viewer] {
        let result = world.orders.place(&session(user), &world.wanted()).await;
        assert_eq!(refusal(result), (RefusalCode::AccountNotGranted, Some("account")));
        let result = world.orders.cancel_all(&session(user), world.desk.account.id).await;
        assert_eq!(refusal(result).0, RefusalCode::AccountNotGranted);
    }
    let halt = TradingHalt { account: Some(world.desk.account.id), by: None, at: NOW, reason: "x".into() };
    pair.one.halt(&halt, &line(AuditAction::TradingHalt)).await.unwrap();
    let result = world.orders.place(&trader, &world.wanted()).await;
    assert_eq!(refusal(result), (RefusalCode::TradingHalted, None));
    pair.one.resume(halt.account, &line(AuditAction::TradingResume)).await.unwrap();
}

async fn working(world: &World<'_>) -> Order {
    let order = world.orders.place(&session(&world.trader), &world.wanted()).await.unwrap();
    let sent = world.desk.claim(100).await.commands;
    let sent = sent.into_iter().find(|sent| sent.order.id == order.id).unwrap();
    world.desk.apply(&[told(&sent.order, Fact::Open)]).await;
    world.desk.now(&order).await
}

async fn changed(world: &World<'_>) {
    let trader = session(&world.trader);
    let order = working(world).await;
    let terms = world.wanted().terms;
    let replace = async |terms| world.orders.replace(&trader, order.id, order.version, &terms).await;
    let cases = [
        (terms, (RefusalCode::Invalid, None)),
        (TermsWanted { side: Side::Sell, ..terms }, (RefusalCode::Invalid, Some("side"))),
        (TermsWanted { limit: Some(price("0.001")), ..terms }, (RefusalCode::Invalid, Some("limitPrice"))),
    ];
    for (terms, expected) in cases {
        assert_eq!(refusal(replace(terms).await), expected);
    }
    let more = TermsWanted { quantity: 200.into(), ..terms };
    let replacing = replace(more).await.unwrap();
    assert_eq!(replacing.status, OrderStatus::PendingReplace);
    assert_eq!(refusal(replace(more).await), (RefusalCode::Outdated, Some("expectedVersion")));
    let line = world.last_line().await;
    assert_eq!((line.action, line.detail.as_deref()), (AuditAction::OrderReplace, Some("OUTDATED")));
    let canceling = world.orders.cancel(&trader, order.id, replacing.version).await.unwrap();
    assert_eq!(canceling.status, OrderStatus::PendingCancel);
    let again = world.orders.cancel(&trader, order.id, canceling.version).await;
    assert_eq!(refusal(again), (RefusalCode::NotPossible, Some("order")));

    // To those who may not see the account, there is no such order.
    let stranger = users::active(world.desk.pair, "using-stranger", Role::Admin).await;
    let result = world.orders.cancel(&session(&stranger), order.id, 1).await;
    assert_eq!(refusal(result), (RefusalCode::NotFound, Some("order")));
    let page = Page { side: From::First, cursor: None, count: 100 };
    let list = async |user: UserId| {
        world.orders.list(user, OrderFilter::default(), &page).await.unwrap().items.len()
    };
    assert_eq!((list(stranger.id).await, list(world.trader.id).await), (0, 2));
    assert_eq!(world.orders.find(stranger.id, &[order.id]).await.unwrap(), []);
    assert_eq!(world.orders.find(world.trader.id, &[order.id]).await.unwrap().len(), 1);

    let next = working(world).await;
    let canceled = world.orders.cancel_all(&trader, world.desk.account.id).await.unwrap();
    assert!(canceled.iter().any(|order| order.id == next.id));
    assert!(!kinds(&world.desk.claim(100).await).is_empty());
}

async fn by_keys(world: &World<'_>) {
    let pair = world.desk.pair;
    let connection = ConnectionId::new("using");
    let live = Account::new(connection.clone(), Environment::Live, "U9");
    pair.one.meet(EPOCH, std::slice::from_ref(&live)).await.unwrap();
    let admin = users::active(pair, "using-admin", Role::Admin).await;
    let person = Person { user: admin, session: SessionId(Uuid::new_v4()), origin: Origin::default() };
    world.accounts.grant(&person, live.id, world.trader.id, AccountAccess::Trade).await.unwrap();
    let share = Instrument {
        id: InstrumentId::derive(&connection, Environment::Live, 1),
        environment: Environment::Live,
        ..world.stock.clone()
    };
    pair.one.put(std::slice::from_ref(&share)).await.unwrap();
    let paper = world.wanted();
    let cases = [
        (Scope::TradePaper, paper, true),
        (Scope::TradeLive, paper, false),
        (Scope::AccountRead, paper, false),
        (Scope::TradePaper, PlaceWanted { account: live.id, instrument: share.id, ..paper }, false),
        (Scope::TradeLive, PlaceWanted { account: live.id, instrument: share.id, ..paper }, true),
    ];
    for (scope, wanted, is_allowed) in cases {
        let scopes: Scopes = [scope].into_iter().collect();
        let program = asker(&world.trader, Authority::Key(ApiKeyId(Uuid::new_v4()), scopes));
        let wanted = PlaceWanted { key: PlaceKey(Uuid::new_v4()), ..wanted };
        let result = world.orders.place(&program, &wanted).await;
        if is_allowed {
            result.unwrap();
        } else {
            assert_eq!(refusal(result).0, RefusalCode::AccountNotGranted, "{scope:?}");
        }
    }
}

async fn granted(world: &World<'_>) {
    let pair = world.desk.pair;
    let admin = users::active(pair, "using-granter", Role::Admin).await;
    let person =
        Person { user: admin.clone(), session: SessionId(Uuid::new_v4()), origin: Origin::default() };
    let account = world.desk.account.id;
    let accounts = &world.accounts;
    assert!(accounts.find(admin.id, account).await.unwrap().is_none());
    let range = TimeRange { from: NOW, to: NOW + Duration::hours(1) };
    let unseen = (RefusalCode::NotFound, Some("account"));
    assert_eq!(refusal(accounts.equity(admin.id, account, range, 10).await), unseen);
    assert_eq!(refusal(accounts.events_after(admin.id, account, 0, 10).await), unseen);
    assert_eq!(accounts.positions(admin.id, &[account]).await.unwrap(), []);

    accounts.grant(&person, account, admin.id, AccountAccess::See).await.unwrap();
    assert!(!accounts.events_after(admin.id, account, 0, 10).await.unwrap().is_empty());
    let empty = TimeRange { from: NOW, to: NOW };
    let invalid = (RefusalCode::RangeInvalid, Some("from"));
    assert_eq!(refusal(accounts.equity(admin.id, account, empty, 10).await), invalid);
    let many = accounts.equity(admin.id, account, range, 5_001).await;
    assert_eq!(refusal(many), (RefusalCode::RangeInvalid, Some("points")));
    accounts.revoke(&person, account, admin.id).await.unwrap();
    let again = accounts.revoke(&person, account, admin.id).await;
    assert_eq!(refusal(again), (RefusalCode::NotFound, Some("user")));
    assert_eq!(OrderStore::find(&*pair.one, &[]).await.unwrap(), []);
}

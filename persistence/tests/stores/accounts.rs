use domain::account::{
    Account, AccountAccess, AccountEventKind, AccountFeedStore, AccountId, AccountStore, AccountValues,
    Grant, GrantChange, Position, PositionsTold,
};
use domain::audit::AuditAction;
use domain::bar::TimeRange;
use domain::user::{Role, UserId};
use domain::world::{ConnectionId, Environment};
use rust_decimal::Decimal;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Pair, users};
use crate::samples::{LEAST, MOST, NOW, id_of, line, price};

/// The epoch of the present leader: no desk has led yet.
const EPOCH: u64 = 1;

pub async fn contract(pair: &Pair) {
    grants(pair).await;
    positions(pair).await;
    values(pair).await;
    equity(pair).await;
}

async fn meet(pair: &Pair, code: &str) -> Account {
    let account = Account::new(ConnectionId::new("accounts"), Environment::Live, code);
    // Met again, it is the same.
    for _ in 0..2 {
        pair.one.meet(EPOCH, std::slice::from_ref(&account)).await.unwrap();
    }
    account
}

async fn grants(pair: &Pair) {
    let (first, second) = (meet(pair, "U2").await, meet(pair, "U1").await);
    let all = AccountStore::all(&*pair.other).await.unwrap();
    assert!(all.contains(&first) && all.contains(&second));
    let admin = users::active(pair, "grants-admin", Role::Admin).await.id;
    let bob = users::active(pair, "grants-bob", Role::Trader).await.id;
    let visible = async |user| AccountStore::visible(&*pair.other, user).await.unwrap();
    assert_eq!(visible(admin).await, [], "nobody sees an account without a grant");
    let of = |account: &Account, user, access, at| Grant {
        account: account.id,
        user,
        access,
        granted_by: admin,
        granted_at: at,
    };
    let later = NOW + Duration::hours(1);
    let given = [
        of(&first, bob, AccountAccess::See, NOW),
        of(&second, bob, AccountAccess::See, NOW),
        of(&first, admin, AccountAccess::Trade, NOW),
        of(&first, bob, AccountAccess::Trade, later),
    ];
    for grant in &given {
        let audit = line(AuditAction::AccountGrant);
        assert_eq!(pair.one.grant(grant, &audit).await.unwrap(), GrantChange::Done);
        assert!(users::is_written(pair, &audit).await);
    }
    let expected = [(second.clone(), AccountAccess::See), (first.clone(), AccountAccess::Trade)];
    assert_eq!(visible(bob).await, expected, "by code");
    assert_eq!(pair.other.grants(first.id).await.unwrap(), [given[2], given[3]]);

    let audit = line(AuditAction::AccountGrant);
    let nobody = of(&first, UserId(Uuid::new_v4()), AccountAccess::See, NOW);
    assert_eq!(pair.one.grant(&nobody, &audit).await.unwrap(), GrantChange::UserNotFound);
    let nothing = Grant { account: AccountId::from_uuid(Uuid::new_v4()), ..given[0] };
    assert_eq!(pair.one.grant(&nothing, &audit).await.unwrap(), GrantChange::AccountNotFound);
    let revoke = async |account, user| pair.one.revoke(account, user, &audit).await.unwrap();
    assert_eq!(revoke(nothing.account, bob).await, GrantChange::AccountNotFound);
    assert_eq!(revoke(second.id, admin).await, GrantChange::UserNotFound);
    assert!(!users::is_written(pair, &audit).await);
    assert_eq!(revoke(first.id, bob).await, GrantChange::Done);
    assert!(users::is_written(pair, &audit).await);
    assert_eq!(visible(bob).await, [(second, AccountAccess::See)]);
}

fn position(account: &Account, broker_id: i64, quantity: &str) -> Position {
    Position {
        account: account.id,
        instrument: id_of(broker_id),
        quantity: quantity.parse().unwrap(),
        average_price: Some(price("10.5000")),
        market_price: Some(price("11")),
        market_value: Some(MOST.parse().unwrap()),
        realized_pnl: None,
        unrealized_pnl: Some(LEAST.parse().unwrap()),
        as_of: NOW,
    }
}

async fn positions(pair: &Pair) {
    let account = meet(pair, "P1").await;
    let (long, short) = (position(&account, 1, "100.5"), position(&account, 2, "-3"));
    let keep = async |told, at| pair.one.keep_positions(EPOCH, account.id, &told, at).await.unwrap();
    let now = async || {
        let mut positions = pair.other.positions(&[account.id]).await.unwrap();
        positions.sort_by_key(|position| position.instrument != id_of(1));
        positions
    };
    assert!(keep(PositionsTold::All(vec![long.clone(), short.clone()]), NOW).await);
    assert_eq!(now().await, [long.clone(), short.clone()]);
    // A price that moves is no event, but is kept.
    let moved =
        Position { market_price: Some(price("12")), as_of: NOW + Duration::seconds(1), ..long.clone() };
    assert!(!keep(PositionsTold::Some(vec![moved.clone()]), NOW).await);
    assert_eq!(now().await, [moved.clone(), short.clone()]);
    // What is missing where all is told is gone.
    let later = NOW + Duration::minutes(1);
    assert!(keep(PositionsTold::All(vec![moved.clone()]), later).await);
    let closed = now().await.remove(1);
    assert_eq!((closed.quantity, closed.average_price, closed.as_of), (Decimal::ZERO, None, later));
    assert!(!keep(PositionsTold::All(vec![moved]), later).await, "it is gone already");
    let events = pair.other.events_after(account.id, 0, 10).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.number, event.kind, event.instrument)).collect();
    let of = |number, broker_id| (number, AccountEventKind::Position, Some(id_of(broker_id)));
    assert_eq!(told, [of(1, 1), of(2, 2), of(3, 2)]);
    let nowhere = AccountId::from_uuid(Uuid::new_v4());
    let told = PositionsTold::Some(vec![Position { account: nowhere, ..long }]);
    assert!(!pair.one.keep_positions(EPOCH, nowhere, &told, NOW).await.unwrap());
}

fn worth(account: &Account, net: i64, as_of: OffsetDateTime) -> AccountValues {
    AccountValues {
        account: account.id,
        currency: "USD".into(),
        net_liquidation: Some(net.into()),
        cash: Some("0.10".parse().unwrap()),
        buying_power: Some(MOST.parse().unwrap()),
        available_funds: None,
        excess_liquidity: None,
        initial_margin: None,
        maintenance_margin: None,
        gross_position_value: None,
        day_pnl: Some("-1.50".parse().unwrap()),
        realized_pnl: None,
        unrealized_pnl: None,
        as_of,
    }
}

async fn keep(pair: &Pair, values: &AccountValues) -> bool {
    let is_told = pair.one.keep_values(EPOCH, values).await.unwrap();
    let kept = pair.other.values(&[values.account]).await.unwrap();
    assert_eq!(kept, std::slice::from_ref(values));
    is_told
}

async fn values(pair: &Pair) {
    let account = meet(pair, "V1").await;
    assert_eq!(pair.other.values(&[account.id]).await.unwrap(), []);
    let after = |seconds| NOW + Duration::seconds(seconds);
    let told = [
        (worth(&account, 100, after(0)), true),
        (worth(&account, 101, after(59)), false),
        (worth(&account, 100, after(60)), false),
        (worth(&account, 102, after(61)), true),
        (worth(&account, 102, after(600)), false),
        (worth(&account, 103, after(1)), false),
    ];
    for (values, is_told) in told {
        assert_eq!(keep(pair, &values).await, is_told, "{values:?}");
    }
    let empty = AccountValues { net_liquidation: None, ..worth(&account, 0, after(900)) };
    assert!(!keep(pair, &empty).await, "it says nothing of the whole");
    let events = pair.other.events_after(account.id, 0, 10).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|event| (event.kind, event.at)).collect();
    assert_eq!(kinds, [(AccountEventKind::Values, after(0)), (AccountEventKind::Values, after(61))]);
}

async fn equity(pair: &Pair) {
    let account = meet(pair, "E1").await;
    for minute in 0..10 {
        assert!(keep(pair, &worth(&account, minute, NOW + Duration::minutes(minute))).await);
    }
    let curve = async |minutes: (i64, i64), points| {
        let [from, to] = [minutes.0, minutes.1].map(|minute| NOW + Duration::minutes(minute));
        let range = TimeRange { from, to };
        let curve = pair.other.equity(account.id, range, points).await.unwrap();
        curve.into_iter().map(|point| i64::try_from(point.net_liquidation).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(curve((0, 10), 100).await, (0..10).collect::<Vec<_>>());
    assert_eq!(curve((2, 4), 100).await, [2, 3], "the end is left out");
    assert_eq!(curve((0, 10), 5).await, [1, 3, 5, 7, 9], "the last of each part");
    assert_eq!(curve((0, 10), 3).await, [3, 6, 9]);
    assert_eq!(curve((0, 10), 1).await, [9]);
    assert!(curve((20, 30), 5).await.is_empty());
}

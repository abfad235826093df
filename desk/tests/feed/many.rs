//! Ten thousand alerts, kept in a real store, and one market that runs through most of them.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use domain::alert::{
    ActiveAlerts, Alert, AlertChange, AlertEventStore, AlertId, AlertStore, AlertWatchStore, Comparison,
    Fired, Firing, Pruned, Seen,
};
use domain::audit::{AuditAction, AuditAuthority, AuditLine, AuditLineId, AuditOutcome};
use domain::clock::SystemClock;
use domain::instrument::{Instrument, InstrumentStore};
use domain::store::StoreError;
use domain::user::{PasswordToken, PasswordTokenHash, Role, User, UserId, UserState, UserStore, Username};
use domain::world::Environment;
use persistence::sql::{Sql, SqlOptions};
use sea_orm::ConnectionTrait as _;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::alerts::{live, trades};
use crate::outbox::alert;
use crate::world::{World, instruments};

const NOW: OffsetDateTime = datetime!(2026-11-20 15:00 UTC);
const USERS: usize = 20;
const ALERTS: usize = 10_000;

/// The price goes so far, in such steps: so many alerts go off.
const HIGHEST: usize = 9_000;
const STEP: usize = 100;

/// A store that counts what the desk asks of it.
struct Counted {
    sql: Sql,
    reads: AtomicUsize,
    writes: AtomicUsize,
    tried: AtomicUsize,
    fired: AtomicUsize,
    kept: AtomicUsize,
    noted: AtomicUsize,
}

impl Counted {
    fn of(sql: Sql) -> Self {
        let none = AtomicUsize::default;
        Self { sql, reads: none(), writes: none(), tried: none(), fired: none(), kept: none(), noted: none() }
    }
}

fn count(counter: &AtomicUsize) -> usize {
    counter.load(Ordering::SeqCst)
}

#[async_trait]
impl AlertWatchStore for Counted {
    async fn watched(&self) -> Result<ActiveAlerts, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.sql.watched().await
    }

    async fn trigger(&self, epoch: u64, firings: &[Firing]) -> Result<Vec<Fired>, StoreError> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.tried.fetch_add(firings.len(), Ordering::SeqCst);
        let fired = self.sql.trigger(epoch, firings).await?;
        self.fired.fetch_add(fired.len(), Ordering::SeqCst);
        Ok(fired)
    }

    async fn keep(&self, epoch: u64, seen: &[Seen]) -> Result<(), StoreError> {
        self.kept.fetch_add(seen.len(), Ordering::SeqCst);
        self.sql.keep(epoch, seen).await
    }

    async fn note(&self, epoch: u64, alerts: &[AlertId], reason: Option<&str>) -> Result<(), StoreError> {
        self.noted.fetch_add(alerts.len(), Ordering::SeqCst);
        self.sql.note(epoch, alerts, reason).await
    }

    async fn expire(&self, epoch: u64, now: OffsetDateTime) -> Result<u64, StoreError> {
        self.sql.expire(epoch, now).await
    }

    async fn prune(
        &self,
        epoch: u64,
        after: Option<UserId>,
        now: OffsetDateTime,
    ) -> Result<Pruned, StoreError> {
        self.sql.prune(epoch, after, now).await
    }
}

async fn user(sql: &Sql, number: usize) -> UserId {
    let id = UserId(Uuid::new_v4());
    let user = User {
        id,
        username: Username::parse(&format!("user{number}")).unwrap(),
        role: Role::Viewer,
        state: UserState::Active,
        second_factor: false,
        created_at: NOW,
    };
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(id.0.as_bytes());
    let hash = PasswordTokenHash(hash);
    let token = PasswordToken { user: id, hash, created_at: NOW, expires_at: NOW };
    let line = AuditLine {
        id: AuditLineId(Uuid::new_v4()),
        at: NOW,
        user: None,
        username: None,
        via: AuditAuthority::Nobody,
        address: None,
        action: AuditAction::UserInvite,
        subject: None,
        outcome: AuditOutcome::Done,
        detail: None,
    };
    assert!(sql.invite(&user, &token, &line).await.unwrap());
    id
}

/// Alerts on 1, 2, 3 … of one user after the other: the first of each is made, the others are copies of it.
async fn alerts(sql: &Sql, url: &str, owners: &[UserId], instrument: &Instrument) {
    for (threshold, owner) in (1..).zip(owners) {
        let wanted = Alert { owner: *owner, ..alert(instrument, Comparison::CrossesUp, threshold) };
        assert!(matches!(AlertStore::create(sql, &wanted).await.unwrap(), AlertChange::Done(_)));
    }
    let columns = "owner_id, instrument_id, subject, comparison, repeat, state, email, created_at, version, \
        arming, armed";
    let copies = ALERTS / USERS - 1;
    let copy = format!(
        "WITH RECURSIVE copy(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM copy WHERE number < {copies}) \
         INSERT INTO alerts (id, threshold, {columns}) \
         SELECT randomblob(16), CAST(CAST(threshold AS INTEGER) + {USERS} * number AS TEXT), {columns} \
         FROM alerts CROSS JOIN copy"
    );
    let database = sea_orm::Database::connect(url).await.unwrap();
    database.execute_unprepared(&copy).await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_alerts_go_off_each_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/many.db", folder.path().display());
    let options =
        SqlOptions { url: url.clone(), max_connections: 4, clock: Arc::new(SystemClock), seal_key: None };
    let sql = Sql::connect(options).await.unwrap();
    sql.migrate().await.unwrap();
    let apple = instruments(Environment::Simulated).remove(0);
    sql.put(std::slice::from_ref(&apple)).await.unwrap();
    let mut owners = Vec::new();
    for number in 0..USERS {
        owners.push(user(&sql, number).await);
    }
    alerts(&sql, &url, &owners, &apple).await;
    assert_eq!(sql.watched().await.unwrap().watched.len(), ALERTS);

    let store = Arc::new(Counted::of(sql));
    let world = World::with_alerts(store.clone());
    live(&world, &apple).await;
    let prices = (0..=HIGHEST).step_by(STEP).map(|price| i64::try_from(price).unwrap());
    let up: Vec<i64> = prices.collect();
    trades(&world, &apple, &up).await;
    // Through all of them again: each went off, and rests.
    trades(&world, &apple, &up).await;
    world.until(|| count(&store.fired) >= HIGHEST).await;
    world.stop_leader().await;

    assert_eq!((count(&store.fired), count(&store.tried)), (HIGHEST, HIGHEST), "each was written once");
    let (reads, writes) = (count(&store.reads), count(&store.writes));
    assert!(writes <= 2 * up.len() + HIGHEST / STEP, "{writes} writes");
    assert!(reads <= 2 + up.len(), "{reads} reads");
    assert!(count(&store.kept) <= ALERTS && count(&store.noted) <= ALERTS, "what is kept is bounded");
    let mut said = HashSet::new();
    for owner in owners {
        let events = store.sql.after(owner, 0, 1_000).await.unwrap();
        let numbers: Vec<u64> = events.iter().map(|event| event.number).collect();
        assert_eq!(numbers, (1..=(HIGHEST / USERS) as u64).collect::<Vec<_>>());
        said.extend(events.iter().map(|event| event.alert));
    }
    assert_eq!(said.len(), HIGHEST, "each said it once");
    assert_eq!(store.sql.watched().await.unwrap().watched.len(), ALERTS - HIGHEST, "the rest is watched");
}

//! The database's shape, one change per module, for Postgres and SQLite alike.
//!
//! Conventions: ids are UUIDs; a moment is a `BIGINT` of microseconds since 1970-01-01 UTC and an exact
//! decimal is a `TEXT`, so that both databases keep, compare and order them in the same way (SQLite has
//! neither type, and what SeaORM makes of them there loses digits or does not sort). To read them by hand
//! on Postgres: `to_timestamp(time / 1e6)`, `price::numeric`.

use sea_orm_migration::prelude::*;

mod m20261122_000001_installation;
mod m20261122_000002_users;
mod m20261122_000003_sessions;
mod m20261122_000004_instruments;
mod m20261122_000005_watchlists;
mod m20261122_000006_bars;
mod m20261122_000007_leases;
mod m20261122_000008_user_states;
mod m20261122_000009_password_tokens;
mod m20261122_000010_session_origins;
mod m20261122_000011_api_keys;
mod m20261122_000012_second_factors;
mod m20261122_000013_audit_lines;
mod m20261123_000014_webhooks;
mod m20261123_000015_alerts;
mod m20261123_000016_layouts;
mod m20261123_000017_alert_upkeep;
mod m20261123_000018_key_check;
mod m20261123_000020_accounts;
mod m20261123_000021_orders;

/// Every change, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_installation::Migration),
            Box::new(m20261122_000002_users::Migration),
            Box::new(m20261122_000003_sessions::Migration),
            Box::new(m20261122_000004_instruments::Migration),
            Box::new(m20261122_000005_watchlists::Migration),
            Box::new(m20261122_000006_bars::Migration),
            Box::new(m20261122_000007_leases::Migration),
            Box::new(m20261122_000008_user_states::Migration),
            Box::new(m20261122_000009_password_tokens::Migration),
            Box::new(m20261122_000010_session_origins::Migration),
            Box::new(m20261122_000011_api_keys::Migration),
            Box::new(m20261122_000012_second_factors::Migration),
            Box::new(m20261122_000013_audit_lines::Migration),
            Box::new(m20261123_000014_webhooks::Migration),
            Box::new(m20261123_000015_alerts::Migration),
            Box::new(m20261123_000016_layouts::Migration),
            Box::new(m20261123_000017_alert_upkeep::Migration),
            Box::new(m20261123_000018_key_check::Migration),
            Box::new(m20261123_000020_accounts::Migration),
            Box::new(m20261123_000021_orders::Migration),
        ]
    }
}

//! What the database holds of secrets, as somebody sees it who has a copy of it.

use std::fmt::Write as _;

use domain::second_factor::{SecondFactor, SecondFactorStore};
use domain::store::StoreError;
use domain::user::{Role, User, UserStore};
use migration::Migrator;
use persistence::sql::SealKey;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use sea_orm_migration::MigratorTrait;

use super::second_factors::confirm;
use super::{Pair, connect_with, users};
use crate::samples::{recovery_codes, second_factor};

pub async fn contract(pair: &Pair, url: &str) {
    let database = sea_orm::Database::connect(url).await.unwrap();
    assert!(Migrator::get_pending_migrations(&database).await.unwrap().is_empty());
    nothing_is_kept_in_clear(pair, &database).await;
    a_sealed_secret_opens_in_its_row_alone(pair, &database).await;
    without_the_key_nothing_opens(pair, url).await;
    database.close().await.unwrap();
}

/// Every row of a table, as text; bytes in hexadecimal digits.
async fn rows(database: &DatabaseConnection, table: &str, columns: &[&str]) -> String {
    let backend = database.get_database_backend();
    let columns: Vec<_> = columns
        .iter()
        .map(|column| match backend {
            DbBackend::Sqlite => format!("quote({column})"),
            _ => format!("{column}::text"),
        })
        .collect();
    let query = format!("SELECT {} AS row FROM {table}", columns.join(" || ' ' || "));
    let rows = database.query_all_raw(sea_orm::Statement::from_string(backend, query)).await.unwrap();
    assert!(!rows.is_empty(), "{table} has rows");
    rows.iter().map(|row| row.try_get::<String>("", "row").unwrap().to_lowercase() + "\n").collect()
}

/// The names of a table's columns.
async fn columns(database: &DatabaseConnection, table: &str) -> Vec<String> {
    let backend = database.get_database_backend();
    let query = match backend {
        DbBackend::Sqlite => format!("SELECT name FROM pragma_table_info('{table}') ORDER BY name"),
        _ => format!(
            "SELECT column_name::text AS name FROM information_schema.columns \
             WHERE table_name = '{table}' ORDER BY column_name"
        ),
    };
    let rows = database.query_all_raw(sea_orm::Statement::from_string(backend, query)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

async fn nothing_is_kept_in_clear(pair: &Pair, database: &DatabaseConnection) {
    let user = users::active(pair, "sealed", Role::Viewer).await;
    let codes = recovery_codes();
    let factor = confirm(pair, &user, &codes).await;
    // Which columns there are, so that a new one is looked at here; those that hold bytes of secrets come first.
    let tables: [(&str, &[&str]); 4] = [
        ("second_factors", &["secret", "created_at", "id", "last_step", "user_id"]),
        ("recovery_codes", &["hash", "user_id"]),
        ("password_tokens", &["hash", "created_at", "expires_at", "user_id"]),
        (
            "api_keys",
            &[
                "hash",
                "addresses",
                "created_at",
                "expires_at",
                "id",
                "last_used_at",
                "name",
                "prefix",
                "revoked_at",
                "scopes",
                "user_id",
            ],
        ),
    ];
    let (user_again, token) = crate::samples::invited("sealed-token", Role::Viewer);
    let line = crate::samples::line(domain::audit::AuditAction::UserInvite);
    assert!(pair.one.invite(&user_again, &token, &line).await.unwrap());
    for (table, expected) in tables {
        let mut expected = expected.to_vec();
        let mut present = columns(database, table).await;
        present.sort();
        expected.sort_unstable();
        assert_eq!(present, expected, "{table}");
    }
    let secrets = rows(database, "second_factors", &["secret", "id"]).await;
    let clear = factor.secret.0;
    let mine =
        secrets.lines().find(|row| row.contains(&row_id(database, &factor))).expect("the row is there");
    // The key's id, a nonce, twenty bytes and the tag.
    let digits = mine.trim_start_matches(['x', '\\', '\'']).split(['\'', ' ']).next().unwrap();
    assert_eq!((digits.len(), &digits[..2]), (2 * (1 + 12 + 20 + 16), "01"), "{mine}");
    for part in clear.windows(4) {
        assert!(!digits.contains(&hex(part)), "a part of the secret is in {digits}");
    }
    let hashes = rows(database, "recovery_codes", &["hash"]).await;
    assert!(hashes.contains(&hex(&codes[0].0)), "what is kept of a code is its hash");
    let hashes = rows(database, "password_tokens", &["hash"]).await;
    assert!(hashes.contains(&hex(&token.hash.0)));
}

fn row_id(database: &DatabaseConnection, factor: &SecondFactor) -> String {
    match database.get_database_backend() {
        DbBackend::Sqlite => hex(factor.id.0.as_bytes()),
        _ => factor.id.0.to_string(),
    }
}

async fn a_sealed_secret_opens_in_its_row_alone(pair: &Pair, database: &DatabaseConnection) {
    let (one, other) = (
        users::active(pair, "mallory", Role::Viewer).await,
        users::active(pair, "victim", Role::Viewer).await,
    );
    for user in [&one, &other] {
        confirm(pair, user, &[]).await;
    }
    // Mallory, who can write to the database, puts the own secret into the victim's row.
    let literal = |user: &User| match database.get_database_backend() {
        DbBackend::Sqlite => format!("x'{}'", hex(user.id.0.as_bytes())),
        _ => format!("'{}'", user.id.0),
    };
    let moved = format!(
        "UPDATE second_factors SET secret = (SELECT secret FROM second_factors WHERE user_id = {}) \
         WHERE user_id = {}",
        literal(&one),
        literal(&other)
    );
    assert_eq!(database.execute_unprepared(&moved).await.unwrap().rows_affected(), 1);
    assert!(pair.one.find_of(&one).await.is_ok());
    assert!(matches!(pair.one.find_of(&other).await, Err(StoreError::Fault(_))));
}

/// [`SecondFactorStore::find`], which shares its name with others.
trait FindOf {
    async fn find_of(&self, user: &User) -> Result<Option<SecondFactor>, StoreError>;
}

impl<S: SecondFactorStore> FindOf for S {
    async fn find_of(&self, user: &User) -> Result<Option<SecondFactor>, StoreError> {
        SecondFactorStore::find(self, user.id).await
    }
}

async fn without_the_key_nothing_opens(pair: &Pair, url: &str) {
    let user = users::active(pair, "keyless", Role::Viewer).await;
    let factor = confirm(pair, &user, &[]).await;
    for key in [None, Some(SealKey::new([8; 32]))] {
        let has_key = key.is_some();
        let sql = connect_with(url, key).await;
        match sql.find_of(&user).await {
            Err(StoreError::Fault(cause)) => {
                let text = cause.to_string();
                assert!(text.contains("key"), "{text}");
                assert!(!text.contains(&hex(&factor.secret.0)), "{text}");
            }
            other => panic!("{other:?}"),
        }
        // All that needs no secret works.
        assert!(sql.find_by_username(&user.username).await.unwrap().unwrap().0.second_factor);
        assert!(sql.use_step(factor.id, 60_000_000 + u64::from(has_key)).await.unwrap());
        if !has_key {
            let begun = sql.begin(&second_factor(user.id)).await;
            assert!(matches!(begun, Err(StoreError::Fault(_))), "{begun:?}");
        }
        sql.close().await;
    }
    assert_eq!(pair.one.find_of(&user).await.unwrap(), Some(factor));
}

//! A database that was made before there were states, keys and second factors.

use domain::audit::AuditAction;
use domain::second_factor::SecondFactorStore;
use domain::session::{Rotation, Session, SessionStore};
use domain::user::{Role, User, UserId, UserState, UserStore, Username};
use domain::watchlist::WatchlistStore;
use migration::Migrator;
use persistence::testing::PrivatePostgres;
use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use sea_orm_migration::MigratorTrait;
use time::Duration;
use uuid::Uuid;

use super::connect;
use crate::or_skip;
use crate::samples::{NOW, line, new_session, password, renewal, reused, token, watchlist};

/// How many changes the first release had.
const FIRST_RELEASE: u32 = 7;

#[tokio::test]
async fn an_old_sqlite_file_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/old.db", folder.path().display());
    is_brought_up_to_date(&url, &format!("{url}?mode=rwc")).await;
}

#[tokio::test]
async fn an_old_postgres_database_is_brought_up_to_date() {
    let Some(server) = or_skip(PrivatePostgres::start().await) else { return };
    is_brought_up_to_date(&server.url(), &server.url()).await;
}

fn micros(time: time::OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap()
}

async fn insert(
    database: &DatabaseConnection,
    table: &'static str,
    row: Vec<(&'static str, sea_orm::Value)>,
) {
    let (columns, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
    let mut insert = Query::insert();
    insert.into_table(table).columns(columns).values_panic(values.into_iter().map(Into::into));
    database.execute(&insert).await.unwrap();
}

async fn is_brought_up_to_date(url: &str, url_to_make: &str) {
    let database = sea_orm::Database::connect(url_to_make).await.unwrap();
    Migrator::up(&database, Some(FIRST_RELEASE)).await.unwrap();
    let (user, session, list, refresh) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4(), token());
    let (made, ends) = (micros(NOW), micros(NOW + Duration::days(14)));
    let row = vec![
        ("id", user.into()),
        ("username", "ann".into()),
        ("role", "ADMIN".into()),
        ("password_hash", password().0.into()),
        ("created_at", made.into()),
    ];
    insert(&database, "users", row).await;
    let row = vec![
        ("id", session.into()),
        ("user_id", user.into()),
        ("created_at", made.into()),
        ("expires_at", ends.into()),
    ];
    insert(&database, "sessions", row).await;
    let row = vec![("hash", refresh.0.to_vec().into()), ("session_id", session.into())];
    insert(&database, "refresh_tokens", row).await;
    let row = vec![
        ("id", list.into()),
        ("owner_id", user.into()),
        ("name", "Mine".into()),
        ("folded_name", "mine".into()),
        ("created_at", made.into()),
    ];
    insert(&database, "watchlists", row).await;
    database.close().await.unwrap();

    let sql = connect(url).await;
    assert!(sql.pending().await.unwrap().len() >= 6);
    sql.migrate().await.unwrap();
    let ann = User {
        id: UserId(user),
        username: Username::parse("ann").unwrap(),
        role: Role::Admin,
        state: UserState::Active,
        second_factor: false,
        created_at: NOW,
    };
    let found = sql.find_by_username(&ann.username).await.unwrap();
    assert_eq!(found, Some((ann.clone(), Some(password()))));
    assert_eq!(
        WatchlistStore::list(&sql, ann.id).await.unwrap().len(),
        1,
        "what refers to the user is there"
    );

    let (found, _) = sql.find_by_token(refresh, NOW).await.unwrap().expect("the session is open");
    let expected = Session {
        id: domain::session::SessionId(session),
        address: None,
        agent: None,
        ..new_session(ann.id, NOW).session
    };
    assert_eq!(found, expected);
    let rotated = sql.rotate(renewal(refresh, token(), NOW, expected.expires_at), &reused()).await.unwrap();
    assert_eq!(rotated, Rotation::Rotated(expected, ann.clone()));
    let log_in = line(AuditAction::SessionCreate);
    assert!(SessionStore::create(&sql, &new_session(ann.id, NOW), &log_in).await.unwrap());
    assert!(sql.begin(&crate::samples::second_factor(ann.id)).await.unwrap());
    let more = watchlist(ann.id, "More", vec![]);
    WatchlistStore::create(&sql, &more).await.unwrap();
    sql.close().await;

    the_way_back(url, &ann).await;
}

/// Undone, the password is where it was.
async fn the_way_back(url: &str, ann: &User) {
    let database = sea_orm::Database::connect(url).await.unwrap();
    let changes = u32::try_from(Migrator::migrations().len()).unwrap();
    Migrator::down(&database, Some(changes - FIRST_RELEASE)).await.unwrap();
    let query = Query::select().column("password_hash").from("users").take();
    let row = database.query_one(&query).await.unwrap().unwrap();
    assert_eq!(row.try_get::<String>("", "password_hash").unwrap(), password().0);
    Migrator::up(&database, None).await.unwrap();
    database.close().await.unwrap();
    let sql = connect(url).await;
    let found = sql.find_by_username(&ann.username).await.unwrap();
    assert_eq!(found, Some((ann.clone(), Some(password()))));
    sql.close().await;
}

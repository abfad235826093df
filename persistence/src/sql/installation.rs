//! What the database remembers of itself: one row.

use async_trait::async_trait;
use domain::installation::{Installation, InstallationStore};
use domain::store::StoreError;
use domain::world::Environment;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;

use super::failure::{Failure, in_column};
use super::seal::Place;
use super::{PING_TAKES, Sql, bounded, run};

/// The key of the one row.
const ONLY: i16 = 1;

/// What is sealed in `key_check`: only who has the key that sealed it reads it.
const KEY_CHECK: &[u8] = b"tickgraph";

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "installation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub row: i16,
        pub id: Uuid,
        pub environment: Option<String>,
        pub key_check: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn environment(&self) -> Result<Option<Environment>, Failure> {
        let parse = |name: &String| name.parse().map_err(in_column::<String>("installation.environment"));
        self.environment.as_ref().map(parse).transpose()
    }

    fn key_place(&self) -> Place {
        Place { table: "installation", column: "key_check", row: self.id }
    }
}

impl Sql {
    /// Whether this process has the key that the installation's secrets are sealed with. The first key that comes is
    /// that key.
    pub async fn claim_key(&self) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            self.write_key(&transaction, Expr::col(row::Column::KeyCheck).is_null()).await?;
            let row = read(&transaction).await?;
            transaction.commit().await?;
            let kept = row.key_check.as_deref().unwrap_or_default();
            Ok(self.sealer()?.open(row.key_place(), kept).is_ok())
        })
        .await
    }

    /// Makes this process's key the installation's, whatever it was: what another key sealed is lost. Only on the
    /// operator's explicit word.
    pub async fn replace_key(&self) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            self.write_key(&transaction, Expr::value(true)).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn write_key(&self, connection: &impl ConnectionTrait, condition: Expr) -> Result<(), Failure> {
        let sealed = self.sealer()?.seal(read(connection).await?.key_place(), KEY_CHECK)?;
        row::Entity::update_many()
            .col_expr(row::Column::KeyCheck, Expr::value(sealed))
            .filter(condition)
            .exec(connection)
            .await?;
        Ok(())
    }
}

#[async_trait]
impl InstallationStore for Sql {
    async fn open(&self, fresh_id: Uuid) -> Result<Installation, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let row = row::ActiveModel {
                row: Set(ONLY),
                id: Set(fresh_id),
                environment: Set(None),
                key_check: Set(None),
            };
            row::Entity::insert(row)
                .on_conflict_do_nothing_on([row::Column::Row])
                .exec_without_returning(&transaction)
                .await?;
            let row = read(&transaction).await?;
            transaction.commit().await?;
            Ok(Installation { id: row.id, environment: row.environment()? })
        })
        .await
    }

    async fn environment(&self) -> Result<Option<Environment>, StoreError> {
        run(async { read(&self.reader).await?.environment() }).await
    }

    async fn claim_environment(&self, environment: Environment) -> Result<Environment, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            write(&transaction, environment, Expr::col(row::Column::Environment).is_null()).await?;
            let kept = read(&transaction).await?.environment()?;
            transaction.commit().await?;
            kept.ok_or_else(|| Failure::row("installation.environment is empty after it was claimed"))
        })
        .await
    }

    async fn replace_environment(&self, environment: Environment) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            read(&transaction).await?;
            write(&transaction, environment, Expr::value(true)).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        bounded(PING_TAKES, async { Ok(self.reader.ping().await?) }).await
    }
}

async fn read(connection: &impl ConnectionTrait) -> Result<row::Model, Failure> {
    let row = row::Entity::find_by_id(ONLY).one(connection).await?;
    row.ok_or_else(|| Failure::row("the installation has not been opened yet"))
}

async fn write(
    connection: &impl ConnectionTrait,
    environment: Environment,
    condition: Expr,
) -> Result<(), Failure> {
    row::Entity::update_many()
        .col_expr(row::Column::Environment, Expr::value(environment.as_str()))
        .filter(condition)
        .exec(connection)
        .await?;
    Ok(())
}

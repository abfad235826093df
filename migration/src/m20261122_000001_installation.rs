//! What the database remembers of itself: one row.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{small_integer, text_null, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("installation")
            .col(small_integer("row").primary_key().check(Expr::col("row").eq(1)))
            .col(uuid("id"))
            .col(text_null("environment"))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("installation").take()).await
    }
}

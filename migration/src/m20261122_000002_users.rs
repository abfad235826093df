//! People.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_uniq, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("users")
            .col(uuid("id").primary_key())
            .col(text_uniq("username"))
            .col(text("role"))
            .col(text("password_hash"))
            .col(big_integer("created_at"))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("users").take()).await
    }
}

//! Leases with their fencing tokens; `expires_at` is in the database'\''s own time.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, uuid_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("leases")
            .col(text("name").primary_key())
            .col(uuid_null("holder"))
            .col(big_integer("fence"))
            .col(big_integer("expires_at"))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("leases").take()).await
    }
}

//! What can be quoted and traded, as each broker connection knows it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("instruments")
            .col(uuid("id").primary_key())
            .col(text("connection"))
            .col(text("environment"))
            .col(big_integer("broker_id"))
            .col(text("symbol"))
            .col(text("name"))
            .col(text("asset_class"))
            .col(text("exchange"))
            .col(text_null("primary_exchange"))
            .col(text("currency"))
            .col(text("price_increment"))
            .col(text("multiplier"))
            .col(text("time_zone"))
            .take();
        manager.create_table(table).await?;
        let by_broker = Index::create()
            .name("instruments_broker_id")
            .table("instruments")
            .col("connection")
            .col("environment")
            .col("broker_id")
            .unique()
            .take();
        manager.create_index(by_broker).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("instruments").take()).await
    }
}

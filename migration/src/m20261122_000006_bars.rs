//! Bars of the past, and the stretches of time that are known in full: a cache.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let bars = Table::create()
            .table("bars")
            .col(uuid("instrument_id"))
            .col(text("size"))
            .col(big_integer("time"))
            .col(text("open"))
            .col(text("high"))
            .col(text("low"))
            .col(text("close"))
            .col(text_null("volume"))
            .primary_key(Index::create().col("instrument_id").col("size").col("time"))
            .take();
        manager.create_table(bars).await?;

        let coverage = Table::create()
            .table("bar_coverage")
            .col(uuid("instrument_id"))
            .col(text("size"))
            .col(big_integer("from_time"))
            .col(big_integer("to_time"))
            .primary_key(Index::create().col("instrument_id").col("size").col("from_time"))
            .take();
        manager.create_table(coverage).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("bar_coverage").take()).await?;
        manager.drop_table(Table::drop().table("bars").take()).await
    }
}

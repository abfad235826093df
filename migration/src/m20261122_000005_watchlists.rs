//! Watchlists and what is in them, in their owner'\''s order.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let lists = Table::create()
            .table("watchlists")
            .col(uuid("id").primary_key())
            .col(uuid("owner_id"))
            .col(text("name"))
            .col(text("folded_name"))
            .col(big_integer("created_at"))
            .foreign_key(
                ForeignKey::create()
                    .from("watchlists", "owner_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(lists).await?;
        let by_name = Index::create()
            .name("watchlists_owner_id_folded_name")
            .table("watchlists")
            .col("owner_id")
            .col("folded_name")
            .unique()
            .take();
        manager.create_index(by_name).await?;

        let items = Table::create()
            .table("watchlist_items")
            .col(uuid("watchlist_id"))
            .col(uuid("instrument_id"))
            .col(integer("position"))
            .primary_key(Index::create().col("watchlist_id").col("instrument_id"))
            .foreign_key(
                ForeignKey::create()
                    .from("watchlist_items", "watchlist_id")
                    .to("watchlists", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .foreign_key(
                ForeignKey::create().from("watchlist_items", "instrument_id").to("instruments", "id"),
            )
            .take();
        manager.create_table(items).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("watchlist_items").take()).await?;
        manager.drop_table(Table::drop().table("watchlists").take()).await
    }
}

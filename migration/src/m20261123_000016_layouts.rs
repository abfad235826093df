//! Layouts and preferences of users: JSON objects as text.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let layouts = Table::create()
            .table("layouts")
            .col(uuid("id").primary_key())
            .col(uuid("owner_id"))
            .col(text("name"))
            .col(text("content"))
            .col(integer("version"))
            .col(big_integer("updated_at"))
            .foreign_key(
                ForeignKey::create()
                    .from("layouts", "owner_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(layouts).await?;
        let by_owner =
            Index::create().name("layouts_owner_id_id").table("layouts").col("owner_id").col("id").take();
        manager.create_index(by_owner).await?;
        let preferences = Table::create()
            .table("preferences")
            .col(uuid("user_id").primary_key())
            .col(text("content"))
            .col(integer("version"))
            .foreign_key(
                ForeignKey::create()
                    .from("preferences", "user_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(preferences).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("preferences").take()).await?;
        manager.drop_table(Table::drop().table("layouts").take()).await
    }
}

//! The audit log. Its lines refer to users, sessions and keys without foreign keys: they outlive them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null, uuid, uuid_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("audit_lines")
            .col(uuid("id").primary_key())
            .col(big_integer("at"))
            .col(uuid_null("user_id"))
            .col(text_null("username"))
            .col(uuid_null("session_id"))
            .col(uuid_null("api_key_id"))
            .col(text_null("address"))
            .col(text("action"))
            .col(text_null("subject"))
            .col(text("outcome"))
            .col(text_null("detail"))
            .take();
        manager.create_table(table).await?;
        // Lines are listed by id, which grows with time: no index by time is needed.
        for column in ["user_id", "action"] {
            let index = Index::create()
                .name(format!("audit_lines_{column}_id"))
                .table("audit_lines")
                .col(column)
                .col("id")
                .take();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("audit_lines").take()).await
    }
}

//! Sessions and the hashes of their refresh tokens; the token in force has no `replaced_at`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, binary, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sessions = Table::create()
            .table("sessions")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("ended_at"))
            .foreign_key(
                ForeignKey::create()
                    .from("sessions", "user_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(sessions).await?;
        let by_user = Index::create().name("sessions_user_id").table("sessions").col("user_id").take();
        manager.create_index(by_user).await?;
        // Finds the rows that are old enough to be pruned.
        let by_end = Index::create().name("sessions_expires_at").table("sessions").col("expires_at").take();
        manager.create_index(by_end).await?;

        let tokens = Table::create()
            .table("refresh_tokens")
            .col(binary("hash").primary_key())
            .col(uuid("session_id"))
            .col(big_integer_null("replaced_at"))
            .foreign_key(
                ForeignKey::create()
                    .from("refresh_tokens", "session_id")
                    .to("sessions", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(tokens).await?;
        let by_session = Index::create()
            .name("refresh_tokens_session_id")
            .table("refresh_tokens")
            .col("session_id")
            .col("replaced_at")
            .take();
        manager.create_index(by_session).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("refresh_tokens").take()).await?;
        manager.drop_table(Table::drop().table("sessions").take()).await
    }
}

//! Webhooks, their secrets sealed, and users' e-mail addresses with the hash of the code that confirms one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, binary_null, integer, text, text_null, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let webhooks = Table::create()
            .table("webhooks")
            .col(uuid("id").primary_key())
            .col(uuid("owner_id"))
            .col(text("name"))
            .col(text("url"))
            .col(binary("secret"))
            .col(big_integer("created_at"))
            .col(big_integer_null("last_delivered_at"))
            .col(text_null("last_error"))
            .foreign_key(
                ForeignKey::create()
                    .from("webhooks", "owner_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(webhooks).await?;
        let by_owner =
            Index::create().name("webhooks_owner_id_id").table("webhooks").col("owner_id").col("id").take();
        manager.create_index(by_owner).await?;

        let mailboxes = Table::create()
            .table("mailboxes")
            .col(uuid("user_id").primary_key())
            .col(text("address"))
            .col(big_integer_null("confirmed_at"))
            .col(binary_null("code"))
            .col(big_integer_null("code_expires_at"))
            .col(integer("code_tries"))
            .foreign_key(
                ForeignKey::create()
                    .from("mailboxes", "user_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(mailboxes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("mailboxes").take()).await?;
        manager.drop_table(Table::drop().table("webhooks").take()).await
    }
}

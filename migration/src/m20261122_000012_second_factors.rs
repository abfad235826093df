//! Second factors, their secrets sealed, and the hashes of the recovery codes that are left. One that is not in force
//! has no `last_step`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, binary, uuid, uuid_uniq};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let factors = Table::create()
            .table("second_factors")
            .col(uuid("user_id").primary_key())
            .col(uuid_uniq("id"))
            .col(binary("secret"))
            .col(big_integer("created_at"))
            .col(big_integer_null("last_step"))
            .foreign_key(
                ForeignKey::create()
                    .from("second_factors", "user_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(factors).await?;

        let codes = Table::create()
            .table("recovery_codes")
            .col(uuid("user_id"))
            .col(binary("hash"))
            .primary_key(Index::create().col("user_id").col("hash"))
            .foreign_key(
                ForeignKey::create()
                    .from("recovery_codes", "user_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(codes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("recovery_codes").take()).await?;
        manager.drop_table(Table::drop().table("second_factors").take()).await
    }
}

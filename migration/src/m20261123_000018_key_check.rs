//! A text of no secret, sealed with the installation's key: by it a process with another key is told from the others.
//! Empty until the first process with a key has come.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::binary_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = binary_null("key_check");
        manager.alter_table(Table::alter().table("installation").add_column(column).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("installation").drop_column("key_check").take()).await
    }
}

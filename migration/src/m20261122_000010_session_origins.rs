//! When sessions were last used, and from where they were opened.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in
            [big_integer("last_used_at").default(0).take(), text_null("address"), text_null("agent")]
        {
            manager.alter_table(Table::alter().table("sessions").add_column(column).take()).await?;
        }
        // Nothing tells when those that are there were last used.
        let known = Query::update().table("sessions").value("last_used_at", Expr::col("created_at")).take();
        manager.exec_stmt(known).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["agent", "address", "last_used_at"] {
            manager.alter_table(Table::alter().table("sessions").drop_column(column).take()).await?;
        }
        Ok(())
    }
}

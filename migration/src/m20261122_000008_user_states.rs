//! Whether a user can come in; users without a password; since when a second factor is in force.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, text, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, text("state").default("ACTIVE").take()).await?;
        add(manager, big_integer_null("second_factor_since")).await?;
        // SQLite cannot make a column nullable, and a new table in place of this one would, when the old one is
        // dropped, take along whatever refers to it. A new column does the same on both databases.
        replace_password(manager, text_null("password"), Expr::col("password_hash")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Nobody logs in with an empty hash.
        let never_null = Expr::col("password_hash").if_null("");
        replace_password(manager, text("password").default("").take(), never_null).await?;
        drop(manager, "second_factor_since").await?;
        drop(manager, "state").await
    }
}

async fn add(manager: &SchemaManager<'_>, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table("users").add_column(column).take()).await
}

async fn drop(manager: &SchemaManager<'_>, column: &'static str) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table("users").drop_column(column).take()).await
}

async fn replace_password(
    manager: &SchemaManager<'_>,
    column: ColumnDef,
    value: impl Into<Expr>,
) -> Result<(), DbErr> {
    add(manager, column).await?;
    let copy = Query::update().table("users").value("password", value.into()).take();
    manager.exec_stmt(copy).await?;
    drop(manager, "password_hash").await?;
    let rename = Table::alter().table("users").rename_column("password", "password_hash").take();
    manager.alter_table(rename).await
}

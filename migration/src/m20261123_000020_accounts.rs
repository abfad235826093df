//! Accounts: who may see and trade them, what they hold and are worth, and what happened in them, by numbers that the
//! account's row counts. Instruments are named without a foreign key: a broker tells of some that were never looked up.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null, uuid, uuid_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [accounts(), grants(), positions(), values(), snapshots(), events()] {
            manager.create_table(table).await?;
        }
        let by_user =
            Index::create().name("account_grants_user_id").table("account_grants").col("user_id").take();
        manager.create_index(by_user).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "account_events",
            "account_snapshots",
            "account_values",
            "positions",
            "account_grants",
            "accounts",
        ];
        for table in tables {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn accounts() -> TableCreateStatement {
    Table::create()
        .table("accounts")
        .col(uuid("id").primary_key())
        .col(text("connection"))
        .col(text("environment"))
        .col(text("code"))
        .col(big_integer("last_event"))
        .take()
}

fn of_account(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table, "account_id")
        .to("accounts", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

fn grants() -> TableCreateStatement {
    Table::create()
        .table("account_grants")
        .col(uuid("account_id"))
        .col(uuid("user_id"))
        .col(text("access"))
        .col(uuid("granted_by"))
        .col(big_integer("granted_at"))
        .primary_key(Index::create().col("account_id").col("user_id"))
        .foreign_key(&mut of_account("account_grants"))
        .foreign_key(
            ForeignKey::create()
                .from("account_grants", "user_id")
                .to("users", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

fn positions() -> TableCreateStatement {
    Table::create()
        .table("positions")
        .col(uuid("account_id"))
        .col(uuid("instrument_id"))
        .col(text("quantity"))
        .col(text_null("average_price"))
        .col(text_null("market_price"))
        .col(text_null("market_value"))
        .col(text_null("realized_pnl"))
        .col(text_null("unrealized_pnl"))
        .col(big_integer("as_of"))
        .primary_key(Index::create().col("account_id").col("instrument_id"))
        .foreign_key(&mut of_account("positions"))
        .take()
}

fn values() -> TableCreateStatement {
    let mut table = Table::create();
    table.table("account_values").col(uuid("account_id").primary_key()).col(text("currency"));
    for column in [
        "net_liquidation",
        "cash",
        "buying_power",
        "available_funds",
        "excess_liquidity",
        "initial_margin",
        "maintenance_margin",
        "gross_position_value",
        "day_pnl",
        "realized_pnl",
        "unrealized_pnl",
    ] {
        table.col(text_null(column));
    }
    table.col(big_integer("as_of")).foreign_key(&mut of_account("account_values")).take()
}

fn snapshots() -> TableCreateStatement {
    Table::create()
        .table("account_snapshots")
        .col(uuid("account_id"))
        .col(big_integer("at"))
        .col(text("net_liquidation"))
        .col(text_null("cash"))
        .col(text_null("realized_pnl"))
        .col(text_null("unrealized_pnl"))
        .primary_key(Index::create().col("account_id").col("at"))
        .foreign_key(&mut of_account("account_snapshots"))
        .take()
}

fn events() -> TableCreateStatement {
    Table::create()
        .table("account_events")
        .col(uuid("account_id"))
        .col(big_integer("number"))
        .col(big_integer("at"))
        .col(text("kind"))
        .col(uuid_null("order_id"))
        .col(text_null("status"))
        .col(text_null("filled"))
        .col(uuid_null("execution_id"))
        .col(uuid_null("instrument_id"))
        .col(text_null("contradiction"))
        .col(text_null("text"))
        .primary_key(Index::create().col("account_id").col("number"))
        .foreign_key(&mut of_account("account_events"))
        .take()
}

//! Orders with what we tell the broker of them and what was done of them, the greatest number that each client of a
//! broker has given to an order, and the halts of trading. A commission may be there before its execution.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary_null, integer, integer_null, text, text_null, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 7] = [
    "trading_halts",
    "broker_ids",
    "commissions",
    "executions",
    "order_commands",
    "order_perm_ids",
    "orders",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in
            [orders(), perm_ids(), commands(), executions(), commissions(), broker_ids(), trading_halts()]
        {
            manager.create_table(table).await?;
        }
        let unique_key = Index::create()
            .name("orders_placed_by_key")
            .table("orders")
            .col("placed_by")
            .col("idempotency_key")
            .unique()
            .take();
        manager.create_index(unique_key).await?;
        let indices: [(&str, &[&str]); 8] = [
            ("orders", &["account_id", "id"]),
            ("orders", &["connection", "environment", "status"]),
            ("orders", &["connection", "environment", "updated_at"]),
            ("orders", &["connection", "environment", "client_id", "broker_order_id"]),
            ("order_perm_ids", &["order_id"]),
            ("order_commands", &["state", "connection", "environment"]),
            ("executions", &["order_id"]),
            ("executions", &["account_id", "at", "id"]),
        ];
        for (table, columns) in indices {
            let mut index = Index::create();
            index.name(format!("{table}_{}", columns.join("_"))).table(table);
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index.take()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn orders() -> TableCreateStatement {
    Table::create()
        .table("orders")
        .col(uuid("id").primary_key())
        .col(uuid("account_id"))
        .col(text("connection"))
        .col(text("environment"))
        .col(uuid("instrument_id"))
        .col(uuid_null("placed_by"))
        .col(uuid_null("idempotency_key"))
        .col(binary_null("input_digest"))
        .col(uuid_null("confirms"))
        .col(text("side"))
        .col(text("terms"))
        .col(text_null("replacement"))
        .col(text("status"))
        .col(text_null("reason"))
        .col(text_null("overridable"))
        .col(text("filled"))
        .col(text_null("average_price"))
        .col(text_null("contradiction"))
        .col(integer_null("client_id"))
        .col(integer_null("broker_order_id"))
        .col(big_integer("created_at"))
        .col(big_integer_null("sent_at"))
        .col(big_integer("updated_at"))
        .col(integer("version"))
        .foreign_key(ForeignKey::create().from("orders", "account_id").to("accounts", "id"))
        .foreign_key(ForeignKey::create().from("orders", "placed_by").to("users", "id"))
        .take()
}

fn of_order(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, "order_id").to("orders", "id").take()
}

fn perm_ids() -> TableCreateStatement {
    Table::create()
        .table("order_perm_ids")
        .col(text("connection"))
        .col(text("environment"))
        .col(big_integer("perm_id"))
        .col(uuid("order_id"))
        .primary_key(Index::create().col("connection").col("environment").col("perm_id"))
        .foreign_key(&mut of_order("order_perm_ids"))
        .take()
}

fn commands() -> TableCreateStatement {
    Table::create()
        .table("order_commands")
        .col(uuid("order_id"))
        .col(integer("number"))
        .col(uuid("account_id"))
        .col(text("connection"))
        .col(text("environment"))
        .col(text("kind"))
        .col(integer("urgency"))
        .col(text("state"))
        .col(big_integer("created_at"))
        .col(big_integer("dispatch_by"))
        .col(big_integer_null("claimed_at"))
        .col(big_integer_null("claimed_epoch"))
        .primary_key(Index::create().col("order_id").col("number"))
        .foreign_key(&mut of_order("order_commands"))
        .take()
}

fn executions() -> TableCreateStatement {
    Table::create()
        .table("executions")
        .col(uuid("id").primary_key())
        .col(uuid("order_id"))
        .col(uuid("account_id"))
        .col(uuid("instrument_id"))
        .col(text("broker_id"))
        .col(text("side"))
        .col(text("quantity"))
        .col(text("price"))
        .col(text("exchange"))
        .col(big_integer("at"))
        .foreign_key(&mut of_order("executions"))
        .take()
}

fn commissions() -> TableCreateStatement {
    Table::create()
        .table("commissions")
        .col(uuid("execution_id").primary_key())
        .col(text("broker_id"))
        .col(text("amount"))
        .col(text("currency"))
        .col(text_null("realized_pnl"))
        .take()
}

fn broker_ids() -> TableCreateStatement {
    Table::create()
        .table("broker_ids")
        .col(text("connection"))
        .col(text("environment"))
        .col(integer("client_id"))
        .col(integer("last"))
        .primary_key(Index::create().col("connection").col("environment").col("client_id"))
        .take()
}

fn trading_halts() -> TableCreateStatement {
    Table::create()
        .table("trading_halts")
        // The account, or nil for all.
        .col(uuid("scope").primary_key())
        .col(uuid_null("halted_by"))
        .col(big_integer("at"))
        .col(text("reason"))
        .take()
}

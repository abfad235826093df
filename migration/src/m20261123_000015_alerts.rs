//! Alerts with what was seen of them, what they said, and where that goes. An event refers to its alert without a foreign
//! key: it outlives it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, text, text_null, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(alerts()).await?;
        manager.create_table(events()).await?;
        manager.create_table(deliveries()).await?;
        let by_owner =
            Index::create().name("alerts_owner_id_id").table("alerts").col("owner_id").col("id").take();
        let by_state = Index::create().name("alerts_state").table("alerts").col("state").take();
        let by_webhook = Index::create().name("alerts_webhook_id").table("alerts").col("webhook_id").take();
        let by_number = Index::create()
            .name("alert_events_owner_id_number")
            .table("alert_events")
            .col("owner_id")
            .col("number")
            .unique()
            .take();
        let by_event = Index::create().name("deliveries_event_id").table("deliveries").col("event_id").take();
        let due = Index::create()
            .name("deliveries_next_attempt_at")
            .table("deliveries")
            .col("next_attempt_at")
            .take();
        for index in [by_owner, by_state, by_webhook, by_number, by_event, due] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["deliveries", "alert_events", "alerts"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn alerts() -> TableCreateStatement {
    Table::create()
        .table("alerts")
        .col(uuid("id").primary_key())
        .col(uuid("owner_id"))
        .col(uuid("instrument_id"))
        .col(text_null("name"))
        .col(text("subject"))
        .col(text("comparison"))
        .col(text("threshold"))
        .col(text("repeat"))
        .col(text("state"))
        .col(text_null("reason"))
        .col(boolean("email"))
        .col(uuid_null("webhook_id"))
        .col(big_integer_null("expires_at"))
        .col(big_integer("created_at"))
        .col(big_integer_null("triggered_at"))
        .col(integer("version"))
        .col(big_integer("arming"))
        .col(text_null("last_value"))
        .col(boolean("armed"))
        .foreign_key(
            ForeignKey::create()
                .from("alerts", "owner_id")
                .to("users", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .foreign_key(ForeignKey::create().from("alerts", "instrument_id").to("instruments", "id"))
        .foreign_key(
            ForeignKey::create()
                .from("alerts", "webhook_id")
                .to("webhooks", "id")
                .on_delete(ForeignKeyAction::SetNull),
        )
        .take()
}

fn events() -> TableCreateStatement {
    Table::create()
        .table("alert_events")
        .col(uuid("id").primary_key())
        .col(uuid("owner_id"))
        .col(big_integer("number"))
        .col(uuid("alert_id"))
        .col(text_null("alert_name"))
        .col(uuid("instrument_id"))
        .col(text("text"))
        .col(text("value"))
        .col(text("threshold"))
        .col(big_integer("at"))
        .col(big_integer_null("read_at"))
        .foreign_key(
            ForeignKey::create()
                .from("alert_events", "owner_id")
                .to("users", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .foreign_key(ForeignKey::create().from("alert_events", "instrument_id").to("instruments", "id"))
        .take()
}

fn deliveries() -> TableCreateStatement {
    Table::create()
        .table("deliveries")
        .col(uuid("id").primary_key())
        .col(uuid("event_id"))
        .col(text("channel"))
        .col(uuid_null("webhook_id"))
        .col(text("host"))
        .col(text("state"))
        .col(integer("attempts"))
        .col(text_null("last_error"))
        .col(big_integer("created_at"))
        .col(big_integer_null("delivered_at"))
        .col(big_integer_null("next_attempt_at"))
        .foreign_key(
            ForeignKey::create()
                .from("deliveries", "event_id")
                .to("alert_events", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .foreign_key(
            ForeignKey::create()
                .from("deliveries", "webhook_id")
                .to("webhooks", "id")
                .on_delete(ForeignKeyAction::SetNull),
        )
        .take()
}

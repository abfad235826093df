//! Whose a delivery is, and to which webhook it goes; an e-mail address that waits to take another's place; and what of
//! alerts' events is unread.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{text_null, uuid_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The index of events that are not read.
const UNREAD: &str = "alert_events_unread";

/// The index of deliveries by their webhook: they lose it when it goes.
const BY_WEBHOOK: &str = "deliveries_webhook_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let owner = Table::alter().table("deliveries").add_column(uuid_null("owner_id")).take();
        manager.alter_table(owner).await?;
        let of_event = Query::select()
            .column("owner_id")
            .from("alert_events")
            .and_where(Expr::col(("alert_events", "id")).equals(("deliveries", "event_id")))
            .take();
        let known = Query::update().table("deliveries").value("owner_id", of_event).take();
        manager.exec_stmt(known).await?;

        let address = Table::alter().table("mailboxes").add_column(text_null("new_address")).take();
        manager.alter_table(address).await?;

        let unread = Index::create()
            .name(UNREAD)
            .table("alert_events")
            .col("owner_id")
            .col("number")
            .and_where(Expr::col("read_at").is_null())
            .take();
        manager.create_index(unread).await?;
        let by_webhook = Index::create().name(BY_WEBHOOK).table("deliveries").col("webhook_id").take();
        manager.create_index(by_webhook).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(BY_WEBHOOK).table("deliveries").to_owned()).await?;
        manager.drop_index(Index::drop().name(UNREAD).table("alert_events").to_owned()).await?;
        for (table, column) in [("mailboxes", "new_address"), ("deliveries", "owner_id")] {
            manager.alter_table(Table::alter().table(table).drop_column(column).take()).await?;
        }
        Ok(())
    }
}

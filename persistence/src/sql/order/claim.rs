//! Handing commands out to a desk, each once, and ending what nobody took in time.

use std::collections::HashMap;

use domain::account::AccountId;
use domain::order::{
    BrokerSeat, Claim, Claimed, Command, CommandKind, Happening, Order, OrderClient, OrderId,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, DatabaseTransaction, QueryOrder, QuerySelect};

use super::command::{self, CLAIMED, EXPIRED, WAITING, WITHDRAWN};
use super::halt::Halts;
use super::{find, of_connection, row as order_row, update};
use crate::sql::account::{Entry, Journal};
use crate::sql::column::Moment;
use crate::sql::failure::Failure;
use crate::sql::{AT_ONCE, Lock, Sql, lease};

mod id {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "broker_ids")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub connection: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub environment: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: i32,
        pub last: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Sql {
    /// [`domain::order::OrderDeskStore::claim`]
    pub(super) async fn claim_commands(&self, epoch: u64, claim: &Claim) -> Result<Claimed, Failure> {
        // Desks ask all the time: where nothing waits, nothing is locked.
        if waiting(&claim.client).one(&self.reader).await?.is_none() {
            return Ok(Claimed::default());
        }
        let transaction = self.begin_write().await?;
        self.lock(&transaction, Lock::Orders).await?;
        if lease::has_passed_for_good(&transaction, epoch).await? {
            return Ok(Claimed::default());
        }
        let mut counter = Counter::open(&transaction, claim, epoch).await?;
        for command in late(&transaction, claim).await? {
            counter.expire(&command).await?;
        }
        for command in due(&transaction, claim, &counter.halts).await? {
            counter.hand_out(&command).await?;
        }
        let claimed = counter.close().await?;
        transaction.commit().await?;
        Ok(claimed)
    }

    /// [`domain::order::OrderDeskStore::raise_ids`]
    pub(super) async fn raise_broker_ids(
        &self,
        epoch: u64,
        client: &OrderClient,
        next: i32,
    ) -> Result<(), Failure> {
        let transaction = self.begin_write().await?;
        self.lock(&transaction, Lock::Orders).await?;
        if lease::has_passed_for_good(&transaction, epoch).await? {
            return Ok(());
        }
        let last = last_id(&transaction, client).await?;
        if next.saturating_sub(1) > last {
            write_last_id(&transaction, client, next - 1).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// The commands that wait for this broker.
fn waiting(client: &OrderClient) -> Select<command::row::Entity> {
    use command::row::Column::{Connection, Environment, State};
    command::row::Entity::find()
        .filter(State.eq(WAITING))
        .filter(Connection.eq(client.connection.as_str()))
        .filter(Environment.eq(client.environment.as_str()))
}

/// Those for which it is too late.
async fn late(transaction: &DatabaseTransaction, claim: &Claim) -> Result<Vec<command::row::Model>, Failure> {
    Ok(waiting(&claim.client)
        .filter(command::row::Column::DispatchBy.lte(Moment::from(claim.now)))
        .order_by_asc(command::row::Column::CreatedAt)
        .order_by_asc(command::row::Column::OrderId)
        .limit(AT_ONCE as u64)
        .all(transaction)
        .await?)
}

/// Those that can be handed out: cancellations first, then oldest first.
async fn due(
    transaction: &DatabaseTransaction,
    claim: &Claim,
    halts: &Halts,
) -> Result<Vec<command::row::Model>, Failure> {
    use command::row::Column::{
        AccountId as OfAccount, CreatedAt, DispatchBy, Kind, OrderId as OfOrder, Urgency,
    };
    let mut due = waiting(&claim.client).filter(DispatchBy.gt(Moment::from(claim.now)));
    if let Some(halted) = halts.accounts() {
        let halted = halted.map(AccountId::uuid);
        let cancels = Kind.eq(CommandKind::Cancel.as_str());
        due = due.filter(Condition::any().add(cancels).add(OfAccount.is_not_in(halted)));
    } else {
        due = due.filter(Kind.eq(CommandKind::Cancel.as_str()));
    }
    Ok(due
        .order_by_asc(Urgency)
        .order_by_asc(CreatedAt)
        .order_by_asc(OfOrder)
        .limit(claim.count)
        .all(transaction)
        .await?)
}

/// What one claim reads and writes.
struct Counter<'a> {
    transaction: &'a DatabaseTransaction,
    claim: &'a Claim,
    epoch: u64,
    halts: Halts,
    journal: Journal,
    last_id: i32,
    has_counted: bool,
    /// Orders as they are by now.
    orders: HashMap<OrderId, Order>,
    commands: Vec<Command>,
}

impl<'a> Counter<'a> {
    async fn open(
        transaction: &'a DatabaseTransaction,
        claim: &'a Claim,
        epoch: u64,
    ) -> Result<Self, Failure> {
        let accounts: Vec<Uuid> = waiting(&claim.client)
            .select_only()
            .column(command::row::Column::AccountId)
            .distinct()
            .into_tuple()
            .all(transaction)
            .await?;
        Ok(Self {
            transaction,
            claim,
            epoch,
            halts: Halts::read(transaction).await?,
            journal: Journal::open(transaction, accounts.into_iter().map(AccountId::from_uuid)).await?,
            last_id: last_id(transaction, &claim.client).await?,
            has_counted: false,
            orders: HashMap::new(),
            commands: Vec::new(),
        })
    }

    /// Ends a command for which it is too late.
    async fn expire(&mut self, command: &command::row::Model) -> Result<(), Failure> {
        let Some((order, _)) = self.order(command).await? else { return Ok(()) };
        let kind = command.kind()?;
        let halt = self.halts.of(order.account).filter(|_| kind != CommandKind::Cancel);
        let why = kind.not_sent(halt);
        let after = order.not_sent(kind, &why, self.claim.now);
        let state = if after == order { WITHDRAWN } else { EXPIRED };
        command::settle(self.transaction, command, state, None).await?;
        self.write(&order, after, Some(why)).await
    }

    async fn hand_out(&mut self, command: &command::row::Model) -> Result<(), Failure> {
        let Some((order, account)) = self.order(command).await? else { return Ok(()) };
        let kind = command.kind()?;
        let Some(mut after) = order.handed_out(kind, self.claim.now) else {
            return command::settle(self.transaction, command, WITHDRAWN, None).await;
        };
        if kind == CommandKind::Place {
            after.seat = Some(self.next_seat()?);
        }
        command::settle(self.transaction, command, CLAIMED, Some((self.claim.now, self.epoch))).await?;
        self.commands.push(Command {
            kind,
            order: after.clone(),
            account,
            dispatch_by: command.dispatch_by.time()?,
        });
        self.write(&order, after, None).await
    }

    /// The order of a command, with the broker's name of its account. One whose account is not held was written after the
    /// accounts were read, and waits for the next claim.
    async fn order(&mut self, command: &command::row::Model) -> Result<Option<(Order, String)>, Failure> {
        let Some(account) = self.journal.account(AccountId::from_uuid(command.account_id)) else {
            return Ok(None);
        };
        let code = account.code.clone();
        let id = OrderId(command.order_id);
        let order = if let Some(order) = self.orders.get(&id) {
            order.clone()
        } else {
            let found = find(self.transaction, &[id]).await?.pop();
            found.ok_or_else(|| Failure::row("order_commands.order_id: there is no such order"))?
        };
        Ok(Some((order, code)))
    }

    async fn write(&mut self, before: &Order, after: Order, text: Option<String>) -> Result<(), Failure> {
        if after == *before {
            return Ok(());
        }
        update(self.transaction, &after).await?;
        let entry = Entry::of_order(&after, Happening::Order(text));
        self.journal.enter(after.account, self.claim.now, entry)?;
        self.orders.insert(after.id, after);
        Ok(())
    }

    fn next_seat(&mut self) -> Result<BrokerSeat, Failure> {
        let next = self.last_id.checked_add(1);
        self.last_id = next.ok_or_else(|| Failure::row("broker_ids.last: no number is left for orders"))?;
        self.has_counted = true;
        Ok(BrokerSeat { client_id: self.claim.client.client_id, order_id: self.last_id })
    }

    async fn close(self) -> Result<Claimed, Failure> {
        if self.has_counted {
            write_last_id(self.transaction, &self.claim.client, self.last_id).await?;
        }
        let accounts = self.journal.write(self.transaction).await?;
        Ok(Claimed { commands: self.commands, accounts })
    }
}

/// The greatest number that this client has given to an order: by our count, or as the broker has told of orders.
async fn last_id(transaction: &DatabaseTransaction, client: &OrderClient) -> Result<i32, Failure> {
    let row = id::Entity::find_by_id(key(client)).one(transaction).await?;
    let told: Option<Option<i32>> = of_connection(&client.connection, client.environment)
        .select_only()
        .column_as(order_row::Column::BrokerOrderId.max(), "greatest")
        .filter(order_row::Column::ClientId.eq(client.client_id))
        .into_tuple()
        .one(transaction)
        .await?;
    Ok(row.map_or(0, |row| row.last).max(told.flatten().unwrap_or(0)))
}

fn key(client: &OrderClient) -> (String, String, i32) {
    let OrderClient { connection, environment, client_id } = client;
    (connection.as_str().to_owned(), environment.as_str().to_owned(), *client_id)
}

async fn write_last_id(
    transaction: &DatabaseTransaction,
    client: &OrderClient,
    last: i32,
) -> Result<(), Failure> {
    let (connection, environment, client_id) = key(client);
    let replace =
        OnConflict::columns([id::Column::Connection, id::Column::Environment, id::Column::ClientId])
            .update_column(id::Column::Last)
            .to_owned();
    let row = id::ActiveModel {
        connection: Set(connection),
        environment: Set(environment),
        client_id: Set(client_id),
        last: Set(last),
    };
    id::Entity::insert(row).on_conflict(replace).exec_without_returning(transaction).await?;
    Ok(())
}

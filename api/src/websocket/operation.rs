//! The operations of one socket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{Response, ServerError};
use axum::extract::ws::Utf8Bytes;
use futures::StreamExt as _;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::graphql::error::code;
use crate::http::{App, Caller, OperationKind, Prepared, execute, is_request_error, with_codes};
use crate::websocket::message::{Bare, ServerMessage};

/// The most operations that run on one socket at once.
const MAX_OPERATIONS: usize = 100;

/// The operations that run on one socket. Those that follow something end with it.
pub struct Operations {
    app: Arc<App>,
    queue: mpsc::Sender<Utf8Bytes>,
    running: Arc<Mutex<Running>>,
}

/// Why an operation was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBegun {
    /// The id is in use.
    Duplicate,
}

#[derive(Default)]
struct Running {
    count: u64,
    by_id: HashMap<String, (u64, Option<AbortHandle>)>,
}

impl Operations {
    /// No operations yet.
    pub fn new(app: Arc<App>, queue: mpsc::Sender<Utf8Bytes>) -> Self {
        Self { app, queue, running: Arc::default() }
    }

    /// Begins an operation. What is wrong with it is told by an `error` message.
    pub async fn begin(
        &self,
        id: String,
        prepared: Result<Prepared, Vec<ServerError>>,
        caller: Caller,
    ) -> Result<(), NotBegun> {
        let number = {
            let mut running = lock(&self.running);
            if running.by_id.contains_key(&id) {
                return Err(NotBegun::Duplicate);
            }
            if running.by_id.len() < MAX_OPERATIONS {
                running.count += 1;
                let number = running.count;
                running.by_id.insert(id.clone(), (number, None));
                Some(number)
            } else {
                None
            }
        };
        let refused = match (prepared, number) {
            (Ok(prepared), Some(number)) => {
                self.spawn(&id, number, prepared, caller);
                return Ok(());
            }
            (Err(errors), _) => errors,
            (Ok(_), None) => too_many(),
        };
        if let Some(number) = number {
            lock(&self.running).end(&id, number);
        }
        let message = ServerMessage::Error { id: &id, payload: &refused }.text();
        send(&self.queue, message).await;
        Ok(())
    }

    /// Ends an operation that the client wants no more of. A mutation is finished all the same.
    pub fn complete(&self, id: &str) {
        if let Some((_, Some(task))) = lock(&self.running).by_id.remove(id) {
            task.abort();
        }
    }

    fn spawn(&self, id: &str, number: u64, prepared: Prepared, caller: Caller) {
        let is_mutation = prepared.kind == OperationKind::Mutation;
        let operation = Operation {
            app: Arc::clone(&self.app),
            queue: self.queue.clone(),
            running: Arc::clone(&self.running),
            id: id.to_owned(),
            number,
        };
        let task = tokio::spawn(operation.run(prepared, caller)).abort_handle();
        if !is_mutation
            && let Some(entry) = lock(&self.running).by_id.get_mut(id).filter(|(known, _)| *known == number)
        {
            entry.1 = Some(task);
        }
    }
}

impl Drop for Operations {
    fn drop(&mut self) {
        for (_, (_, task)) in lock(&self.running).by_id.drain() {
            if let Some(task) = task {
                task.abort();
            }
        }
    }
}

impl Running {
    /// Frees the id, where it still belongs to this operation.
    fn end(&mut self, id: &str, number: u64) -> bool {
        let is_ours = self.by_id.get(id).is_some_and(|(known, _)| *known == number);
        is_ours && self.by_id.remove(id).is_some()
    }
}

struct Operation {
    app: Arc<App>,
    queue: mpsc::Sender<Utf8Bytes>,
    running: Arc<Mutex<Running>>,
    id: String,
    number: u64,
}

impl Operation {
    async fn run(self, prepared: Prepared, caller: Caller) {
        if prepared.kind != OperationKind::Subscription {
            let response = execute(&self.app, prepared, caller).await;
            if self.tell(&response).await {
                self.complete().await;
            }
            return;
        }
        if let Err(errors) = self.app.meter.charge(&prepared, &caller).await {
            self.tell(&Response::from_errors(errors)).await;
            return;
        }
        let mut responses = self.app.schema.execute_stream(prepared.into_request(caller));
        while let Some(response) = responses.next().await {
            if !self.tell(&with_codes(response)).await {
                return;
            }
        }
        self.complete().await;
    }

    /// Sends a result; returns whether the operation goes on.
    async fn tell(&self, response: &Response) -> bool {
        if is_request_error(response) {
            // The id is free before the client hears of it: it may use it again at once.
            if lock(&self.running).end(&self.id, self.number) {
                let message = ServerMessage::Error { id: &self.id, payload: &response.errors }.text();
                send(&self.queue, message).await;
            }
            return false;
        }
        let payload = Payload { errors: &response.errors, data: &response.data };
        send(&self.queue, ServerMessage::Next { id: &self.id, payload }.text()).await
    }

    async fn complete(&self) {
        if lock(&self.running).end(&self.id, self.number) {
            let message: ServerMessage<'_, ()> = ServerMessage::Complete { id: &self.id };
            send(&self.queue, message.text()).await;
        }
    }
}

#[derive(Serialize)]
struct Payload<'r> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'r [ServerError],
    data: &'r async_graphql::Value,
}

/// Queues a message; returns whether the socket still takes any.
pub async fn send(queue: &mpsc::Sender<Utf8Bytes>, message: Option<Utf8Bytes>) -> bool {
    match message {
        Some(text) => queue.send(text).await.is_ok(),
        None => false,
    }
}

fn too_many() -> Vec<ServerError> {
    let message =
        format!("a connection runs at most {MAX_OPERATIONS} operations at once; complete some first");
    crate::http::failed(code::LIMIT, message).errors
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The acknowledgement of a connection.
pub fn acknowledgement() -> Option<Utf8Bytes> {
    Bare::ConnectionAck.text()
}

//! The operations of one socket.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_graphql::ServerError;
use axum::extract::ws::Utf8Bytes;
use futures::stream::{AbortHandle, BoxStream, SelectAll, abortable};
use futures::{Stream as _, StreamExt as _};

use crate::bookmark::Bookmark;
use crate::follow::{Asked, Recipient, Shares, Step, steps};
use crate::graphql::error::code;
use crate::http::{App, Caller, Prepared, failed, is_request_error, response_text};
use crate::share::{Frame, OperationNumber, Outbox, Place};
use crate::websocket::close::Resume;
use crate::websocket::message::{ServerMessage, next};

/// The most operations that run on one socket at once.
const MAX_OPERATIONS: usize = 100;

/// The operations that run on one socket. Those that follow something end with it; a mutation is finished.
pub struct Operations {
    app: Arc<App>,
    outbox: Arc<Outbox>,
    count: OperationNumber,
    numbers: HashMap<Arc<str>, OperationNumber>,
    running: HashMap<OperationNumber, Operation>,
    steps: SelectAll<BoxStream<'static, (OperationNumber, Step)>>,
}

struct Operation {
    id: Arc<str>,
    abort: AbortHandle,
    #[allow(dead_code, reason = "held for as long as the operation follows what it shares with others")]
    shares: Option<Shares>,
    bookmark: Option<Bookmark>,
}

/// An operation was not begun because its id is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate;

impl Operations {
    /// No operations yet.
    pub fn new(app: Arc<App>, outbox: Arc<Outbox>) -> Self {
        Self {
            app,
            outbox,
            count: 0,
            numbers: HashMap::new(),
            running: HashMap::new(),
            steps: SelectAll::new(),
        }
    }

    /// Begins an operation; returns the message that says what is wrong with it, if something is.
    pub fn begin(
        &mut self,
        id: &str,
        prepared: Result<Prepared, Vec<ServerError>>,
        caller: Caller,
    ) -> Result<Option<Utf8Bytes>, Duplicate> {
        if self.numbers.contains_key(id) {
            return Err(Duplicate);
        }
        let prepared = match prepared {
            Ok(_) if self.running.len() >= MAX_OPERATIONS => Err(too_many()),
            prepared => prepared,
        };
        match prepared {
            Ok(prepared) => {
                self.run(id, prepared, caller);
                Ok(None)
            }
            Err(errors) => Ok(error(id, &errors)),
        }
    }

    fn run(&mut self, id: &str, prepared: Prepared, caller: Caller) {
        self.count += 1;
        let number = self.count;
        let recipient = Recipient { outbox: Arc::clone(&self.outbox), operation: number };
        let steps = steps(&self.app, Asked { prepared, caller }, recipient);
        let (steps, abort) = abortable(steps.map(move |step| (number, step)));
        let id: Arc<str> = Arc::from(id);
        self.numbers.insert(Arc::clone(&id), number);
        self.running.insert(number, Operation { id, abort, shares: None, bookmark: None });
        self.steps.push(steps.boxed());
    }

    /// Ends an operation that the client wants no more of.
    pub fn complete(&mut self, id: &str) {
        if let Some(number) = self.numbers.get(id).copied() {
            self.end(number);
        }
    }

    /// Ends all of them.
    pub fn clear(&mut self) {
        self.numbers.clear();
        self.running.clear();
        self.steps.clear();
    }

    /// Ready when something happens in an operation that is not shared.
    pub fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<(OperationNumber, Step)> {
        match Pin::new(&mut self.steps).poll_next(context) {
            Poll::Ready(Some(step)) => Poll::Ready(step),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    /// The message that tells the client of a step, if one does.
    pub fn message(&mut self, number: OperationNumber, step: Step) -> Option<Utf8Bytes> {
        let operation = self.running.get_mut(&number)?;
        match step {
            Step::Joined(shares) => {
                operation.shares = Some(shares);
                None
            }
            Step::Began(bookmark) => {
                operation.bookmark = Some(bookmark);
                None
            }
            Step::Response(response) if is_request_error(&response) => {
                self.end(number).and_then(|id| error(&id, &response.errors))
            }
            Step::Response(response) => Some(next(&operation.id, &response_text(&response))),
            Step::Refused(errors) => self.end(number).and_then(|id| error(&id, &errors)),
            Step::Complete => self.end(number).and_then(|id| complete(&id)),
        }
    }

    /// The message that tells the client of an event that is shared.
    pub fn shared_message(&mut self, number: OperationNumber, frame: &Frame) -> Option<Utf8Bytes> {
        if frame.place() == Place::End {
            return self.message(number, Step::Complete);
        }
        Some(next(&self.running.get(&number)?.id, frame.response()))
    }

    /// Where the operations whose events are never left out can be resumed.
    pub fn resume(&self) -> Option<Resume> {
        let bookmarks = self.running.values().filter_map(|operation| operation.bookmark.as_ref());
        let mut numbers = bookmarks.filter_map(Bookmark::resume_since);
        let first = numbers.next()?;
        Some(if numbers.next().is_none() { Resume::Since(first) } else { Resume::Each })
    }

    /// Frees the id of an operation, and returns it.
    fn end(&mut self, number: OperationNumber) -> Option<Arc<str>> {
        let operation = self.running.remove(&number)?;
        operation.abort.abort();
        self.numbers.remove(&operation.id);
        Some(operation.id)
    }
}

fn error(id: &str, errors: &[ServerError]) -> Option<Utf8Bytes> {
    ServerMessage::Error { id, payload: errors }.text()
}

fn complete(id: &str) -> Option<Utf8Bytes> {
    let message: ServerMessage<'_, ()> = ServerMessage::Complete { id };
    message.text()
}

fn too_many() -> Vec<ServerError> {
    let message =
        format!("a connection runs at most {MAX_OPERATIONS} operations at once; complete some first");
    failed(code::LIMIT, message).errors
}

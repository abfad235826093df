//! Executing an operation, whatever brought it here.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{ErrorExtensionValues, Request, Response, ServerError, Value};
use tokio::task::JoinHandle;

use crate::graphql::Schema;
use crate::graphql::error::{code, coded, internal};
use crate::http::document::{self, OperationKind};
use crate::http::{App, Caller, WireRequest};

/// How long an operation may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A request whose document was looked at, ready to be executed.
pub(crate) struct Prepared {
    /// The request.
    pub request: Request,
    /// What it does.
    pub kind: OperationKind,
}

/// Parses a request's document and checks its bounds. What is wrong with it comes back as errors.
pub(crate) fn prepare(wire: WireRequest) -> Result<Prepared, Vec<ServerError>> {
    let name = wire.operation_name.clone();
    let mut request = Request::from(wire);
    document::check_text(&request.query).map_err(|message| failed(code::LIMIT, message).errors)?;
    let variables = request.variables.clone();
    let document =
        request.parsed_query().map_err(|error| with_codes(Response::from_errors(vec![error])).errors)?;
    let kind = document::check(document, name.as_deref(), &variables)
        .map_err(|message| failed(code::BAD_REQUEST, message).errors)?;
    let document = document.clone();
    document::fill_defaults(&document, name.as_deref(), &mut request.variables);
    Ok(Prepared { request, kind })
}

/// Executes a query or a mutation.
///
/// It runs in a task of its own. A query ends with its asker; a mutation that was begun is finished, even where
/// the asker has gone away or was told that it took too long.
pub(crate) async fn execute(app: &Arc<App>, prepared: Prepared, caller: Caller) -> Response {
    let schema: Schema = app.schema.clone();
    let request = prepared.request.data(caller);
    let task = tokio::spawn(async move { schema.execute(request).await });
    let task = Running { task, ends_with_asker: prepared.kind == OperationKind::Query };
    match tokio::time::timeout(TIMEOUT, task.finish()).await {
        Ok(Ok(response)) => with_codes(response),
        Ok(Err(crashed)) => from_error(internal(&crashed)),
        Err(_) => failed(
            code::UNAVAILABLE,
            "the operation took longer than 30 seconds; what it changes may still be done",
        ),
    }
}

struct Running {
    task: JoinHandle<Response>,
    ends_with_asker: bool,
}

impl Running {
    async fn finish(mut self) -> Result<Response, tokio::task::JoinError> {
        (&mut self.task).await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ends_with_asker {
            self.task.abort();
        }
    }
}

/// A response that says that nothing was executed.
pub(crate) fn failed(code: &str, message: impl Into<String>) -> Response {
    from_error(coded(code, message))
}

fn from_error(error: async_graphql::Error) -> Response {
    let mut server_error = ServerError::new(error.message, None);
    server_error.extensions = error.extensions;
    Response::from_errors(vec![server_error])
}

/// Whether the request itself was at fault, so that nothing was executed. An error in a field has a path.
pub(crate) fn is_request_error(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// The response with a code in each of its errors: the library's own have none.
pub(crate) fn with_codes(mut response: Response) -> Response {
    for error in &mut response.errors {
        let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
        if extensions.get("code").is_none() {
            extensions.set("code", code::BAD_REQUEST);
        }
    }
    response
}

//! Executing an operation, whatever brought it here.

use std::sync::Arc;

use async_graphql::parser::types::OperationDefinition;
use async_graphql::{ErrorExtensionValues, Request, Response, ServerError, Value, Variables};
use tokio::task::JoinHandle;

use crate::auth::Principal;
use crate::graphql::Schema;
use crate::graphql::error::{code, coded, internal};
use crate::http::document::{Absent, Document, OperationKind, RootField, check_variables, fill};
use crate::http::{App, Caller, WireRequest};

/// A request whose document was looked at, ready to be executed.
pub(crate) struct Prepared {
    /// The document, shared by all requests that send the same text.
    pub document: Arc<Document>,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// The variables' values, defaults included.
    pub variables: Variables,
    /// What the operation does.
    pub kind: OperationKind,
    /// The variables that were not given.
    absent: Absent,
    /// The operation's first root field; of a subscription it is the only one.
    pub root: RootField,
}

impl Prepared {
    /// The request, as the library executes it for this caller.
    pub fn into_request(self, caller: Caller) -> Request {
        self.request().data(caller)
    }

    /// What the document says of the operation.
    pub fn definition(&self) -> Option<&OperationDefinition> {
        let operation = self.document.operation(self.operation_name.as_deref()).ok()?;
        self.document.definition(operation)
    }

    /// The request without anybody behind it. Its text was parsed already, and is not looked at again.
    pub fn request(&self) -> Request {
        let mut request = Request::new(String::new()).variables(self.variables.clone());
        request.operation_name.clone_from(&self.operation_name);
        request.set_parsed_query(self.document.without(&self.absent));
        request
    }
}

/// Finds or parses a request's document, and checks its bounds. What is wrong with it comes back as errors.
pub(crate) fn prepare(
    app: &App,
    mut wire: WireRequest,
    principal: Option<&Principal>,
) -> Result<Prepared, Vec<ServerError>> {
    let bad = |message: String| failed(code::BAD_REQUEST, message).errors;
    let mut variables = wire.take_variables();
    let document = app.documents.find(&wire.source, principal.map(|known| known.authority))?;
    let operation = document.operation(wire.operation_name.as_deref()).map_err(bad)?;
    let mut absent = Absent::default();
    if let Some(definition) = document.definition(operation) {
        check_variables(definition, &variables).map_err(bad)?;
        fill(definition, &mut variables);
        absent = Absent::of(definition, &variables);
    }
    let (kind, root) = (operation.kind(), operation.root().clone());
    Ok(Prepared { document, operation_name: wire.operation_name, variables, kind, absent, root })
}

/// Executes a query or a mutation, after its cost was taken.
///
/// It runs in a task of its own. A query ends with its asker; a mutation that was begun is finished, even where
/// the asker has gone away or was told that it took too long.
pub(crate) async fn execute(app: &Arc<App>, prepared: Prepared, caller: Caller) -> Response {
    let cost = match app.meter.charge(&prepared, &caller).await {
        Ok(cost) => cost,
        Err(errors) => return Response::from_errors(errors),
    };
    let ends_with_asker = prepared.kind == OperationKind::Query;
    let schema: Schema = app.schema.clone();
    let request = prepared.into_request(caller);
    let task = Running { task: tokio::spawn(async move { schema.execute(request).await }), ends_with_asker };
    let patience = app.limits.execution;
    let response = match tokio::time::timeout(patience, task.finish()).await {
        Ok(Ok(response)) => with_codes(response),
        Ok(Err(crashed)) => from_error(internal(&crashed)),
        Err(_) => failed(
            code::UNAVAILABLE,
            format!("the operation took longer than {patience:?}; what it changes may still be done"),
        ),
    };
    cost.tell(response)
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

/// The longest message of an error, in bytes: the library's own may repeat the document.
const MAX_MESSAGE: usize = 500;

/// The response with a code in each of its errors, and no message too long: the library's own have neither.
pub(crate) fn with_codes(response: Response) -> Response {
    with_code(response, code::BAD_REQUEST)
}

/// The response with this code in each of its errors that has none.
pub(super) fn with_code(mut response: Response, code: &str) -> Response {
    for error in &mut response.errors {
        shorten(&mut error.message);
        let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
        if extensions.get("code").is_none() {
            extensions.set("code", code);
        }
    }
    response
}

/// An event of a subscription. Its errors are of the market and not of a place in the document, which those who share
/// the event have written differently.
pub(crate) fn event(response: Response) -> Response {
    let mut response = with_codes(response);
    response.errors.iter_mut().for_each(|error| error.locations.clear());
    response
}

fn shorten(message: &mut String) {
    if message.len() > MAX_MESSAGE {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        message.push('…');
    }
}

//! An answer of the endpoint: the media type, the status, and a body without a `data` entry where nothing was executed.

use async_graphql::{Response as GraphQlResponse, ServerError, Value};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::http::accept::Media;
use crate::http::execution::{failed, is_request_error};
use crate::http::response::Executed;
use crate::http::status;
use crate::options::HttpStatus;

#[derive(Serialize)]
struct NotExecuted<'r> {
    errors: &'r [ServerError],
}

/// How a client wants to be answered.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// In which media type.
    pub media: Media,
    /// With which status codes.
    pub rules: HttpStatus,
}

impl Manner {
    /// The answer to a request that was understood.
    pub fn executed(self, response: GraphQlResponse) -> Response {
        let status = status::status(self.rules, self.media, &response);
        let retry_after = retry_after(&response);
        let mut answer = self.with_status(status, response);
        if let Some(seconds) = retry_after {
            answer.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        answer
    }

    /// The answer to a request that was not executed, with this status.
    pub fn refused(self, status: StatusCode, code: &str, message: impl Into<String>) -> Response {
        self.with_status(status, failed(code, message))
    }

    fn with_status(self, status: StatusCode, response: GraphQlResponse) -> Response {
        let body = if is_request_error(&response) {
            serde_json::to_vec(&NotExecuted { errors: &response.errors })
        } else {
            serde_json::to_vec(&Executed::from(&response))
        };
        let mut answer = match body {
            Ok(body) => (status, body).into_response(),
            Err(error) => {
                tracing::error!(%error, "a response cannot be written as JSON");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        };
        let media = status::media(self.rules, self.media, status);
        let headers = answer.headers_mut();
        headers.extend(response.http_headers);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer
    }
}

/// After how many seconds it is worth trying again, where an error says so.
fn retry_after(response: &GraphQlResponse) -> Option<u64> {
    let waits = response.errors.iter().filter_map(|error| error.extensions.as_ref()?.get("retryAfterMs"));
    let millis = waits.filter_map(|wait| if let Value::Number(wait) = wait { wait.as_u64() } else { None });
    millis.max().map(|millis| millis.div_ceil(1_000))
}

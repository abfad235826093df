//! An answer of the endpoint: the media type, the status, and a body without a `data` entry where nothing was executed.

use async_graphql::{Response as GraphQlResponse, ServerError, Value};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::graphql::error::code;
use crate::http::accept::Media;
use crate::http::execution::{failed, is_request_error};
use crate::http::response::Executed;

#[derive(Serialize)]
struct NotExecuted<'r> {
    errors: &'r [ServerError],
}

/// The answer to a request that was understood.
pub(super) fn executed(media: Media, response: GraphQlResponse) -> Response {
    let status = match media {
        _ if !is_request_error(&response) => StatusCode::OK,
        _ if has_code(&response, code::INTERNAL) => StatusCode::INTERNAL_SERVER_ERROR,
        _ if has_code(&response, code::UNAVAILABLE) => StatusCode::SERVICE_UNAVAILABLE,
        Media::Json => StatusCode::OK,
        Media::GraphQl => StatusCode::BAD_REQUEST,
    };
    with_status(media, status, response)
}

/// The answer to a request that was not executed, with this status.
pub(super) fn refused(media: Media, status: StatusCode, code: &str, message: impl Into<String>) -> Response {
    with_status(media, status, failed(code, message))
}

fn with_status(media: Media, status: StatusCode, response: GraphQlResponse) -> Response {
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
    let headers = answer.headers_mut();
    headers.extend(response.http_headers);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn has_code(response: &GraphQlResponse, code: &str) -> bool {
    let codes = response.errors.iter().filter_map(|error| error.extensions.as_ref()?.get("code"));
    codes.into_iter().any(|known| matches!(known, Value::String(known) if known == code))
}

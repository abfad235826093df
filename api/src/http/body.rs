//! The body of a POST: one GraphQL request as JSON, whole, and not too much of it.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::graphql::error::code;
use crate::http::WireRequest;
use crate::http::answer::Manner;
use crate::http::status;

/// The largest body that is read.
const MAX_BODY: usize = 256 * 1024;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// Why a body is no GraphQL request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFault {
    /// It is something else than JSON in UTF-8, by its own account; a form of a foreign page could send that.
    ContentType,
    /// There is too much of it.
    TooLarge,
    /// It did not arrive in time.
    Late,
    /// It is not JSON.
    NoJson,
    /// It holds several requests.
    Batch,
    /// Its parameters are missing, of another type, or there twice.
    Parameters,
}

impl BodyFault {
    /// What the client is told.
    pub fn answer(self, manner: Manner) -> Response {
        let malformed = status::malformed(manner.rules);
        let (status, code, message) = match self {
            Self::ContentType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, code::BAD_REQUEST, CONTENT),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, code::LIMIT, TOO_LARGE),
            Self::Late => (StatusCode::REQUEST_TIMEOUT, code::BAD_REQUEST, LATE),
            Self::NoJson => (StatusCode::BAD_REQUEST, code::BAD_REQUEST, NO_JSON),
            Self::Batch => (malformed, code::BAD_REQUEST, BATCH),
            Self::Parameters => (malformed, code::BAD_REQUEST, PARAMETERS),
        };
        manner.refused(status, code, message)
    }
}

const CONTENT: &str = "send the request as application/json in UTF-8";
const TOO_LARGE: &str = "a request has at most 256 KiB";
const LATE: &str = "the request did not arrive in time";
const NO_JSON: &str =
    "the body must be JSON in UTF-8: one object, no byte order mark, nested at most 100 deep";
const BATCH: &str = "send one operation in a request; batches are not taken";
const PARAMETERS: &str = "the body must be one JSON object with the string 'query' (or 'documentId') and, where needed, the string \
     'operationName' and the objects 'variables' and 'extensions'; no key may stand in an object twice";

/// Reads a request.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<WireRequest, BodyFault> {
    if !is_json(headers) {
        return Err(BodyFault::ContentType);
    }
    parse(&whole(headers, body).await?)
}

fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = text.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .all(|(_, charset)| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"));
    is_json && is_utf8
}

async fn whole(headers: &HeaderMap, body: Body) -> Result<Bytes, BodyFault> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_BODY) {
        return Err(BodyFault::TooLarge);
    }
    match tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(body, MAX_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // Either the limit was passed, or the connection broke and nobody reads the answer.
        Ok(Err(_)) => Err(BodyFault::TooLarge),
        Err(_) => Err(BodyFault::Late),
    }
}

fn parse(body: &[u8]) -> Result<WireRequest, BodyFault> {
    match serde_json::from_slice(body) {
        Ok(wire) => Ok(wire),
        Err(error) if !error.is_data() => Err(BodyFault::NoJson),
        Err(_) if body.trim_ascii_start().starts_with(b"[") => Err(BodyFault::Batch),
        Err(_) => Err(BodyFault::Parameters),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, "application/json".parse().unwrap())]);
        let begun = tokio::time::Instant::now();
        let never = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(read(&headers, never).await.unwrap_err(), BodyFault::Late);
        assert_eq!(begun.elapsed(), BODY_TIMEOUT);
    }
}

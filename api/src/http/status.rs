//! The status of an answer to a request that was understood.

use async_graphql::{Response, Value};
use axum::http::StatusCode;

use crate::graphql::error::code;
use crate::http::accept::Media;
use crate::http::execution::is_request_error;
use crate::options::HttpStatus;

/// 294, "partial success": some of what was asked for is there. The draft's own, so that it has no name here.
const PARTIAL_SUCCESS: u16 = 294;

/// The status of this response.
pub(super) fn status(rules: HttpStatus, media: Media, response: &Response) -> StatusCode {
    if !is_request_error(response) {
        let is_partial = rules == HttpStatus::Draft2026 && !response.errors.is_empty();
        let partial = StatusCode::from_u16(PARTIAL_SUCCESS).ok().filter(|_| is_partial);
        return partial.unwrap_or(StatusCode::OK);
    }
    let has = |code| has_code(response, code);
    match (rules, media) {
        // These are no matter of the operation: whoever stands in between should see them too.
        _ if has(code::INTERNAL) => StatusCode::INTERNAL_SERVER_ERROR,
        _ if has(code::UNAVAILABLE) => StatusCode::SERVICE_UNAVAILABLE,
        _ if has(code::RATE_LIMITED) => StatusCode::TOO_MANY_REQUESTS,
        (HttpStatus::Audit, Media::Json) => StatusCode::OK,
        _ if has(code::FORBIDDEN) => StatusCode::FORBIDDEN,
        (HttpStatus::Audit, Media::GraphQl) => StatusCode::BAD_REQUEST,
        (HttpStatus::Draft2026, _) if has(code::PARSE_FAILED) => StatusCode::BAD_REQUEST,
        (HttpStatus::Draft2026, _) => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// The status of a request whose JSON can be read, but whose parameters are not those of a GraphQL request.
pub(super) fn malformed(rules: HttpStatus) -> StatusCode {
    match rules {
        HttpStatus::Audit => StatusCode::BAD_REQUEST,
        HttpStatus::Draft2026 => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// The media type of an answer with this status. By the draft a client that takes `application/json` alone gets
/// it for a success; whatever failed says of itself that it is GraphQL's and not some proxy's.
pub(super) fn media(rules: HttpStatus, accepted: Media, status: StatusCode) -> Media {
    match rules {
        HttpStatus::Draft2026 if !status.is_success() => Media::GraphQl,
        _ => accepted,
    }
}

fn has_code(response: &Response, code: &str) -> bool {
    let codes = response.errors.iter().filter_map(|error| error.extensions.as_ref()?.get("code"));
    codes.into_iter().any(|known| matches!(known, Value::String(known) if known == code))
}

#[cfg(test)]
mod tests {
    use async_graphql::{PathSegment, ServerError, value};

    use super::*;
    use crate::http::execution::failed;

    #[test]
    fn the_status_is_a_table() {
        let partial = |data| {
            let mut response = Response::new(data);
            let mut error = ServerError::new("away", None);
            error.path = vec![PathSegment::Field("quote".to_owned())];
            response.errors.push(error);
            response
        };
        let failed = |code| failed(code, "no");
        // (the response, then the status by the audit's rules for GraphQL and JSON, and by the draft's for both)
        let cases = [
            (Response::new(value!({ "a": 1 })), 200, 200, 200),
            (partial(value!({ "quote": null })), 200, 200, 294),
            (partial(Value::Null), 200, 200, 294),
            (failed(code::PARSE_FAILED), 400, 200, 400),
            (failed(code::BAD_REQUEST), 400, 200, 422),
            (failed(code::LIMIT), 400, 200, 422),
            (failed(code::DOCUMENT_NOT_FOUND), 400, 200, 422),
            (failed(code::FORBIDDEN), 403, 200, 403),
            (failed(code::RATE_LIMITED), 429, 429, 429),
            (failed(code::UNAVAILABLE), 503, 503, 503),
            (failed(code::INTERNAL), 500, 500, 500),
        ];
        for (response, graphql, json, draft) in cases {
            let of = |rules, media| status(rules, media, &response).as_u16();
            assert_eq!(of(HttpStatus::Audit, Media::GraphQl), graphql, "{response:?}");
            assert_eq!(of(HttpStatus::Audit, Media::Json), json, "{response:?}");
            assert_eq!(of(HttpStatus::Draft2026, Media::GraphQl), draft, "{response:?}");
            assert_eq!(of(HttpStatus::Draft2026, Media::Json), draft, "{response:?}");
        }
    }
}

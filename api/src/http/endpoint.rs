//! `/graphql`: POST, GET for queries alone, preflights, and the door to the websocket.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ALLOW, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ORIGIN, UPGRADE, VARY,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::auth::{Principal, Unauthenticated};
use crate::graphql::error::code;
use crate::http::accept::Media;
use crate::http::answer::{executed, refused};
use crate::http::cors::Source;
use crate::http::sse;
use crate::http::wire::QueryString;
use crate::http::{App, Caller, ClientOrigin, OperationKind, RefreshCookie, WireRequest, execute, prepare};
use crate::websocket;

/// The largest body that is read.
const MAX_BODY: usize = 256 * 1024;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// What a request is answered with before it reached a resolver.
type Refused = Box<Response>;

/// POST: any query or mutation, as JSON. Other content types could be sent by a form of a foreign page.
pub(super) async fn post(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    let answered = async {
        let wants_events = sse::is_wanted(&headers);
        let media = if wants_events { Media::GraphQl } else { accepted(&headers)? };
        check_origin(&app, &headers, media)?;
        check_content_type(&headers, media)?;
        let bytes = read(&headers, body, media).await?;
        let wire: WireRequest = serde_json::from_slice(&bytes).map_err(|_| boxed(bad_body(media)))?;
        let principal = authenticate(&app, &headers, media).await?;
        if wants_events {
            let caller = Caller { principal, cookie: None, origin: ClientOrigin::default() };
            return Ok(sse::answer(&app, prepare(wire), caller));
        }
        let prepared = match prepare(wire) {
            Ok(prepared) if prepared.kind == OperationKind::Subscription => {
                return Err(boxed(refused(media, StatusCode::BAD_REQUEST, code::BAD_REQUEST, SUBSCRIPTION)));
            }
            Ok(prepared) => prepared,
            Err(errors) => return Ok(executed(media, async_graphql::Response::from_errors(errors))),
        };
        let caller =
            Caller { principal, cookie: Some(RefreshCookie::of(&headers)), origin: ClientOrigin::default() };
        Ok::<_, Refused>(executed(media, execute(&app, prepared, caller).await))
    };
    with_cors(&app, &headers, answered.await.unwrap_or_else(|refused| *refused))
}

/// GET: a websocket, or a query.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if headers.contains_key(UPGRADE) {
        return match upgrade {
            _ if app.origins.source(&headers) == Source::Foreign => {
                refused(Media::Json, StatusCode::FORBIDDEN, code::FORBIDDEN, FOREIGN)
            }
            Ok(upgrade) => websocket::accept(app, upgrade, ClientOrigin::default()),
            Err(rejection) => rejection.into_response(),
        };
    }
    let answered = async {
        let media = accepted(&headers)?;
        let bad = |message: &str| boxed(refused(media, StatusCode::BAD_REQUEST, code::BAD_REQUEST, message));
        let query =
            Query::<QueryString>::try_from_uri(&uri).map_err(|_| bad("the query string cannot be read"))?;
        let wire = query.0.into_request().map_err(bad)?;
        let principal = authenticate(&app, &headers, media).await?;
        let prepared = match prepare(wire) {
            Ok(prepared) => prepared,
            Err(errors) => return Ok(executed(media, async_graphql::Response::from_errors(errors))),
        };
        match prepared.kind {
            OperationKind::Query => {}
            OperationKind::Mutation => return Err(boxed(only_by_post(media))),
            OperationKind::Subscription => return Err(bad(SUBSCRIPTION)),
        }
        // A link must not be able to use the cookie.
        let caller = Caller { principal, cookie: None, origin: ClientOrigin::default() };
        Ok::<_, Refused>(executed(media, execute(&app, prepared, caller).await))
    };
    with_cors(&app, &headers, answered.await.unwrap_or_else(|refused| *refused))
}

/// OPTIONS: a browser asks whether a page of another origin may send a request.
pub(super) async fn preflight(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if app.origins.source(&headers) == Source::Foreign {
        return refused(Media::Json, StatusCode::FORBIDDEN, code::FORBIDDEN, FOREIGN);
    }
    let mut answer = with_cors(&app, &headers, StatusCode::NO_CONTENT.into_response());
    let answered = answer.headers_mut();
    answered.insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST, OPTIONS"));
    answered.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    answered.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("accept, authorization, content-type"),
    );
    answered.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    answer
}

const FOREIGN: &str =
    "pages of this origin may not use this server; add it to the allowed origins in the settings";
const SUBSCRIPTION: &str = "subscriptions go over a websocket (connect to this address with graphql-transport-ws), or as a POST that \
     accepts text/event-stream";

fn boxed(response: Response) -> Refused {
    Box::new(response)
}

fn accepted(headers: &HeaderMap) -> Result<Media, Refused> {
    let message = "accept application/graphql-response+json or application/json";
    Media::accepted(headers)
        .ok_or_else(|| boxed(refused(Media::Json, StatusCode::NOT_ACCEPTABLE, code::BAD_REQUEST, message)))
}

fn check_origin(app: &App, headers: &HeaderMap, media: Media) -> Result<(), Refused> {
    if app.origins.source(headers) == Source::Foreign {
        return Err(boxed(refused(media, StatusCode::FORBIDDEN, code::FORBIDDEN, FOREIGN)));
    }
    Ok(())
}

fn check_content_type(headers: &HeaderMap, media: Media) -> Result<(), Refused> {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = text.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .all(|(_, charset)| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"));
    if is_json && is_utf8 {
        return Ok(());
    }
    let message = "send the request as application/json in UTF-8";
    Err(boxed(refused(media, StatusCode::UNSUPPORTED_MEDIA_TYPE, code::BAD_REQUEST, message)))
}

async fn read(headers: &HeaderMap, body: Body, media: Media) -> Result<Bytes, Refused> {
    let too_large = || {
        let message = format!("a request has at most {} KiB", MAX_BODY / 1024);
        boxed(refused(media, StatusCode::PAYLOAD_TOO_LARGE, code::LIMIT, message))
    };
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_BODY) {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(body, MAX_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // Either the limit was passed, or the connection broke and nobody reads the answer.
        Ok(Err(_)) => Err(too_large()),
        Err(_) => {
            let message = "the request did not arrive in time";
            Err(boxed(refused(media, StatusCode::REQUEST_TIMEOUT, code::BAD_REQUEST, message)))
        }
    }
}

fn bad_body(media: Media) -> Response {
    let message = "the body must be one JSON object with the string 'query' and, where needed, the string \
                   'operationName' and the objects 'variables' and 'extensions'";
    refused(media, StatusCode::BAD_REQUEST, code::BAD_REQUEST, message)
}

fn only_by_post(media: Media) -> Response {
    let message = "mutations are sent by POST";
    let mut answer = refused(media, StatusCode::METHOD_NOT_ALLOWED, code::BAD_REQUEST, message);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    answer
}

/// Who sends this; nobody where there is no `Authorization`.
async fn authenticate(app: &App, headers: &HeaderMap, media: Media) -> Result<Option<Principal>, Refused> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let token = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else {
        return Err(boxed(unauthenticated(
            media,
            "write the header as 'Authorization: Bearer <access token>'",
        )));
    };
    match app.core.authenticator.principal(token.trim(), None).await {
        Ok(principal) => Ok(Some(principal)),
        Err(Unauthenticated::Rejected(rejected)) => Err(boxed(unauthenticated(media, rejected.to_string()))),
        Err(Unauthenticated::Failed(error)) => {
            let mut response = async_graphql::Response::default();
            let error = crate::graphql::error::top_level(error);
            response.errors.push(error.into_server_error(async_graphql::Pos::default()));
            Err(boxed(executed(media, response)))
        }
    }
}

fn unauthenticated(media: Media, message: impl Into<String>) -> Response {
    let mut answer = refused(media, StatusCode::UNAUTHORIZED, code::UNAUTHENTICATED, message);
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    answer
}

/// Lets pages of allowed origins read the answer. Cookies are not for them.
fn with_cors(app: &App, headers: &HeaderMap, mut answer: Response) -> Response {
    answer.headers_mut().append(VARY, HeaderValue::from_name(ORIGIN));
    if let Source::Allowed(origin) = app.origins.source(headers)
        && let Ok(origin) = HeaderValue::from_str(origin)
    {
        answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    answer
}

//! `/graphql`: POST, GET for queries alone, preflights, and the door to the websocket.

use std::sync::Arc;

use async_graphql::ServerError;
use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, AUTHORIZATION, ORIGIN, RETRY_AFTER,
    UPGRADE, VARY, WWW_AUTHENTICATE,
};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::auth::{Principal, Unauthenticated};
use crate::graphql::error::code;
use crate::http::accept::Media;
use crate::http::answer::Manner;
use crate::http::body;
use crate::http::cors::Source;
use crate::http::sse::{self, Guest};
use crate::http::status;
use crate::http::wire::QueryString;
use crate::http::{App, Caller, ClientOrigin, OperationKind, Prepared, RefreshCookie, execute, prepare};
use crate::websocket::{self, Visitor};

/// What a request is answered with before it reached a resolver.
type Refused = Box<Response>;

/// POST: any query or mutation, as JSON. Other content types could be sent by a form of a foreign page.
pub(super) async fn post(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
) -> Response {
    let answered = async {
        let wants_events = sse::is_wanted(&headers);
        let takes_json = Media::accepted(&headers).is_some();
        let manner = if wants_events && !takes_json { plain(&app) } else { manner(&app, &headers)? };
        check_origin(&app, &headers, manner)?;
        let wire = body::read(&headers, body).await.map_err(|fault| boxed(fault.answer(manner)))?;
        let origin = app.proxies.origin(&extensions, &headers);
        let principal = authenticate(&app, &headers, &origin, manner).await?;
        let prepared = prepare(&app, wire, principal.as_ref());
        let follows = prepared.as_ref().is_ok_and(|known| known.kind == OperationKind::Subscription);
        // Some clients accept events with everything they send; what has one answer gets it as such.
        if wants_events && (follows || !takes_json) {
            return events(&app, prepared, Caller { principal, cookie: None, origin }, manner);
        }
        let prepared = match prepared {
            Ok(_) if follows => return Err(boxed(subscription(manner))),
            Ok(prepared) => prepared,
            Err(errors) => return Ok(manner.executed(async_graphql::Response::from_errors(errors))),
        };
        // A page of another origin may be allowed to ask, but never in the name of whoever looks at it.
        let is_own = app.origins.source(&headers) == Source::Own;
        let cookie = is_own.then(|| RefreshCookie::of(&headers));
        let caller = Caller { principal, cookie, origin };
        Ok::<_, Refused>(manner.executed(execute(&app, prepared, caller).await))
    };
    with_cors(&app, &headers, answered.await.unwrap_or_else(|refused| *refused))
}

/// Whether the client wants a websocket; what else it offers to speak may be left aside.
fn is_websocket(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(UPGRADE).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|text| text.split(',')).any(|offer| offer.trim().eq_ignore_ascii_case("websocket"))
}

/// Answers a POST with events, where there is a seat left.
fn events(
    app: &Arc<App>,
    prepared: Result<Prepared, Vec<ServerError>>,
    caller: Caller,
    manner: Manner,
) -> Result<Response, Refused> {
    let refuse = |message| boxed(manner.refused(StatusCode::TOO_MANY_REQUESTS, code::LIMIT, message));
    let mut seat = app.admission.address(caller.origin.address).ok_or_else(|| refuse(TOO_MANY_SOCKETS))?;
    if let Some(principal) = &caller.principal {
        seat.authenticated(principal.user.id).map_err(|_| refuse(TOO_MANY_OF_USER))?;
    }
    Ok(sse::answer(app, prepared, Guest { caller, seat }))
}

/// GET: a websocket, or a query.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    extensions: Extensions,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if is_websocket(&headers) {
        if app.origins.source(&headers) == Source::Foreign {
            return foreign(plain(&app));
        }
        let origin = app.proxies.origin(&extensions, &headers);
        let Some(seat) = app.admission.address(origin.address) else {
            return plain(&app).refused(StatusCode::TOO_MANY_REQUESTS, code::LIMIT, TOO_MANY_SOCKETS);
        };
        return match upgrade {
            Ok(upgrade) => websocket::accept(app, Visitor { origin, seat }, upgrade),
            Err(rejection) => rejection.into_response(),
        };
    }
    let answered = async {
        let manner = manner(&app, &headers)?;
        check_origin(&app, &headers, manner)?;
        let malformed = |message| {
            let status = status::malformed(manner.rules);
            boxed(manner.refused(status, code::BAD_REQUEST, message))
        };
        let query = Query::<QueryString>::try_from_uri(&uri)
            .map_err(|_| malformed("the query string cannot be read"))?;
        let wire = query.0.into_request().map_err(malformed)?;
        let origin = app.proxies.origin(&extensions, &headers);
        let principal = authenticate(&app, &headers, &origin, manner).await?;
        let prepared = match prepare(&app, wire, principal.as_ref()) {
            Ok(prepared) => prepared,
            Err(errors) => return Ok(manner.executed(async_graphql::Response::from_errors(errors))),
        };
        match prepared.kind {
            OperationKind::Query => {}
            OperationKind::Mutation => return Err(boxed(only_by_post(manner))),
            OperationKind::Subscription => return Err(boxed(subscription(manner))),
        }
        // A link must not be able to use the cookie.
        let caller = Caller { principal, cookie: None, origin };
        Ok::<_, Refused>(manner.executed(execute(&app, prepared, caller).await))
    };
    with_cors(&app, &headers, answered.await.unwrap_or_else(|refused| *refused))
}

/// OPTIONS: a browser asks whether a page of another origin may send a request.
pub(super) async fn preflight(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if app.origins.source(&headers) == Source::Foreign {
        return foreign(plain(&app));
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
const TOO_MANY_OF_USER: &str = "you have too many open connections; close some first";
const TOO_MANY_SOCKETS: &str = "too many connections are open from this address; close some first";

fn boxed(response: Response) -> Refused {
    Box::new(response)
}

/// How this client wants to be answered.
fn manner(app: &App, headers: &HeaderMap) -> Result<Manner, Refused> {
    let message = "accept application/graphql-response+json or application/json";
    let refuse = || boxed(plain(app).refused(StatusCode::NOT_ACCEPTABLE, code::BAD_REQUEST, message));
    let media = Media::accepted(headers).ok_or_else(refuse)?;
    Ok(Manner { media, rules: app.http_status })
}

/// How a client is answered that has not said how.
fn plain(app: &App) -> Manner {
    Manner { media: Media::Json, rules: app.http_status }
}

fn foreign(manner: Manner) -> Response {
    manner.refused(StatusCode::FORBIDDEN, code::FORBIDDEN, FOREIGN)
}

fn check_origin(app: &App, headers: &HeaderMap, manner: Manner) -> Result<(), Refused> {
    match app.origins.source(headers) {
        Source::Foreign => Err(boxed(foreign(manner))),
        Source::Own | Source::Allowed(_) => Ok(()),
    }
}

fn subscription(manner: Manner) -> Response {
    manner.refused(status::malformed(manner.rules), code::BAD_REQUEST, SUBSCRIPTION)
}

fn only_by_post(manner: Manner) -> Response {
    let message = "mutations are sent by POST";
    let mut answer = manner.refused(StatusCode::METHOD_NOT_ALLOWED, code::BAD_REQUEST, message);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    answer
}

/// Who sends this; nobody where there is no `Authorization`.
async fn authenticate(
    app: &App,
    headers: &HeaderMap,
    origin: &ClientOrigin,
    manner: Manner,
) -> Result<Option<Principal>, Refused> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let token = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else {
        return Err(boxed(unauthenticated(
            manner,
            "write the header as 'Authorization: Bearer <access token>'",
        )));
    };
    match app.core.authenticator.principal(token.trim(), origin.address).await {
        Ok(principal) => Ok(Some(principal)),
        Err(Unauthenticated::Rejected(rejected)) => Err(boxed(unauthenticated(manner, rejected.to_string()))),
        Err(Unauthenticated::Failed(error)) => {
            let mut response = async_graphql::Response::default();
            let error = crate::graphql::error::top_level(error);
            response.errors.push(error.into_server_error(async_graphql::Pos::default()));
            Err(boxed(manner.executed(response)))
        }
    }
}

fn unauthenticated(manner: Manner, message: impl Into<String>) -> Response {
    let mut answer = manner.refused(StatusCode::UNAUTHORIZED, code::UNAUTHENTICATED, message);
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
        answer.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_name(RETRY_AFTER));
    }
    answer
}

//! GraphQL over server-sent events, for those without websockets: the "distinct connections" mode of graphql-sse.
//!
//! An operation is a request of its own, and its results come as the events `next` and at last `complete`. What waits
//! for a client that does not read conflates, as on a websocket; the kernel ends a connection that stands still.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_graphql::{Response as GraphQlResponse, ServerError};
use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};
use tokio::time::{Instant, Interval, Sleep, interval_at, sleep};

use crate::admission::Seat;
use crate::auth::{Vigil, Watched};
use crate::follow::{Asked, Recipient, Shares, Step, steps};
use crate::graphql::error::code;
use crate::http::{App, Caller, Prepared, failed, response_text};
use crate::share::{Frame, News, Order, Outbox, Place};

/// How often a comment shows that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(12);

/// How much goes into one piece.
const BATCH: usize = 64 * 1_024;

/// Keeps proxies from holding events back.
const NO_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Whether the client asks for events.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    ranges.flat_map(|text| text.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("text/event-stream"));
        named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// Who asks for events.
pub(super) struct Guest {
    /// Who it is.
    pub caller: Caller,
    /// The seat among the open connections.
    pub seat: Seat,
}

/// Answers an operation with events.
pub(super) fn answer(app: &Arc<App>, prepared: Result<Prepared, Vec<ServerError>>, guest: Guest) -> Response {
    let mut answer = Response::new(Body::from_stream(Events::new(app, prepared, guest)));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(NO_BUFFERING, HeaderValue::from_static("no"));
    answer
}

/// The events of one operation.
struct Events {
    outbox: Arc<Outbox>,
    steps: BoxStream<'static, Step>,
    #[allow(dead_code, reason = "held for as long as the operation follows what it shares with others")]
    shares: Option<Shares>,
    expires: Option<Pin<Box<Sleep>>>,
    heartbeat: Interval,
    is_over: bool,
    _watched: Watched,
    _seat: Seat,
}

impl Events {
    fn new(app: &Arc<App>, prepared: Result<Prepared, Vec<ServerError>>, guest: Guest) -> Self {
        let Guest { caller, seat } = guest;
        let outbox = Arc::new(Outbox::default());
        let watched = Vigil::watch(&app.core.vigil, Arc::clone(&outbox));
        let mut expires = None;
        if let Some(principal) = &caller.principal {
            watched.adopt(Arc::new(principal.clone()));
            let left = principal.expires_at.map(|end| end - app.core.services.clock.now());
            expires = left.map(|left| Box::pin(sleep(left.try_into().unwrap_or(Duration::ZERO))));
        }
        let steps = match prepared {
            Ok(prepared) => {
                let recipient = Recipient { outbox: Arc::clone(&outbox), operation: 0 };
                steps(app, Asked { prepared, caller }, recipient)
            }
            Err(errors) => futures::stream::iter([Step::Refused(errors)]).boxed(),
        };
        Self {
            outbox,
            steps,
            shares: None,
            expires,
            heartbeat: interval_at(Instant::now() + HEARTBEAT, HEARTBEAT),
            is_over: false,
            _watched: watched,
            _seat: seat,
        }
    }

    /// What comes next; `None` where the connection ends without a word, so that the client comes again.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<String>> {
        if let Poll::Ready(order) = self.outbox.poll_order(context) {
            return Poll::Ready(self.obey(order));
        }
        if let Some(expires) = &mut self.expires
            && expires.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Some(self.refuse("the access token has expired; ask again with a new one")));
        }
        while let Poll::Ready(Some(step)) = self.steps.poll_next_unpin(context) {
            match step {
                Step::Joined(shares) => self.shares = Some(shares),
                // The source of its events waits while the client does not read.
                Step::Began(_) => {}
                Step::Response(response) => return Poll::Ready(Some(next(&response_text(&response)))),
                Step::Refused(errors) => {
                    let refused = GraphQlResponse::from_errors(errors);
                    return Poll::Ready(Some(self.complete(next(&response_text(&refused)))));
                }
                Step::Complete => return Poll::Ready(Some(self.complete(String::new()))),
            }
        }
        let mut piece = String::new();
        while piece.len() < BATCH
            && !self.is_over
            && let Poll::Ready(news) = self.outbox.poll_take(context)
        {
            match news {
                News::Order(order) => return Poll::Ready(self.obey(order).map(|last| piece + &last)),
                News::Events(_, frames) => self.gather(&frames, &mut piece),
            }
        }
        if !piece.is_empty() {
            return Poll::Ready(Some(piece));
        }
        if self.heartbeat.poll_tick(context).is_ready() {
            return Poll::Ready(Some(":\n\n".to_owned()));
        }
        Poll::Pending
    }

    /// The last piece, for this reason.
    fn obey(&mut self, order: Order) -> Option<String> {
        match order {
            Order::ServerStops | Order::TooSlow => None,
            Order::AuthorityEnded => Some(self.refuse("the session or API key has ended; log in again")),
            Order::RightsChanged => Some(self.refuse("your rights have changed; ask again")),
        }
    }

    /// Adds events to a piece.
    fn gather(&mut self, frames: &[Frame], piece: &mut String) {
        for frame in frames {
            if frame.place() == Place::End {
                *piece = self.complete(std::mem::take(piece));
                return;
            }
            piece.push_str(&next(frame.response()));
        }
    }

    /// Says why it ends, and ends.
    fn refuse(&mut self, message: &str) -> String {
        let refused = failed(code::UNAUTHENTICATED, message);
        self.complete(next(&response_text(&refused)))
    }

    /// Ends after this.
    fn complete(&mut self, mut piece: String) -> String {
        self.is_over = true;
        piece.push_str("event: complete\ndata:\n\n");
        piece
    }
}

impl Stream for Events {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.is_over {
            return Poll::Ready(None);
        }
        this.poll_piece(context).map(|piece| piece.map(|piece| Ok(Bytes::from(piece))))
    }
}

/// A response as an event. JSON as we write it has no line breaks.
fn next(response: &str) -> String {
    let mut event = String::with_capacity(response.len() + 24);
    let _ = write!(event, "event: next\ndata: {response}\n\n");
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_sent_to_those_who_name_them() {
        let cases = [
            ("text/event-stream", true),
            ("application/json, Text/Event-Stream;q=0.5", true),
            ("text/event-stream;q=0", false),
            ("*/*", false),
            ("text/*", false),
            ("application/json", false),
        ];
        for (accept, expected) in cases {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(is_wanted(&headers), expected, "{accept}");
        }
    }
}

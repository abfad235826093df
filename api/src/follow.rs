//! An operation step by step, whatever carries it; a subscription is shared where that can be.

use std::sync::Arc;

use async_graphql::{Pos, Response, ServerError};
use domain::user::Permission;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};

use crate::bookmark::Bookmark;
use crate::graphql::error::{code, top_level};
use crate::graphql::guard::check_principal;
use crate::http::{App, Caller, OperationKind, Prepared, event, execute, failed, with_codes};
use crate::share::{Follower, Membership, OperationNumber, Outbox, Plan};
use crate::tally::Taken;

/// How much more a subscription weighs that is executed for its subscriber alone.
const ALONE: u32 = 100;

/// What an operation shares with others, for as long as it is held.
#[allow(dead_code, reason = "held, and never looked at")]
pub(crate) struct Shares {
    memberships: Vec<Membership>,
    following: Taken,
}

/// What happens in an operation.
pub(crate) enum Step {
    /// From now on its events come through the outbox, for as long as these are held.
    Joined(Shares),
    /// It runs for its subscriber alone, who may come back to where this stands.
    Began(Bookmark),
    /// A response.
    Response(Response),
    /// It was not begun.
    Refused(Vec<ServerError>),
    /// It is over.
    Complete,
}

/// An operation, and who asks for it.
pub(crate) struct Asked {
    /// The operation.
    pub prepared: Prepared,
    /// Who asks.
    pub caller: Caller,
}

/// Where the events of a shared subscription go.
pub(crate) struct Recipient {
    /// The connection's outbox.
    pub outbox: Arc<Outbox>,
    /// The operation's number there.
    pub operation: OperationNumber,
}

/// The steps of an operation. A mutation that was begun is finished, even where nobody waits for its steps any more.
pub(crate) fn steps(app: &Arc<App>, asked: Asked, recipient: Recipient) -> BoxStream<'static, Step> {
    let app = Arc::clone(app);
    if asked.prepared.kind != OperationKind::Subscription {
        let response = async move { Step::Response(once(&app, asked).await) };
        return stream::once(response).chain(stream::iter([Step::Complete])).boxed();
    }
    let begin = async move { follow(&app, asked, recipient).await };
    let steps = stream::once(begin).flat_map(|followed| match followed {
        Followed::Shared(shares) => stream::iter([Step::Joined(shares)]).boxed(),
        Followed::Refused(errors) => stream::iter([Step::Refused(errors)]).boxed(),
        Followed::Alone(responses, bookmark) => stream::iter([Step::Began(bookmark.clone())])
            .chain(responses.map(move |response| {
                bookmark.hand();
                Step::Response(response)
            }))
            .chain(stream::iter([Step::Complete]))
            .boxed(),
    });
    steps.boxed()
}

/// Executes a query or a mutation for whoever asks, as the database knows them now: a connection may be old.
async fn once(app: &Arc<App>, asked: Asked) -> Response {
    let Asked { prepared, mut caller } = asked;
    if let Some(principal) = &caller.principal {
        match app.core.authenticator.again(principal).await {
            Ok(Some(known)) => caller.principal = Some(known),
            Ok(None) => {
                return failed(code::UNAUTHENTICATED, "the session or API key has ended; log in again");
            }
            Err(error) => {
                return Response::from_errors(vec![top_level(error).into_server_error(Pos::default())]);
            }
        }
    }
    execute(app, prepared, caller).await
}

/// A subscription that has begun.
enum Followed {
    /// Its events come through the outbox, for as long as these are held.
    Shared(Shares),
    /// Its events are executed for this subscriber alone.
    Alone(BoxStream<'static, Response>, Bookmark),
    /// It was not begun.
    Refused(Vec<ServerError>),
}

/// Begins a subscription.
///
/// It is paid for, and with that validated, in either case. What it may see is asked of its own caller: a shared execution
/// asks nobody.
async fn follow(app: &Arc<App>, asked: Asked, recipient: Recipient) -> Followed {
    let Asked { prepared, caller } = asked;
    let cost = match app.meter.charge(&prepared, &caller).await {
        Ok(cost) => cost,
        Err(errors) => return refused(errors),
    };
    let bookmark = Bookmark::default();
    // The guards tell whoever is nobody.
    let Some(user) = caller.principal.as_ref().map(|principal| principal.user.id) else {
        let responses = app.schema.execute_stream(prepared.into_request(caller));
        return Followed::Alone(responses.map(event).boxed(), bookmark);
    };
    let plan = prepared
        .definition()
        .and_then(|operation| Plan::of(&prepared.document.parsed, operation, &prepared.variables));
    if let Some(plan) = plan
        && check_principal(caller.principal.as_ref(), Permission::ReadMarket).is_ok()
    {
        let weight = u32::try_from(plan.subjects.len()).unwrap_or(u32::MAX);
        let Some(following) = app.following.take(user, weight) else { return too_much() };
        let Recipient { outbox, operation } = recipient;
        if let Some(memberships) = app.share.join(&plan, Follower { user, outbox, operation }).await {
            return Followed::Shared(Shares { memberships, following });
        }
    }
    let Some(following) = app.following.take(user, cost.requested().saturating_mul(ALONE)) else {
        return too_much();
    };
    let responses = app.schema.execute_stream(prepared.into_request(caller).data(bookmark.clone()));
    let held = move |response| {
        let _ = &following;
        event(response)
    };
    Followed::Alone(responses.map(held).boxed(), bookmark)
}

fn refused(errors: Vec<ServerError>) -> Followed {
    Followed::Refused(with_codes(Response::from_errors(errors)).errors)
}

fn too_much() -> Followed {
    refused(failed(code::LIMIT, "you follow too much at once; complete some subscriptions first").errors)
}

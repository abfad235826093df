//! An operation step by step, whatever carries it; a subscription is shared where that can be.

use std::sync::Arc;

use async_graphql::{Response, ServerError};
use domain::user::Permission;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};

use crate::graphql::guard::check_principal;
use crate::http::{App, Caller, OperationKind, Prepared, execute, with_codes};
use crate::share::{Membership, OperationNumber, Outbox, Plan};

/// What happens in an operation.
pub(crate) enum Step {
    /// From now on its events come through the outbox, for as long as these are held.
    Joined(Vec<Membership>),
    /// A response.
    Response(Response),
    /// It was not begun.
    Refused(Vec<ServerError>),
    /// It is over.
    Complete,
}

/// The steps of an operation. A mutation that was begun is finished, even where nobody waits for its steps any more.
pub(crate) fn steps(
    app: &Arc<App>,
    prepared: Prepared,
    caller: Caller,
    outbox: &Arc<Outbox>,
    number: OperationNumber,
) -> BoxStream<'static, Step> {
    let app = Arc::clone(app);
    if prepared.kind != OperationKind::Subscription {
        let response = async move { Step::Response(execute(&app, prepared, caller).await) };
        return stream::once(response).chain(stream::iter([Step::Complete])).boxed();
    }
    let outbox = Arc::clone(outbox);
    let begin = async move { follow(&app, prepared, caller, &outbox, number).await };
    let steps = stream::once(begin).flat_map(|followed| match followed {
        Followed::Shared(memberships) => stream::iter([Step::Joined(memberships)]).boxed(),
        Followed::Refused(errors) => stream::iter([Step::Refused(errors)]).boxed(),
        Followed::Alone(responses) => {
            responses.map(Step::Response).chain(stream::iter([Step::Complete])).boxed()
        }
    });
    steps.boxed()
}

/// A subscription that has begun.
enum Followed {
    /// Its events come through the outbox, for as long as these are held.
    Shared(Vec<Membership>),
    /// Its events are executed for this subscriber alone.
    Alone(BoxStream<'static, Response>),
    /// It was not begun.
    Refused(Vec<ServerError>),
}

/// Begins a subscription.
///
/// It is paid for, and with that validated, in either case. What it may see is asked of its own caller: a shared execution
/// asks nobody.
async fn follow(
    app: &Arc<App>,
    prepared: Prepared,
    caller: Caller,
    outbox: &Arc<Outbox>,
    operation: OperationNumber,
) -> Followed {
    if let Err(errors) = app.meter.charge(&prepared, &caller).await {
        return Followed::Refused(with_codes(Response::from_errors(errors)).errors);
    }
    let name = prepared.operation_name.as_deref();
    let plan = Plan::of(&prepared.document.parsed, name, &prepared.variables);
    if let Some(plan) = plan
        && check_principal(caller.principal.as_ref(), Permission::ReadMarket).is_ok()
        && let Some(memberships) = app.share.join(&plan, outbox, operation).await
    {
        return Followed::Shared(memberships);
    }
    let responses = app.schema.execute_stream(prepared.into_request(caller));
    Followed::Alone(responses.map(with_codes).boxed())
}

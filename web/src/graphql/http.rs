//! GraphQL over HTTP, to the origin that the page came from.

use futures::future::{Either, select};
use gloo_net::http::Request as Post;
use gloo_timers::future::TimeoutFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::document::{Naming, Request};
use super::failure::{Failure, Response, data_of};
use crate::session::AccessToken;

/// How long an answer may take. The server's own limit is 30 s.
const DEADLINE_MS: u32 = 35_000;

/// Sends an operation and waits for its answer.
pub async fn post<T, V>(operation: &cynic::Operation<T, V>, token: Option<&AccessToken>) -> Result<T, Failure>
where
    T: DeserializeOwned,
    V: Serialize,
{
    let request = Request::new(operation).map_err(|_| Failure::Unreachable)?;
    let naming = Naming::present();
    let answer = send(&request.body(naming), token).await;
    match answer.as_ref().err().and_then(|failure| naming.after(failure)) {
        Some(other) => send(&request.body(other), token).await,
        None => answer,
    }
}

async fn send<T: DeserializeOwned>(body: &Value, token: Option<&AccessToken>) -> Result<T, Failure> {
    let mut request = Post::post("/graphql").header("accept", "application/graphql-response+json");
    if let Some(token) = token {
        request = request.header("authorization", &format!("Bearer {}", token.secret()));
    }
    let request = request.json(body).map_err(|_| Failure::Unreachable)?;
    let answer = Box::pin(async move {
        let response = request.send().await.map_err(|_| Failure::Unreachable)?;
        let status = response.status();
        if status == 401 {
            return Err(Failure::Unauthenticated);
        }
        // Whatever the status, the body says more, where it can be read.
        data_of(response.json::<Response<T>>().await.map_err(|_| Failure::Unreachable)?)
    });
    match select(answer, TimeoutFuture::new(DEADLINE_MS)).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(Failure::Unreachable),
    }
}

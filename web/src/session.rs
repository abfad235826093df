//! Who is logged in. The access token lives in memory only and is renewed from the refresh cookie, which
//! no script can read.

use std::fmt;
use std::rc::Rc;

use cynic::{MutationBuilder, QueryBuilder};
use dioxus::core::Runtime;
use dioxus::prelude::*;
use futures::channel::oneshot;
use futures::future::{FutureExt, LocalBoxFuture, Shared};
use gloo_timers::future::TimeoutFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::browser;
use crate::graphql::failure::Failure;
use crate::graphql::http;
use crate::graphql::session::{
    Session as Granted, SessionCreate, SessionCreateInput, SessionCreateVariables, SessionRefresh,
    SessionRevoke,
};
use crate::graphql::system::WelcomeQuery;
use crate::graphql::user::{User, UserSetUp, UserSetUpInput, UserSetUpVariables};
use crate::graphql::user_error::Refusal;

/// How long before its end a token is renewed.
const RENEW_BEFORE_MS: i64 = 60_000;

/// How often that is looked at, and how long to wait before another try.
const ROUND_MS: u32 = 10_000;
const RETRY_MS: u32 = 2_000;

/// What every request carries. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(Rc<str>);

impl AccessToken {
    /// The token itself, for the request's header.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccessToken(…)")
    }
}

/// A name, the password to it, and the second factor where one is asked for. No `Debug`: it holds a secret.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// The name.
    pub username: String,
    /// The password.
    pub password: String,
    /// Six digits, or a recovery code.
    pub code: Option<String>,
}

/// Where the person in front of the screen stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Not known yet.
    Starting,
    /// Not known, since the server does not answer; it is asked again and again.
    Unreachable,
    /// Nobody exists yet: the first administrator has to be set up.
    SetUpNeeded,
    /// Has to log in.
    LoggedOut,
    /// Is logged in.
    LoggedIn(User),
}

/// How far a log-out is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Nobody asked for it.
    No,
    /// The server has been asked.
    Underway,
    /// The server did not end the session, so that it goes on.
    Failed,
}

impl Leaving {
    /// What the server's answer makes of it: only a session that the server has ended is over.
    fn after(answer: &Result<bool, Failure>) -> Self {
        if *answer == Ok(true) { Self::No } else { Self::Failed }
    }
}

#[derive(Clone, Debug)]
struct Grant {
    token: AccessToken,
    /// By the server's clock.
    ends_at: i64,
}

type Renewal = Shared<LocalBoxFuture<'static, Result<(), Failure>>>;

/// The session of this tab.
#[derive(Clone, Copy, PartialEq)]
pub struct Session {
    scope: ScopeId,
    state: Signal<SessionState>,
    leaving: Signal<Leaving>,
    grant: Signal<Option<Grant>>,
    renewal: Signal<Option<Renewal>>,
    /// The server's clock less ours.
    clock_offset: Signal<i64>,
}

impl Session {
    /// A session of which nothing is known yet; made once, at the root.
    pub fn new() -> Self {
        Self {
            scope: dioxus::core::current_scope_id(),
            state: Signal::new(SessionState::Starting),
            leaving: Signal::new(Leaving::No),
            grant: Signal::new(None),
            renewal: Signal::new(None),
            clock_offset: Signal::new(0),
        }
    }

    /// Where the person stands; a component that reads it is drawn again when it changes.
    pub fn state(self) -> SessionState {
        self.state.read().clone()
    }

    /// How far a log-out is.
    pub fn leaving(self) -> Leaving {
        self.leaving.cloned()
    }

    /// The present token; whoever reads it in an effect is run again when it is renewed.
    pub fn token(self) -> Option<AccessToken> {
        self.grant.read().as_ref().map(|grant| grant.token.clone())
    }

    /// The server's clock.
    pub fn server_now(self) -> i64 {
        browser::now_millis() + *self.clock_offset.peek()
    }

    /// The server said what time it is.
    pub fn set_server_now(mut self, millis: i64) {
        self.clock_offset.set(millis - browser::now_millis());
    }

    /// Finds out where the person stands, and then keeps the session alive for as long as the page lives.
    pub async fn run(self) {
        self.find_out().await;
        loop {
            TimeoutFuture::new(ROUND_MS).await;
            if self.ends_within(RENEW_BEFORE_MS) {
                // A failure is tried again in the next round; a refusal has changed the state.
                let _ = self.renew().await;
            }
        }
    }

    async fn find_out(mut self) {
        loop {
            match self.ask().await {
                Ok(state) => return self.state.set(state),
                Err(_) => self.state.set(SessionState::Unreachable),
            }
            TimeoutFuture::new(RETRY_MS).await;
        }
    }

    async fn ask(self) -> Result<SessionState, Failure> {
        let welcome = http::post(&WelcomeQuery::build(()), None).await?.system;
        self.set_server_now(welcome.time.millis());
        if welcome.set_up_needed {
            return Ok(SessionState::SetUpNeeded);
        }
        match self.renew().await {
            Ok(()) => Ok(self.state.peek().clone()),
            Err(Failure::Unauthenticated) => Ok(SessionState::LoggedOut),
            Err(failure) => Err(failure),
        }
    }

    fn ends_within(self, millis: i64) -> bool {
        self.grant.peek().as_ref().is_some_and(|grant| grant.ends_at - self.server_now() < millis)
    }

    /// A token that is not about to end.
    pub async fn fresh_token(self) -> Result<AccessToken, Failure> {
        if self.ends_within(5_000) {
            self.renew().await?;
        }
        self.grant.peek().as_ref().map(|grant| grant.token.clone()).ok_or(Failure::Unauthenticated)
    }

    /// Sends an operation as the person who is logged in. A token that has ended is renewed once.
    pub async fn call<T, V>(self, operation: &cynic::Operation<T, V>) -> Result<T, Failure>
    where
        T: DeserializeOwned,
        V: Serialize,
    {
        let token = self.fresh_token().await?;
        match http::post(operation, Some(&token)).await {
            Err(Failure::Unauthenticated) => {}
            answer => return answer,
        }
        self.renew().await?;
        let token = self.fresh_token().await?;
        http::post(operation, Some(&token)).await
    }

    /// Renews the token from the refresh cookie. Whoever asks while that is under way waits for the same
    /// answer, and other tabs wait their turn: a refresh token used twice would end the session.
    pub async fn renew(mut self) -> Result<(), Failure> {
        let present = self.renewal.peek().clone();
        let renewal = present.unwrap_or_else(|| {
            let renewal = self.renew_now().boxed_local().shared();
            self.renewal.set(Some(renewal.clone()));
            renewal
        });
        renewal.await
    }

    async fn renew_now(mut self) -> Result<(), Failure> {
        let answer = post_alone(SessionRefresh::build(())).await;
        self.renewal.set(None);
        match answer.map(|done| done.session_refresh.session) {
            Ok(Some(granted)) => {
                self.accept(granted);
                Ok(())
            }
            Ok(None) | Err(Failure::Unauthenticated) => {
                self.forget();
                Err(Failure::Unauthenticated)
            }
            Err(failure) => Err(failure),
        }
    }

    fn accept(mut self, granted: Granted) {
        self.grant.set(Some(Grant {
            token: AccessToken(granted.access_token.into()),
            ends_at: granted.access_token_expires_at.millis(),
        }));
        let state = SessionState::LoggedIn(granted.user);
        if *self.state.peek() != state {
            self.state.set(state);
        }
    }

    fn forget(mut self) {
        self.grant.set(None);
        self.state.set(SessionState::LoggedOut);
    }

    /// Logs in.
    pub async fn log_in(self, credentials: Credentials) -> Result<(), Refusal> {
        let Credentials { username, password, code } = credentials;
        let input = SessionCreateInput { username, password, code };
        let operation = SessionCreate::build(SessionCreateVariables { input });
        let payload = http::post(&operation, None).await?.session_create;
        self.accept(payload.session.ok_or(Refusal::User(payload.user_errors))?);
        Ok(())
    }

    /// Makes the first administrator and logs in as that.
    pub async fn set_up(mut self, token: String, credentials: Credentials) -> Result<(), Refusal> {
        let Credentials { username, password, .. } = credentials.clone();
        let input = UserSetUpInput { set_up_token: token, username, password };
        let operation = UserSetUp::build(UserSetUpVariables { input });
        let payload = http::post(&operation, None).await?.user_set_up;
        if payload.user.is_none() {
            return Err(Refusal::User(payload.user_errors));
        }
        let logged_in = self.log_in(credentials).await;
        if logged_in.is_err() {
            // The administrator exists now, so that the log-in page is the place to try again.
            self.state.set(SessionState::LoggedOut);
        }
        logged_in
    }

    /// Logs out. The cookie says whose session it is; a token that has ended would have the request refused.
    /// The menu that asked goes away with the session, so that the task belongs to the session itself.
    pub fn log_out(mut self) {
        if *self.leaving.peek() == Leaving::Underway {
            return;
        }
        self.leaving.set(Leaving::Underway);
        let task = async move {
            let answer = post_alone(SessionRevoke::build(())).await;
            let leaving = Leaving::after(&answer.map(|done| done.session_revoke.revoked));
            self.leaving.set(leaving);
            if leaving == Leaving::No {
                self.forget();
            }
        };
        Runtime::current().in_scope(self.scope, || spawn(task));
    }
}

/// Sends an operation that uses up the refresh cookie, while no other tab does the same.
async fn post_alone<T, V>(operation: cynic::Operation<T, V>) -> Result<T, Failure>
where
    T: DeserializeOwned + 'static,
    V: Serialize + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let work = async move {
        // Nobody waits any more only when the page goes away.
        let _ = sender.send(http::post(&operation, None).await);
    };
    browser::exclusively("tickgraph-session", work).await;
    receiver.await.unwrap_or(Err(Failure::Unreachable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_can_end_a_session() {
        let check = |answer: Result<bool, Failure>, expect: Leaving| {
            assert_eq!(Leaving::after(&answer), expect, "{answer:?}");
        };
        check(Ok(true), Leaving::No);
        check(Ok(false), Leaving::Failed);
        check(Err(Failure::Unreachable), Leaving::Failed);
        check(Err(Failure::Unauthenticated), Leaving::Failed);
    }
}

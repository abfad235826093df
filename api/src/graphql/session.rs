//! Sessions: logging in, staying in, logging out. The refresh token travels in a cookie alone.

use async_graphql::{Context, Guard as _, ID, InputObject, Object, Result, SimpleObject};
use axum::http::header::SET_COOKIE;
use domain::error::{Refusal, RefusalCode};
use domain::session::{Granted, LogIn};
use domain::user::Permission;

use crate::core::Core;
use crate::graphql::error::{UserError, code, coded, payload, top_level};
use crate::graphql::guard::{RequiresEither, asker, person};
use crate::graphql::node::given;
use crate::graphql::scalar::DateTime;
use crate::graphql::user::User;
use crate::graphql::{caller, core};
use crate::http::RefreshCookie;

mod open;

pub use open::{OpenSession, OpenSessionMutation};

/// An open session.
#[derive(SimpleObject)]
pub struct Session {
    /// Goes into the `Authorization: Bearer` header, and into `connection_init` of a websocket.
    access_token: String,
    /// When the access token ends; renew it before with `sessionRefresh`.
    access_token_expires_at: DateTime,
    /// When the session ends unless it is renewed before.
    expires_at: DateTime,
    /// Whose it is.
    user: User,
}

/// Who logs in.
#[derive(InputObject)]
pub struct SessionCreateInput {
    /// The log-in name.
    username: String,
    /// The password.
    #[graphql(secret)]
    password: String,
    /// Six digits of the authenticator app, or a recovery code: needed where the user has a second factor.
    #[graphql(secret)]
    code: Option<String>,
}

/// A session that ends.
#[derive(InputObject)]
pub struct SessionRevokeInput {
    /// The id of the session: one of your own, or as administrator anybody's; the one that asks where it is left out.
    session: Option<ID>,
}

/// What became of a log-in. The refresh token travels in an `HttpOnly` cookie that the server sets; it is not in here.
#[derive(SimpleObject)]
pub struct SessionCreatePayload {
    /// The session; null where it was refused.
    session: Option<Session>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

/// What became of a renewal.
#[derive(SimpleObject)]
pub struct SessionRefreshPayload {
    /// The session with a new access token; null where it was refused.
    session: Option<Session>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

/// What became of a log-out.
#[derive(SimpleObject)]
pub struct SessionRevokePayload {
    /// Whether no session is left of those that the request named.
    revoked: bool,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Logs in, and sets the refresh cookie. Where the user has a second factor, the code is asked for when the password is right.
    async fn session_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Who logs in.")] input: SessionCreateInput,
    ) -> Result<SessionCreatePayload> {
        let cookie = cookie(context)?;
        let core = core(context);
        let SessionCreateInput { username, password, code } = input;
        let log_in = LogIn { username, password, code };
        let origin = &caller(context).origin;
        let (granted, user_errors) = payload(core.services.people.sessions.create(log_in, origin).await)?;
        let session = granted.map(|granted| open(context, core, cookie, granted)).transpose()?;
        Ok(SessionCreatePayload { session, user_errors })
    }

    /// Renews the session of the refresh cookie; takes no input. A refresh token that is used twice ends its session.
    async fn session_refresh(&self, context: &Context<'_>) -> Result<SessionRefreshPayload> {
        let cookie = cookie(context)?;
        let core = core(context);
        let renewed = match &cookie.token {
            Some(token) => core.services.people.sessions.refresh(token, &caller(context).origin).await,
            None => {
                Err(Refusal::whole(RefusalCode::SessionEnded, "there is no session to renew; log in").into())
            }
        };
        let (granted, user_errors) = payload(renewed)?;
        if granted.is_none() && cookie.token.is_some() {
            context.append_http_header(SET_COOKIE, cookie.cleared());
        }
        let session = granted.map(|granted| open(context, core, cookie, granted)).transpose()?;
        Ok(SessionRefreshPayload { session, user_errors })
    }

    /// Ends a session. Without an id it is the one that asks: that of the refresh cookie and that of the access token; and the cookie is cleared.
    async fn session_revoke(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which; the one that asks where it is left out.")] input: Option<SessionRevokeInput>,
    ) -> Result<SessionRevokePayload> {
        let revoked = match input.and_then(|input| input.session) {
            Some(id) => revoke(context, &id).await,
            None => log_out(context).await,
        };
        let (revoked, user_errors) = revoked?;
        Ok(SessionRevokePayload { revoked: revoked.is_some(), user_errors })
    }
}

async fn revoke(context: &Context<'_>, id: &ID) -> Result<(Option<()>, Vec<UserError>)> {
    RequiresEither(Permission::ManageSelf, Permission::Administer).check(context).await?;
    let asker = asker(context)?;
    let revoked = async {
        let id = given("session", id)?;
        core(context).services.people.sessions.revoke(&asker, id).await
    };
    payload(revoked.await)
}

async fn log_out(context: &Context<'_>) -> Result<(Option<()>, Vec<UserError>)> {
    let cookie = cookie(context)?;
    let sessions = &core(context).services.people.sessions;
    if let Some(token) = &cookie.token {
        sessions.revoke_by_token(token, &caller(context).origin).await.map_err(top_level)?;
    }
    if let Ok(person) = person(context) {
        sessions.revoke_own(&person).await.map_err(top_level)?;
    }
    context.append_http_header(SET_COOKIE, cookie.cleared());
    Ok((Some(()), Vec::new()))
}

fn cookie<'c>(context: &Context<'c>) -> Result<&'c RefreshCookie> {
    let refuse =
        || coded(code::FORBIDDEN, "sessions are opened and renewed over HTTP, where the cookie can be set");
    caller(context).cookie.as_ref().ok_or_else(refuse)
}

fn open(context: &Context<'_>, core: &Core, cookie: &RefreshCookie, granted: Granted) -> Result<Session> {
    let issued = core.tokens.issue(&granted.session).map_err(top_level)?;
    context.append_http_header(SET_COOKIE, cookie.set(&granted.refresh_token));
    Ok(Session {
        access_token: issued.token,
        access_token_expires_at: issued.expires_at.into(),
        expires_at: granted.session.expires_at.into(),
        user: granted.user.into(),
    })
}

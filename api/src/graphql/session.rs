//! Sessions: logging in, staying in, logging out. The refresh token travels in a cookie alone.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use axum::http::header::SET_COOKIE;
use domain::access::Authority;
use domain::error::{Refusal, RefusalCode};
use domain::session::Granted;

use crate::core::Core;
use crate::graphql::error::{UserError, code, coded, payload, top_level};
use crate::graphql::scalar::DateTime;
use crate::graphql::user::User;
use crate::graphql::{caller, core};
use crate::http::RefreshCookie;

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
    /// Logs in, and sets the refresh cookie.
    async fn session_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Who logs in.")] input: SessionCreateInput,
    ) -> Result<SessionCreatePayload> {
        let cookie = cookie(context)?;
        let core = core(context);
        let (granted, user_errors) =
            payload(core.services.sessions.create(&input.username, input.password).await)?;
        let session = granted.map(|granted| open(context, core, cookie, granted)).transpose()?;
        Ok(SessionCreatePayload { session, user_errors })
    }

    /// Renews the session of the refresh cookie; takes no input. A refresh token that is used twice ends its session.
    async fn session_refresh(&self, context: &Context<'_>) -> Result<SessionRefreshPayload> {
        let cookie = cookie(context)?;
        let core = core(context);
        let renewed = match &cookie.token {
            Some(token) => core.services.sessions.refresh(token).await,
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

    /// Ends the session of the refresh cookie and that of the access token, and clears the cookie.
    async fn session_revoke(&self, context: &Context<'_>) -> Result<SessionRevokePayload> {
        let cookie = cookie(context)?;
        let sessions = &core(context).services.sessions;
        if let Some(token) = &cookie.token {
            sessions.revoke_by_token(token).await.map_err(top_level)?;
        }
        if let Some(Authority::Session(id)) = caller(context).principal.as_ref().map(|one| one.authority) {
            sessions.revoke(id).await.map_err(top_level)?;
        }
        context.append_http_header(SET_COOKIE, cookie.cleared());
        Ok(SessionRevokePayload { revoked: true, user_errors: Vec::new() })
    }
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

//! Who may ask for a field.
//!
//! The library's guard refuses the parent together with the field. That is right for a field that cannot be null; one
//! that can is checked by [`permitted`], so that it alone becomes null.

use std::future::Future;

use async_graphql::{Context, Guard, Result};
use domain::user::{Permission, User};

use crate::auth::Principal;
use crate::graphql::caller;
use crate::graphql::error::{code, coded};
use crate::share::is_shared;

/// Lets through whoever is logged in with a role that includes the permission.
pub struct Requires(pub Permission);

impl Guard for Requires {
    async fn check(&self, context: &Context<'_>) -> Result<()> {
        check(context, self.0)
    }
}

/// Resolves a field that can be null for whoever has the permission.
pub async fn permitted<T>(
    context: &Context<'_>,
    permission: Permission,
    resolve: impl Future<Output = Result<Option<T>>>,
) -> Option<Result<T>> {
    match check(context, permission) {
        Ok(()) => resolve.await.transpose(),
        Err(refused) => Some(Err(refused)),
    }
}

fn check(context: &Context<'_>, permission: Permission) -> Result<()> {
    if is_shared(context) {
        return Ok(());
    }
    check_principal(caller(context).principal.as_ref(), permission)
}

/// Whether this principal may do this; else the error that says why not.
pub fn check_principal(principal: Option<&Principal>, permission: Permission) -> Result<()> {
    let principal = principal.ok_or_else(not_logged_in)?;
    if principal.rights().allow(permission) {
        return Ok(());
    }
    let role = principal.user.role;
    let message = match permission.scopes() {
        _ if !role.allows(permission) => {
            format!("your role, {}, does not include this; ask an administrator", role.as_str())
        }
        [] => "this is for people alone: log in, a key cannot do it".to_owned(),
        [scope, ..] => format!("this API key lacks the scope {}; make one that has it", scope.as_str()),
    };
    Err(coded(code::FORBIDDEN, message))
}

/// The user behind the request.
pub fn user<'c>(context: &Context<'c>) -> Result<&'c User> {
    let principal = caller(context).principal.as_ref();
    principal.map(|principal| &principal.user).ok_or_else(not_logged_in)
}

fn not_logged_in() -> async_graphql::Error {
    coded(code::UNAUTHENTICATED, "log in first, or send an API key")
}

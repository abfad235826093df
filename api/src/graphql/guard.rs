//! Who may ask for a field.
//!
//! The library's guard refuses the parent together with the field. That is right for a field that cannot be null; one
//! that can is checked by [`permitted`], so that it alone becomes null.

use std::future::Future;

use async_graphql::{Context, Guard, Result};
use domain::access::Authority;
use domain::asker::{Asker, Person};
use domain::user::{Permission, User, UserId};

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

/// Lets through whoever has one of the two: what is one's own, or an administrator's business.
pub struct RequiresEither(pub Permission, pub Permission);

impl Guard for RequiresEither {
    async fn check(&self, context: &Context<'_>) -> Result<()> {
        check(context, self.0).or_else(|refused| check(context, self.1).map_err(|_| refused))
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
        [] => return Err(people_alone()),
        [scope, ..] => format!("this API key lacks the scope {}; make one that has it", scope.as_str()),
    };
    Err(coded(code::FORBIDDEN, message))
}

/// The user behind the request.
pub fn user<'c>(context: &Context<'c>) -> Result<&'c User> {
    let principal = caller(context).principal.as_ref();
    principal.map(|principal| &principal.user).ok_or_else(not_logged_in)
}

/// Whether what is this user's own may be seen: it is one's own, in a session, or one is an administrator.
pub fn may_see(context: &Context<'_>, owner: UserId) -> bool {
    is_own(context, owner) || is_administrator(context)
}

/// Whether an administrator asks.
pub fn is_administrator(context: &Context<'_>) -> bool {
    has(context, Permission::Administer)
}

/// Whether it is a user's own session that asks.
pub fn is_own(context: &Context<'_>, owner: UserId) -> bool {
    has(context, Permission::ManageSelf) && user(context).is_ok_and(|asking| asking.id == owner)
}

/// Whether whoever asks has the permission: never true where nobody is known to ask.
fn has(context: &Context<'_>, permission: Permission) -> bool {
    check_principal(caller(context).principal.as_ref(), permission).is_ok()
}

/// Who asks, for a use case.
pub fn asker(context: &Context<'_>) -> Result<Asker> {
    let caller = caller(context);
    let principal = caller.principal.as_ref().ok_or_else(not_logged_in)?;
    let (user, origin) = (principal.user.clone(), caller.origin.clone());
    Ok(Asker { user, authority: principal.authority, origin })
}

/// The person who asks, for a use case that no key can do.
pub fn person(context: &Context<'_>) -> Result<Person> {
    check_principal(caller(context).principal.as_ref(), Permission::ManageSelf)?;
    let Asker { user, authority, origin } = asker(context)?;
    match authority {
        Authority::Session(session) => Ok(Person { user, session, origin }),
        Authority::Key(..) => Err(people_alone()),
    }
}

fn people_alone() -> async_graphql::Error {
    coded(code::FORBIDDEN, "this is for people alone: log in, a key cannot do it")
}

fn not_logged_in() -> async_graphql::Error {
    coded(code::UNAUTHENTICATED, "log in first, or send an API key")
}

//! Who may ask for a field.

use async_graphql::{Context, Guard, Result};
use domain::user::{Permission, User};

use crate::graphql::caller;
use crate::graphql::error::{code, coded};

/// Lets through whoever is logged in with a role that includes the permission.
pub struct Requires(pub Permission);

impl Guard for Requires {
    async fn check(&self, context: &Context<'_>) -> Result<()> {
        let user = user(context)?;
        if user.role.allows(self.0) {
            Ok(())
        } else {
            let message = format!("your role, {}, does not include this; ask an administrator", user.role.as_str());
            Err(coded(code::FORBIDDEN, message))
        }
    }
}

/// The user behind the request.
pub fn user<'c>(context: &Context<'c>) -> Result<&'c User> {
    let principal = caller(context).principal.as_ref();
    principal.map(|principal| &principal.user).ok_or_else(|| coded(code::UNAUTHENTICATED, "log in first"))
}

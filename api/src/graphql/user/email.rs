//! A user's own e-mail address. For people alone, never with a key.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use domain::error::Error as DomainError;
use domain::user::Permission;

use super::User;
use crate::graphql::core;
use crate::graphql::error::{UserError, payload};
use crate::graphql::guard::{Requires, person};

/// An address that alerts are to go to.
#[derive(InputObject)]
pub struct EmailSetInput {
    /// The address; null takes yours away, at once.
    email: Option<String>,
    /// Your password.
    #[graphql(secret)]
    current_password: String,
}

/// The code that confirms an address.
#[derive(InputObject)]
pub struct EmailConfirmInput {
    /// The eight digits that were sent there; good for an hour.
    #[graphql(secret)]
    code: String,
}

/// What became of an address.
#[derive(SimpleObject)]
pub struct EmailSetPayload {
    /// You, with the address; null where it was refused.
    user: Option<User>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

/// What became of a confirmation.
#[derive(SimpleObject)]
pub struct EmailConfirmPayload {
    /// You, with the address confirmed; null where it was refused.
    user: Option<User>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct EmailMutation;

#[Object]
impl EmailMutation {
    /// Gives you an e-mail address, and sends a code there; alerts go there once it is confirmed with `emailConfirm`. Until
    /// then they go on to the address that was confirmed before. Null takes both away.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn email_set(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The address.")] input: EmailSetInput,
    ) -> Result<EmailSetPayload> {
        let person = person(context)?;
        let mailboxes = &core(context).services.mailboxes;
        let set = mailboxes.set(&person, input.email.as_deref(), input.current_password).await;
        let (user, user_errors) = payload(set.map(|()| person.user.into()))?;
        Ok(EmailSetPayload { user, user_errors })
    }

    /// Confirms your e-mail address.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn email_confirm(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The code.")] input: EmailConfirmInput,
    ) -> Result<EmailConfirmPayload> {
        let person = person(context)?;
        let confirmed: Result<(), DomainError> =
            core(context).services.mailboxes.confirm(&person, &input.code).await;
        let (user, user_errors) = payload(confirmed.map(|()| person.user.into()))?;
        Ok(EmailConfirmPayload { user, user_errors })
    }
}

//! Choosing a password: with the link of an invitation or a reset, or by knowing the current one.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use domain::user::Permission;

use crate::graphql::error::{UserError, payload};
use crate::graphql::guard::{Requires, person};
use crate::graphql::user::User;
use crate::graphql::{caller, core, starter};

/// A password that is chosen with a link.
#[derive(InputObject)]
pub struct PasswordSetInput {
    /// The token in the link.
    #[graphql(secret)]
    password_token: String,
    /// The password: at least 12 characters, not all the same, without the user name in it.
    #[graphql(secret)]
    password: String,
}

/// A password in place of another.
#[derive(InputObject)]
pub struct PasswordChangeInput {
    /// The password until now.
    #[graphql(secret)]
    current_password: String,
    /// The password from now on: at least 12 characters, not all the same, without the user name in it.
    #[graphql(secret)]
    new_password: String,
}

/// What became of a password that was chosen with a link.
#[derive(SimpleObject)]
pub struct PasswordSetPayload {
    /// The user, who can log in now; null where it was refused.
    user: Option<User>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

/// What became of a change of password.
#[derive(SimpleObject)]
pub struct PasswordChangePayload {
    /// The user; null where it was refused.
    user: Option<User>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct PasswordMutation;

#[Object]
impl PasswordMutation {
    /// Chooses a password with the token of a link, once; sessions that are open end. A user without any watchlist gets a first one. Open to all: the token is what counts.
    async fn password_set(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The token, and the password.")] input: PasswordSetInput,
    ) -> Result<PasswordSetPayload> {
        let core = core(context);
        let users = &core.services.people.users;
        let origin = &caller(context).origin;
        let (user, user_errors) =
            payload(users.set_password(&input.password_token, input.password, origin).await)?;
        if let Some(user) = &user {
            starter::make_watchlist_where_none(Arc::clone(core), user.id).await;
        }
        Ok(PasswordSetPayload { user: user.map(User::from), user_errors })
    }

    /// Changes your password; your other sessions end, your API keys stay.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn password_change(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The password until now, and from now on.")] input: PasswordChangeInput,
    ) -> Result<PasswordChangePayload> {
        let users = &core(context).services.people.users;
        let changed =
            users.change_password(&person(context)?, input.current_password, input.new_password).await;
        let (user, user_errors) = payload(changed)?;
        Ok(PasswordChangePayload { user: user.map(User::from), user_errors })
    }
}

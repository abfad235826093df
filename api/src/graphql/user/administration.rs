//! What administrators do with people.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::error::Error as DomainError;
use domain::user::{PasswordLink, Permission};

use crate::graphql::core;
use crate::graphql::error::{UserError, payload};
use crate::graphql::guard::{Requires, asker};
use crate::graphql::node::given;
use crate::graphql::scalar::DateTime;
use crate::graphql::user::{Role, User};

/// Who is invited.
#[derive(InputObject)]
pub struct UserInviteInput {
    /// The log-in name: 2 to 40 letters, digits or any of `. _ - @`.
    username: String,
    /// What the user is to be allowed to do.
    role: Role,
}

/// Another role for a user.
#[derive(InputObject)]
pub struct UserRoleSetInput {
    /// The id of the user: not your own.
    user: ID,
    /// What the user is to be allowed to do.
    role: Role,
}

/// Who is locked out.
#[derive(InputObject)]
pub struct UserDisableInput {
    /// The id of the user: not your own.
    user: ID,
}

/// Who is let in again.
#[derive(InputObject)]
pub struct UserEnableInput {
    /// The id of the user.
    user: ID,
}

/// Whose password is made void.
#[derive(InputObject)]
pub struct UserPasswordResetInput {
    /// The id of the user: not your own.
    user: ID,
}

/// Whose second factor is taken away.
#[derive(InputObject)]
pub struct UserSecondFactorResetInput {
    /// The id of the user: not your own.
    user: ID,
}

macro_rules! user_payload {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The user as it is now; null where it was refused.
            user: Option<User>,
            /// Why it was refused; empty where it was not.
            user_errors: Vec<UserError>,
        }

        impl $name {
            fn of(changed: Result<domain::user::User, DomainError>) -> Result<Self> {
                let (user, user_errors) = payload(changed)?;
                Ok(Self { user: user.map(User), user_errors })
            }
        }
    };
}

macro_rules! link_payload {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The user as it is now; null where it was refused.
            user: Option<User>,
            /// What the user chooses a password with, once, at `/password#<token>`. It is shown here alone; null where it was refused.
            password_token: Option<String>,
            /// Until when the token is good; null where it was refused.
            password_token_expires_at: Option<DateTime>,
            /// Why it was refused; empty where it was not.
            user_errors: Vec<UserError>,
        }

        impl $name {
            fn of(made: Result<PasswordLink, DomainError>) -> Result<Self> {
                let (link, user_errors) = payload(made)?;
                let Some(PasswordLink { user, token, expires_at }) = link else {
                    return Ok(Self {
                        user: None,
                        password_token: None,
                        password_token_expires_at: None,
                        user_errors,
                    });
                };
                Ok(Self {
                    user: Some(User(user)),
                    password_token: Some(token.text()),
                    password_token_expires_at: Some(expires_at.into()),
                    user_errors,
                })
            }
        }
    };
}

link_payload! {
    /// What became of an invitation.
    UserInvitePayload
}
link_payload! {
    /// What became of a password that was made void.
    UserPasswordResetPayload
}
user_payload! {
    /// What became of another role.
    UserRoleSetPayload
}
user_payload! {
    /// What became of locking somebody out.
    UserDisablePayload
}
user_payload! {
    /// What became of letting somebody in again.
    UserEnablePayload
}
user_payload! {
    /// What became of taking a second factor away.
    UserSecondFactorResetPayload
}

#[derive(Default)]
pub struct AdministrationMutation;

#[Object]
impl AdministrationMutation {
    /// Makes a user, who chooses a password with the token within seven days. For administrators, with a session, not with a key.
    #[graphql(guard = "Requires(Permission::GrantAccess)")]
    async fn user_invite(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Who is invited.")] input: UserInviteInput,
    ) -> Result<UserInvitePayload> {
        let asker = asker(context)?;
        let users = &core(context).services.people.users;
        UserInvitePayload::of(users.invite(&asker, &input.username, input.role.into()).await)
    }

    /// Gives a user another role. It holds at once, for open sessions and API keys too. For administrators, with a session, not with a key.
    #[graphql(guard = "Requires(Permission::GrantAccess)")]
    async fn user_role_set(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose role, and which.")] input: UserRoleSetInput,
    ) -> Result<UserRoleSetPayload> {
        let asker = asker(context)?;
        let users = &core(context).services.people.users;
        let set = async { users.set_role(&asker, given("user", &input.user)?, input.role.into()).await };
        UserRoleSetPayload::of(set.await)
    }

    /// Locks a user out at once: sessions end, API keys stop working until the user is let in again.
    #[graphql(guard = "Requires(Permission::Administer)")]
    async fn user_disable(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Who is locked out.")] input: UserDisableInput,
    ) -> Result<UserDisablePayload> {
        let asker = asker(context)?;
        let users = &core(context).services.people.users;
        let disabled = async { users.disable(&asker, given("user", &input.user)?).await };
        UserDisablePayload::of(disabled.await)
    }

    /// Lets a user in again who was locked out.
    #[graphql(guard = "Requires(Permission::Administer)")]
    async fn user_enable(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Who is let in again.")] input: UserEnableInput,
    ) -> Result<UserEnablePayload> {
        let asker = asker(context)?;
        let users = &core(context).services.people.users;
        let enabled = async { users.enable(&asker, given("user", &input.user)?).await };
        UserEnablePayload::of(enabled.await)
    }

    /// Makes a user's password void and ends the sessions at once; the user chooses another with the token within 24 hours. API keys stay: lock the user out to stop them. For administrators, with a session, not with a key.
    #[graphql(guard = "Requires(Permission::GrantAccess)")]
    async fn user_password_reset(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose password is made void.")] input: UserPasswordResetInput,
    ) -> Result<UserPasswordResetPayload> {
        let asker = asker(context)?;
        let users = &core(context).services.people.users;
        let reset = async { users.reset_password(&asker, given("user", &input.user)?).await };
        UserPasswordResetPayload::of(reset.await)
    }

    /// Takes the second factor of a user away who lost it. For administrators, with a session, not with a key.
    #[graphql(guard = "Requires(Permission::GrantAccess)")]
    async fn user_second_factor_reset(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose second factor is taken away.")] input: UserSecondFactorResetInput,
    ) -> Result<UserSecondFactorResetPayload> {
        let asker = asker(context)?;
        let users = &core(context).services.people.users;
        let reset = async { users.reset_second_factor(&asker, given("user", &input.user)?).await };
        UserSecondFactorResetPayload::of(reset.await)
    }
}

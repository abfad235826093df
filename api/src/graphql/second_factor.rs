//! The second factor: six digits of an authenticator app besides the password, and recovery codes for a lost phone.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use domain::second_factor::RecoveryCode;
use domain::user::Permission;

use crate::auth::TotpLink;
use crate::graphql::core;
use crate::graphql::error::{UserError, payload};
use crate::graphql::guard::{Requires, person};
use crate::graphql::user::User;

/// Who begins with a second factor.
#[derive(InputObject)]
pub struct TotpBeginInput {
    /// Your password.
    #[graphql(secret)]
    current_password: String,
}

/// A first code.
#[derive(InputObject)]
pub struct TotpConfirmInput {
    /// The six digits that the app shows.
    #[graphql(secret)]
    code: String,
}

/// Who takes the second factor away.
#[derive(InputObject)]
pub struct TotpRemoveInput {
    /// Your password.
    #[graphql(secret)]
    current_password: String,
    /// The six digits that the app shows, or a recovery code.
    #[graphql(secret)]
    code: String,
}

/// Who wants new recovery codes.
#[derive(InputObject)]
pub struct RecoveryCodesRenewInput {
    /// Your password.
    #[graphql(secret)]
    current_password: String,
    /// The six digits that the app shows, or a recovery code.
    #[graphql(secret)]
    code: String,
}

/// What an authenticator app has to know.
#[derive(SimpleObject)]
pub struct TotpBeginPayload {
    /// The secret in base 32, to be typed into the app; null where it was refused.
    secret: Option<String>,
    /// The same as `otpauth://…`, to be shown as a QR code; null where it was refused.
    uri: Option<String>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

/// What became of a second factor that is put into force.
#[derive(SimpleObject)]
pub struct TotpConfirmPayload {
    /// Ten codes, each good once in place of the app's. They are shown here alone; null where it was refused.
    recovery_codes: Option<Vec<String>>,
    /// You, with a second factor; null where it was refused.
    user: Option<User>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

/// What became of taking the second factor away.
#[derive(SimpleObject)]
pub struct TotpRemovePayload {
    /// You, without a second factor; null where it was refused.
    user: Option<User>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

/// What became of new recovery codes.
#[derive(SimpleObject)]
pub struct RecoveryCodesRenewPayload {
    /// Ten codes in place of all earlier ones, each good once. They are shown here alone; null where it was refused.
    recovery_codes: Option<Vec<String>>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct SecondFactorMutation;

#[Object]
impl SecondFactorMutation {
    /// Makes a secret for your authenticator app. It is asked for from `totpConfirm` on.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn totp_begin(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Your password.")] input: TotpBeginInput,
    ) -> Result<TotpBeginPayload> {
        let person = person(context)?;
        let second_factors = &core(context).services.people.second_factors;
        let begun = second_factors.begin(&person, input.current_password).await;
        let linked = begun.and_then(|secret| TotpLink::new(&secret, &person.user.username));
        let (link, user_errors) = payload(linked)?;
        let (secret, uri) = link.map(|link| (link.secret, link.uri)).unzip();
        Ok(TotpBeginPayload { secret, uri, user_errors })
    }

    /// Puts the second factor into force with a first code of the app. Your other sessions end.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn totp_confirm(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A first code.")] input: TotpConfirmInput,
    ) -> Result<TotpConfirmPayload> {
        let person = person(context)?;
        let second_factors = &core(context).services.people.second_factors;
        let (codes, user_errors) = payload(second_factors.confirm(&person, &input.code).await)?;
        let user = codes.is_some().then_some(domain::user::User { second_factor: true, ..person.user });
        Ok(TotpConfirmPayload {
            recovery_codes: codes.as_deref().map(texts),
            user: user.map(User::from),
            user_errors,
        })
    }

    /// Takes your second factor and your recovery codes away.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn totp_remove(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Your password and a code.")] input: TotpRemoveInput,
    ) -> Result<TotpRemovePayload> {
        let person = person(context)?;
        let second_factors = &core(context).services.people.second_factors;
        let removed = second_factors.remove(&person, input.current_password, &input.code).await;
        let (removed, user_errors) = payload(removed)?;
        let user = removed.map(|()| domain::user::User { second_factor: false, ..person.user });
        Ok(TotpRemovePayload { user: user.map(User::from), user_errors })
    }

    /// Makes new recovery codes; all earlier ones are void.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn recovery_codes_renew(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Your password and a code.")] input: RecoveryCodesRenewInput,
    ) -> Result<RecoveryCodesRenewPayload> {
        let second_factors = &core(context).services.people.second_factors;
        let renewed =
            second_factors.renew_recovery_codes(&person(context)?, input.current_password, &input.code).await;
        let (codes, user_errors) = payload(renewed)?;
        Ok(RecoveryCodesRenewPayload { recovery_codes: codes.as_deref().map(texts), user_errors })
    }
}

fn texts(codes: &[RecoveryCode]) -> Vec<String> {
    codes.iter().map(RecoveryCode::text).collect()
}

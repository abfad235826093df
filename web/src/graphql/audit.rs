//! What people did, for administrators.

use cynic::QueryBuilder;

use super::document::query;
use super::failure::Failure;
use super::page::{Page, PageInfo};
use super::scalar::DateTime;
use super::schema;
use super::user::UserId;
use crate::session::Session;

/// By what right something was asked.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum AuditAuthority {
    Nobody,
    Session,
    ApiKey,
}

/// What became of it.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum AuditOutcome {
    Done,
    Refused,
}

/// What was asked.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[cynic(non_exhaustive)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum AuditAction {
    UserSetUp,
    UserInvite,
    UserRoleSet,
    UserDisable,
    UserEnable,
    UserSecondFactorReset,
    PasswordReset,
    PasswordSet,
    PasswordChange,
    SessionCreate,
    SessionRevoke,
    ApiKeyCreate,
    ApiKeyRevoke,
    TotpConfirm,
    TotpRemove,
    RecoveryCodesRenew,
    WebhookCreate,
    WebhookDelete,
    EmailSet,
    EmailConfirm,
    #[cynic(fallback)]
    Other,
}

impl AuditAction {
    /// Every action that can be asked for.
    pub const ALL: [Self; 20] = [
        Self::SessionCreate,
        Self::SessionRevoke,
        Self::UserSetUp,
        Self::UserInvite,
        Self::UserRoleSet,
        Self::UserDisable,
        Self::UserEnable,
        Self::UserSecondFactorReset,
        Self::PasswordReset,
        Self::PasswordSet,
        Self::PasswordChange,
        Self::ApiKeyCreate,
        Self::ApiKeyRevoke,
        Self::TotpConfirm,
        Self::TotpRemove,
        Self::RecoveryCodesRenew,
        Self::WebhookCreate,
        Self::WebhookDelete,
        Self::EmailSet,
        Self::EmailConfirm,
    ];
}

/// With which key something was done.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
#[cynic(graphql_type = "ApiKey")]
pub struct KeyName {
    /// What its owner called it.
    pub name: String,
}

/// Something that somebody did, or was refused.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Its id.
    pub id: cynic::Id,
    /// When.
    pub at: DateTime,
    /// Who, where that is known.
    pub username: Option<String>,
    /// By what right.
    pub via: AuditAuthority,
    /// With which key.
    pub api_key: Option<KeyName>,
    /// From where.
    pub address: Option<String>,
    /// What.
    pub action: AuditAction,
    /// To whom or what.
    pub subject: Option<String>,
    /// What became of it.
    pub outcome: AuditOutcome,
    /// More about it.
    pub detail: Option<String>,
}

/// Which lines are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only what this user did.
    pub user: Option<UserId>,
    /// Only this.
    pub action: Option<AuditAction>,
}

#[derive(cynic::QueryFragment)]
struct AuditLineConnection {
    nodes: Vec<AuditLine>,
    page_info: PageInfo,
}

#[derive(cynic::QueryVariables)]
struct LinesVariables {
    first: Option<i32>,
    after: Option<String>,
    user: Option<UserId>,
    action: Option<AuditAction>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "LinesVariables")]
struct AuditLines {
    #[arguments(first: $first, after: $after, user: $user, action: $action)]
    audit_lines: Option<AuditLineConnection>,
}

/// How many lines one page holds.
const PAGE: i32 = 50;

/// The lines, newest first.
pub async fn lines(
    session: Session,
    filter: AuditFilter,
    after: Option<String>,
) -> Result<Page<AuditLine>, Failure> {
    let AuditFilter { user, action } = filter;
    let operation = AuditLines::build(LinesVariables { first: Some(PAGE), after, user, action });
    let found = session.call(&operation).await?.audit_lines.ok_or(Failure::Unreachable)?;
    Ok(Page::new(found.nodes, found.page_info))
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![query::<AuditLines, LinesVariables>()]
}

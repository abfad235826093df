//! What people and their programs did with users, keys, sessions, accounts and orders, line by line, for good.
//!
//! A line is written in the transaction of the change that it tells of. It never holds a secret: no password,
//! token, key or code, not even a wrong one.

use std::net::IpAddr;
use std::str::FromStr;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::access::ApiKeyId;
use crate::page::{Found, Page};
use crate::session::SessionId;
use crate::store::StoreError;
use crate::user::{UserId, Username};

mod log;

pub(crate) use log::reason;
pub use log::{AuditLog, Doer};

/// The id of a line (UUID version 7): later lines have greater ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuditLineId(pub Uuid);

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditAction {
    /// The first administrator was made.
    UserSetUp,
    /// Somebody was invited.
    UserInvite,
    /// A user got another role.
    UserRoleSet,
    /// A user was locked out.
    UserDisable,
    /// A user was let in again.
    UserEnable,
    /// An administrator took a user's second factor away.
    UserSecondFactorReset,
    /// An administrator made a user's password void.
    PasswordReset,
    /// A password was chosen with a link.
    PasswordSet,
    /// A user changed the own password.
    PasswordChange,
    /// Somebody logged in; refused: tried to.
    SessionCreate,
    /// A session was ended.
    SessionRevoke,
    /// A key was made.
    ApiKeyCreate,
    /// A key was made void.
    ApiKeyRevoke,
    /// A second factor came into force.
    TotpConfirm,
    /// A user took the own second factor away.
    TotpRemove,
    /// Recovery codes were made anew.
    RecoveryCodesRenew,
    /// A webhook was made.
    WebhookCreate,
    /// A webhook was deleted.
    WebhookDelete,
    /// A user set or removed the own e-mail address.
    EmailSet,
    /// A user confirmed the own e-mail address.
    EmailConfirm,
    /// Somebody was let see or trade an account.
    AccountGrant,
    /// Somebody's access to an account was taken away.
    AccountRevoke,
    /// An order was placed.
    OrderPlace,
    /// An order was changed.
    OrderReplace,
    /// An order was canceled.
    OrderCancel,
    /// All orders of an account were canceled.
    OrderCancelAll,
    /// Trading was halted.
    TradingHalt,
    /// Trading was let go on.
    TradingResume,
}

impl AuditAction {
    /// Every action with its name in the database.
    pub const ALL: [(Self, &'static str); 28] = [
        (Self::UserSetUp, "USER_SET_UP"),
        (Self::UserInvite, "USER_INVITE"),
        (Self::UserRoleSet, "USER_ROLE_SET"),
        (Self::UserDisable, "USER_DISABLE"),
        (Self::UserEnable, "USER_ENABLE"),
        (Self::UserSecondFactorReset, "USER_SECOND_FACTOR_RESET"),
        (Self::PasswordReset, "PASSWORD_RESET"),
        (Self::PasswordSet, "PASSWORD_SET"),
        (Self::PasswordChange, "PASSWORD_CHANGE"),
        (Self::SessionCreate, "SESSION_CREATE"),
        (Self::SessionRevoke, "SESSION_REVOKE"),
        (Self::ApiKeyCreate, "API_KEY_CREATE"),
        (Self::ApiKeyRevoke, "API_KEY_REVOKE"),
        (Self::TotpConfirm, "TOTP_CONFIRM"),
        (Self::TotpRemove, "TOTP_REMOVE"),
        (Self::RecoveryCodesRenew, "RECOVERY_CODES_RENEW"),
        (Self::WebhookCreate, "WEBHOOK_CREATE"),
        (Self::WebhookDelete, "WEBHOOK_DELETE"),
        (Self::EmailSet, "EMAIL_SET"),
        (Self::EmailConfirm, "EMAIL_CONFIRM"),
        (Self::AccountGrant, "ACCOUNT_GRANT"),
        (Self::AccountRevoke, "ACCOUNT_REVOKE"),
        (Self::OrderPlace, "ORDER_PLACE"),
        (Self::OrderReplace, "ORDER_REPLACE"),
        (Self::OrderCancel, "ORDER_CANCEL"),
        (Self::OrderCancelAll, "ORDER_CANCEL_ALL"),
        (Self::TradingHalt, "TRADING_HALT"),
        (Self::TradingResume, "TRADING_RESUME"),
    ];

    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(action, _)| *action == self).map_or("", |(_, name)| name)
    }
}

impl FromStr for AuditAction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text).map(|(action, _)| *action);
        found.ok_or_else(|| format!("'{text}' is not an action of the audit log"))
    }
}

/// By what somebody did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditAuthority {
    /// By nothing: nobody was logged in.
    Nobody,
    /// A session.
    Session(SessionId),
    /// An API key.
    Key(ApiKeyId),
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Ours; lines are listed in its order.
    pub id: AuditLineId,
    /// When.
    pub at: OffsetDateTime,
    /// Who did it; for a refused log-in, the user whose name was given, where there is one.
    pub user: Option<UserId>,
    /// That user's name at the time.
    pub username: Option<Username>,
    /// By what.
    pub via: AuditAuthority,
    /// From where, where it is known.
    pub address: Option<IpAddr>,
    /// What.
    pub action: AuditAction,
    /// With whom or with what: a user's name, a key's name. At most 100 characters.
    pub subject: Option<String>,
    /// What became of it.
    pub outcome: AuditOutcome,
    /// A few words more: the new role, why it was refused. At most 200 characters.
    pub detail: Option<String>,
}

/// Which lines are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only those of what this user did.
    pub user: Option<UserId>,
    /// Only those of this action.
    pub action: Option<AuditAction>,
}

/// Where lines are kept. Those of changes are written by the stores of what is changed.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Writes a line that belongs to no change: something was refused.
    async fn append(&self, line: &AuditLine) -> Result<(), StoreError>;

    /// One line.
    async fn find(&self, id: AuditLineId) -> Result<Option<AuditLine>, StoreError>;

    /// A page of lines, newest (greatest id) first.
    async fn list(
        &self,
        filter: AuditFilter,
        page: &Page<AuditLineId>,
    ) -> Result<Found<AuditLine>, StoreError>;
}

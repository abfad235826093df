//! The audit log: what was done with accounts, sessions and keys. For administrators.

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, ID, Object, Result};
use domain::audit::{AuditFilter, AuditLineId};
use domain::user::Permission;

use crate::graphql::api_key::ApiKey;
use crate::graphql::complexity::of_page;
use crate::graphql::connection::{AuditLineConnection, MAX_PAGE, PageArguments};
use crate::graphql::core;
use crate::graphql::error::top_level;
use crate::graphql::guard::permitted;
use crate::graphql::loader::{Keys, Users};
use crate::graphql::node::{GlobalId, asked};
use crate::graphql::scalar::DateTime;
use crate::graphql::user::User;

/// What was done.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::audit::AuditAction")]
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

/// What became of it.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::audit::AuditOutcome")]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

/// By what somebody did it.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditAuthority {
    /// By nothing: nobody was logged in.
    Nobody,
    /// A session.
    Session,
    /// An API key.
    ApiKey,
}

/// One thing that was done, or was tried and refused.
#[derive(Clone)]
pub struct AuditLine(domain::audit::AuditLine);

impl From<domain::audit::AuditLine> for AuditLine {
    fn from(line: domain::audit::AuditLine) -> Self {
        Self(line)
    }
}

/// One thing that was done, or was tried and refused.
#[Object]
impl AuditLine {
    /// The opaque id; `node` follows it.
    pub async fn id(&self) -> ID {
        GlobalId::AuditLine(self.0.id).encode()
    }

    /// When.
    async fn at(&self) -> DateTime {
        self.0.at.into()
    }

    /// Who did it; of a refused log-in, the user whose name was given. Null where nobody is known.
    async fn user(&self, context: &Context<'_>) -> Option<Result<User>> {
        let loader = context.data_unchecked::<DataLoader<Users>>();
        let found = loader.load_one(self.0.user?).await.transpose()?;
        Some(found.map(User::from))
    }

    /// That user's name at the time.
    async fn username(&self) -> Option<&str> {
        self.0.username.as_ref().map(domain::user::Username::as_str)
    }

    /// By what.
    async fn via(&self) -> AuditAuthority {
        match self.0.via {
            domain::audit::AuditAuthority::Nobody => AuditAuthority::Nobody,
            domain::audit::AuditAuthority::Session(_) => AuditAuthority::Session,
            domain::audit::AuditAuthority::Key(_) => AuditAuthority::ApiKey,
        }
    }

    /// The key by which it was done; null where it was by something else, or the key is no longer kept.
    async fn api_key(&self, context: &Context<'_>) -> Option<Result<ApiKey>> {
        let domain::audit::AuditAuthority::Key(id) = self.0.via else { return None };
        let found = context.data_unchecked::<DataLoader<Keys>>().load_one(id).await.transpose()?;
        Some(found.map(ApiKey::from))
    }

    /// From where; null where that is not known.
    async fn address(&self) -> Option<String> {
        self.0.address.map(|address| address.to_string())
    }

    /// What was done.
    async fn action(&self) -> AuditAction {
        self.0.action.into()
    }

    /// With whom or with what: a user's name, a key's name.
    async fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// What became of it.
    async fn outcome(&self) -> AuditOutcome {
        self.0.outcome.into()
    }

    /// A few words more: the new role, the code of the reason why it was refused.
    async fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }
}

#[derive(Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// What was done with accounts, sessions and keys, newest first. For administrators.
    #[graphql(complexity = "of_page(first.or(last), MAX_PAGE.into(), child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn audit_lines(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
        #[graphql(desc = "Only what this user did.")] user: Option<ID>,
        #[graphql(desc = "Only this.")] action: Option<AuditAction>,
    ) -> Option<Result<AuditLineConnection>> {
        let arguments = PageArguments { first, after, last, before };
        let found = async {
            let user = user.as_ref().map(asked).transpose()?;
            let filter = AuditFilter { user, action: action.map(domain::audit::AuditAction::from) };
            list(context, filter, arguments).await
        };
        permitted(context, Permission::Administer, found).await
    }
}

async fn list(
    context: &Context<'_>,
    filter: AuditFilter,
    arguments: PageArguments,
) -> Result<Option<AuditLineConnection>> {
    let page = arguments.page::<AuditLineId>().map_err(|refusal| top_level(refusal.into()))?;
    let found = core(context).services.people.audit.list(filter, &page).await.map_err(top_level)?;
    Ok(Some(AuditLineConnection::of(&page, found.map(|line| (line.id, AuditLine(line))))))
}

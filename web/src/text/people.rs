//! The words for people, what they may do and what they did.

use super::{Catalogue, Text};
use crate::graphql::api_key::Scope;
use crate::graphql::audit::AuditAction;
use crate::graphql::person::UserState;
use crate::ui::copy::CopyWords;

impl Catalogue {
    /// Whether somebody can log in.
    pub fn user_state(self, state: UserState) -> &'static str {
        self.say(match state {
            UserState::Invited => Text::UserInvited,
            UserState::Active => Text::UserActive,
            UserState::Disabled => Text::UserDisabled,
        })
    }

    /// What a scope allows.
    pub fn scope(self, scope: Scope) -> &'static str {
        self.say(match scope {
            Scope::MarketRead => Text::ScopeMarketRead,
            Scope::AccountRead => Text::ScopeAccountRead,
            Scope::TradePaper => Text::ScopeTradePaper,
            Scope::TradeLive => Text::ScopeTradeLive,
            Scope::Research => Text::ScopeResearch,
            Scope::Admin => Text::ScopeAdmin,
            Scope::Other => Text::ScopeOther,
        })
    }

    /// What somebody did.
    pub fn audit_action(self, action: AuditAction) -> &'static str {
        self.say(match action {
            AuditAction::UserSetUp => Text::ActionUserSetUp,
            AuditAction::UserInvite => Text::ActionUserInvite,
            AuditAction::UserRoleSet => Text::ActionUserRoleSet,
            AuditAction::UserDisable => Text::ActionUserDisable,
            AuditAction::UserEnable => Text::ActionUserEnable,
            AuditAction::UserSecondFactorReset => Text::ActionUserSecondFactorReset,
            AuditAction::PasswordReset => Text::ActionPasswordReset,
            AuditAction::PasswordSet => Text::ActionPasswordSet,
            AuditAction::PasswordChange => Text::ActionPasswordChange,
            AuditAction::SessionCreate => Text::ActionSessionCreate,
            AuditAction::SessionRevoke => Text::ActionSessionRevoke,
            AuditAction::ApiKeyCreate => Text::ActionApiKeyCreate,
            AuditAction::ApiKeyRevoke => Text::ActionApiKeyRevoke,
            AuditAction::TotpConfirm => Text::ActionTotpConfirm,
            AuditAction::TotpRemove => Text::ActionTotpRemove,
            AuditAction::RecoveryCodesRenew => Text::ActionRecoveryCodesRenew,
            AuditAction::WebhookCreate => Text::ActionWebhookCreate,
            AuditAction::WebhookDelete => Text::ActionWebhookDelete,
            AuditAction::EmailSet => Text::ActionEmailSet,
            AuditAction::EmailConfirm => Text::ActionEmailConfirm,
            AuditAction::Other => Text::ActionOther,
        })
    }

    /// What a button to copy says.
    pub fn copy_words(self) -> CopyWords {
        CopyWords {
            copy: self.say(Text::Copy),
            copied: self.say(Text::Copied),
            failed: self.say(Text::CopyFailed),
        }
    }
}

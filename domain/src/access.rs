//! What somebody may do: the role of the user, and for a program the scopes of its key.

use std::fmt;

use uuid::Uuid;

use crate::named::named;
use crate::session::SessionId;
use crate::user::{Permission, Role};

/// The id of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiKeyId(pub Uuid);

/// One thing that an API key may be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Quotes, bars, instruments; its user's watchlists and alerts, to change them too.
    MarketRead,
    /// Accounts, orders, positions.
    AccountRead,
    /// Orders of simulated and paper accounts.
    TradePaper,
    /// Orders of live accounts.
    TradeLive,
    /// Strategies and backtests.
    Research,
    /// People and settings, but for [`Permission::GrantAccess`].
    Admin,
}

named!(
    Scope,
    "a scope",
    [
        (MarketRead, "market:read"),
        (AccountRead, "account:read"),
        (TradePaper, "trade:paper"),
        (TradeLive, "trade:live"),
        (Research, "research"),
        (Admin, "admin"),
    ]
);

impl Scope {
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// Whether this one is in it.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Those in it, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().map(|(scope, _)| *scope).filter(move |scope| self.contains(*scope))
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter().map(Scope::as_str)).finish()
    }
}

/// By what somebody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authority {
    /// A person who logged in.
    Session(SessionId),
    /// A program with a key, good for these scopes at most.
    Key(ApiKeyId, Scopes),
}

/// What somebody may do: what the role allows, and with a key no more than its scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The user's role.
    pub role: Role,
    /// By what the user was let in.
    pub authority: Authority,
}

impl Rights {
    /// What they come from: equal for all sessions of one role.
    pub fn reach(self) -> (Role, Option<Scopes>) {
        match self.authority {
            Authority::Session(_) => (self.role, None),
            Authority::Key(_, scopes) => (self.role, Some(scopes)),
        }
    }

    /// Whether `permission` is included.
    pub fn allow(self, permission: Permission) -> bool {
        let by_authority = match self.authority {
            Authority::Session(_) => true,
            Authority::Key(_, scopes) => permission.scopes().iter().any(|scope| scopes.contains(*scope)),
        };
        self.role.allows(permission) && by_authority
    }
}

impl Role {
    /// The scopes that a key of a user of this role may have.
    pub fn scopes(self) -> Scopes {
        let allowed = |scope: &Scope| match scope {
            Scope::MarketRead => self.allows(Permission::ReadMarket),
            Scope::Research => self.allows(Permission::Research),
            Scope::AccountRead | Scope::TradePaper | Scope::TradeLive => self.allows(Permission::Trade),
            Scope::Admin => self.allows(Permission::Administer),
        };
        Scope::ALL.iter().map(|(scope, _)| *scope).filter(allowed).collect()
    }
}

impl Permission {
    /// The scopes of which a key needs one; none for what no key can do.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::ReadMarket => &[Scope::MarketRead],
            Self::Research => &[Scope::Research],
            Self::Trade => &[Scope::TradePaper, Scope::TradeLive],
            Self::Administer => &[Scope::Admin],
            Self::GrantAccess | Self::ManageSelf => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_allows_what_both_the_role_and_a_scope_allow() {
        let session = Authority::Session(SessionId(Uuid::nil()));
        let key = |scopes: &[Scope]| {
            Authority::Key(ApiKeyId(Uuid::nil()), scopes.iter().copied().collect::<Scopes>())
        };
        let cases = [
            (Role::Viewer, session, Permission::ReadMarket, true),
            (Role::Viewer, session, Permission::ManageSelf, true),
            (Role::Viewer, session, Permission::Trade, false),
            (Role::Trader, key(&[Scope::MarketRead]), Permission::ReadMarket, true),
            (Role::Trader, key(&[Scope::MarketRead]), Permission::Trade, false),
            (Role::Trader, key(&[Scope::TradePaper]), Permission::Trade, true),
            (Role::Trader, key(&[Scope::TradePaper]), Permission::ReadMarket, false),
            (Role::Viewer, key(&[Scope::TradeLive, Scope::Admin]), Permission::Trade, false),
            (Role::Viewer, key(&[Scope::Admin]), Permission::Administer, false),
            (Role::Admin, key(&[Scope::Admin]), Permission::Administer, true),
            (Role::Admin, key(&[Scope::Admin]), Permission::ManageSelf, false),
            (Role::Admin, key(&[Scope::Admin]), Permission::GrantAccess, false),
            (Role::Admin, session, Permission::GrantAccess, true),
            (Role::Trader, session, Permission::GrantAccess, false),
            (Role::Admin, key(&[]), Permission::ReadMarket, false),
        ];
        for (role, authority, permission, expected) in cases {
            let rights = Rights { role, authority };
            assert_eq!(rights.allow(permission), expected, "{rights:?} {permission:?}");
        }
    }

    #[test]
    fn a_role_gives_the_scopes_that_it_has() {
        let cases = [
            (Role::Viewer, r#"{"market:read"}"#),
            (Role::Researcher, r#"{"market:read", "research"}"#),
            (Role::Trader, r#"{"market:read", "account:read", "trade:paper", "trade:live", "research"}"#),
        ];
        for (role, expected) in cases {
            assert_eq!(format!("{:?}", role.scopes()), expected);
        }
        assert_eq!(Role::Admin.scopes().iter().count(), Scope::ALL.len());
    }

    #[test]
    fn scopes_have_names_and_make_sets() {
        for (scope, name) in Scope::ALL {
            assert_eq!((scope.as_str(), name.parse()), (*name, Ok(*scope)));
        }
        assert!("trade".parse::<Scope>().is_err());
        let scopes: Scopes = [Scope::Admin, Scope::MarketRead, Scope::Admin].into_iter().collect();
        assert_eq!(scopes.iter().collect::<Vec<_>>(), [Scope::MarketRead, Scope::Admin]);
        assert_eq!(format!("{scopes:?}"), r#"{"market:read", "admin"}"#);
        assert!(Scopes::default().is_empty());
    }
}

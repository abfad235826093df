//! Who asks for something: a person or a program, by what, and from where.

use crate::access::Authority;
use crate::address::Origin;
use crate::session::SessionId;
use crate::user::User;

/// Somebody who was let in.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Who it is.
    pub user: User,
    /// By what the user was let in.
    pub authority: Authority,
    /// From where.
    pub origin: Origin,
}

/// A person who logged in: what concerns oneself is never done with a key.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who it is.
    pub user: User,
    /// The session.
    pub session: SessionId,
    /// From where.
    pub origin: Origin,
}

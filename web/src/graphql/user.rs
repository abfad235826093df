//! The people: who is logged in, and how the first one is set up.

use super::document::mutation;
use super::schema;
use super::user_error::UserError;

/// What a person may do.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum Role {
    Admin,
    Trader,
    Researcher,
    Viewer,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Trader, Self::Researcher, Self::Viewer];
}

/// The id of a person.
pub type UserId = cynic::Id;

/// A person.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The name to log in with.
    pub username: String,
    /// What the person may do.
    pub role: Role,
}

/// What a set-up needs.
#[derive(cynic::InputObject)]
pub struct UserSetUpInput {
    /// The one-time token of the link.
    pub set_up_token: String,
    /// The name to log in with.
    pub username: String,
    /// The password.
    pub password: String,
}

/// The argument of the mutation.
#[derive(cynic::QueryVariables)]
pub struct UserSetUpVariables {
    /// The one input.
    pub input: UserSetUpInput,
}

/// What became of a set-up.
#[derive(cynic::QueryFragment)]
pub struct UserSetUpPayload {
    /// The first administrator.
    pub user: Option<User>,
    /// Why there is none.
    pub user_errors: Vec<UserError>,
}

/// Makes the first administrator.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "UserSetUpVariables")]
pub struct UserSetUp {
    /// What became of it.
    #[arguments(input: $input)]
    pub user_set_up: UserSetUpPayload,
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![mutation::<UserSetUp, UserSetUpVariables>()]
}

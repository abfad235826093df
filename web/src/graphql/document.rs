//! Registered operations: the server knows the texts of this client's operations by their hashes, so that a
//! request names its text instead of carrying it. A server that does not know one is sent the text, and no
//! further hash as long as the page lives.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

use cynic::schema::{MutationRoot, QueryRoot, SubscriptionRoot};
use cynic::variables::VariableType;
use cynic::{OperationBuilder, QueryFragment, QueryVariables};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::{
    alert, alert_event, api_key, audit, bar, depth, email, indicator, instrument, layout, password, person,
    preferences, quote, session, system, totp, trade, user, volume_profile, watchlist, webhook,
};

/// The code with which a server says that it does not know a document.
const NOT_FOUND: &str = "DOCUMENT_NOT_FOUND";

static SERVER_KNOWS_US: AtomicBool = AtomicBool::new(true);

/// How a request says which operation it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// By the hash of its text.
    Id,
    /// By its text.
    Text,
}

impl Naming {
    /// What to try next.
    pub fn present() -> Self {
        if SERVER_KNOWS_US.load(Ordering::Relaxed) { Self::Id } else { Self::Text }
    }

    /// What to try instead after this failure, and from then on; none where it has another cause.
    pub fn after(self, failure: &Failure) -> Option<Self> {
        let unknown = matches!(failure, Failure::Refused { code, .. } if code == NOT_FOUND);
        if self == Self::Text || !unknown {
            return None;
        }
        SERVER_KNOWS_US.store(false, Ordering::Relaxed);
        Some(Self::Text)
    }
}

/// An operation on its way. No `Debug`: its variables may hold a secret.
#[derive(Deserialize)]
pub struct Request {
    #[serde(rename = "query")]
    text: String,
    #[serde(rename = "operationName")]
    name: Option<String>,
    #[serde(default)]
    variables: Value,
}

impl Request {
    /// Of one of cynic's operations.
    pub fn new(operation: &impl Serialize) -> serde_json::Result<Self> {
        serde_json::from_value(serde_json::to_value(operation)?)
    }

    /// As it goes over the wire.
    pub fn body(&self, naming: Naming) -> Value {
        let mut body = match naming {
            Naming::Id => json!({ "documentId": id(&self.text) }),
            Naming::Text => json!({ "query": self.text }),
        };
        if let Some(name) = &self.name {
            body["operationName"] = json!(name);
        }
        if !self.variables.is_null() {
            body["variables"] = self.variables.clone();
        }
        body
    }
}

/// What the server knows a text by.
fn id(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().fold(String::from("sha256:"), |mut id, byte| {
        // Writing to a string cannot fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

/// Every operation of this client as JSON: its id and its text.
pub fn registry() -> serde_json::Result<String> {
    let texts = [
        alert::documents(),
        alert_event::documents(),
        api_key::documents(),
        audit::documents(),
        bar::documents(),
        depth::documents(),
        email::documents(),
        indicator::documents(),
        instrument::documents(),
        layout::documents(),
        password::documents(),
        person::documents(),
        preferences::documents(),
        quote::documents(),
        session::documents(),
        system::documents(),
        totp::documents(),
        trade::documents(),
        user::documents(),
        volume_profile::documents(),
        watchlist::documents(),
        webhook::documents(),
    ];
    let known: BTreeMap<_, _> = texts.into_iter().flatten().map(|text| (id(&text), text)).collect();
    serde_json::to_string_pretty(&known).map(|json| json + "\n")
}

/// Stands for variables where only the text of an operation is wanted.
struct Unset<V>(PhantomData<V>);

impl<V: QueryVariables> QueryVariables for Unset<V> {
    type Fields = V::Fields;
    const VARIABLES: &'static [(&'static str, VariableType)] = V::VARIABLES;
}

/// The text of a query.
pub fn query<F, V>() -> String
where
    F: QueryFragment<VariablesFields = V::Fields>,
    F::SchemaType: QueryRoot,
    V: QueryVariables,
{
    text(OperationBuilder::<F, Unset<V>>::query())
}

/// The text of a mutation.
pub fn mutation<F, V>() -> String
where
    F: QueryFragment<VariablesFields = V::Fields>,
    F::SchemaType: MutationRoot,
    V: QueryVariables,
{
    text(OperationBuilder::<F, Unset<V>>::mutation())
}

/// The text of a subscription.
pub fn subscription<F, V>() -> String
where
    F: QueryFragment<VariablesFields = V::Fields>,
    F::SchemaType: SubscriptionRoot,
    V: QueryVariables,
{
    text(OperationBuilder::<F, Unset<V>>::subscription())
}

fn text<F: QueryFragment, V: QueryVariables>(operation: OperationBuilder<F, Unset<V>>) -> String {
    // It fails only for want of variables.
    operation.with_variables(Unset(PhantomData)).build().map_or_else(|_| String::new(), |built| built.query)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use cynic::QueryBuilder;

    use super::*;
    use crate::graphql::system::WelcomeQuery;

    #[test]
    fn the_committed_registry_is_that_of_this_client() {
        let remedy = "web/operations.json is out of date; run `cargo run -p web > web/operations.json`";
        assert!(registry().unwrap() == include_str!("../../operations.json"), "{remedy}");
    }

    #[test]
    fn every_operation_in_the_sources_is_registered() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/graphql");
        let roots = ["Query", "Mutation", "Subscription"].map(|root| format!("graphql_type = \"{root}\""));
        let sources: String = fs::read_dir(folder)
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        let written: usize = roots.iter().map(|root| sources.matches(root.as_str()).count()).sum();
        let registered: BTreeMap<String, String> = serde_json::from_str(&registry().unwrap()).unwrap();
        assert_eq!(registered.len(), written);
        assert!(registered.iter().all(|(known, text)| *known == id(text) && !text.is_empty()));
    }

    #[test]
    fn what_is_sent_is_what_is_registered() {
        let operation = WelcomeQuery::build(());
        assert_eq!(operation.query, query::<WelcomeQuery, ()>());
        let request = Request::new(&operation).unwrap();
        let named = json!({ "documentId": id(&operation.query), "operationName": "WelcomeQuery" });
        assert_eq!(request.body(Naming::Id), named);
        let whole = json!({ "query": operation.query, "operationName": "WelcomeQuery" });
        assert_eq!(request.body(Naming::Text), whole);
        let hash = "cd140144ab2af6145e3658df027eac1c4b58f4b8504b3db0b1195907f313db5e";
        assert_eq!(id("{ x }"), format!("sha256:{hash}"));
    }

    #[test]
    fn a_server_that_does_not_know_an_id_gets_the_text_from_then_on() {
        let refused =
            |code: &str| Failure::Refused { code: code.into(), message: String::new(), instrument: None };
        assert_eq!(Naming::Id.after(&refused("LIMIT")), None);
        assert_eq!(Naming::Id.after(&Failure::Unreachable), None);
        assert_eq!(Naming::present(), Naming::Id);
        assert_eq!(Naming::Id.after(&refused(NOT_FOUND)), Some(Naming::Text));
        assert_eq!(Naming::present(), Naming::Text);
        assert_eq!(Naming::Text.after(&refused(NOT_FOUND)), None, "it is not sent a third time");
    }
}

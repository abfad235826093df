//! Registered operations: documents that were known when the web client was built, by the hash of their text.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::http::document::Document;

const PREFIX: &str = "sha256:";

/// The registered documents by their ids.
#[derive(Default)]
pub(super) struct Registry(HashMap<String, Arc<Document>>);

impl Registry {
    /// Reads `{"sha256:…": "document"}`. An entry that does not hold is left out, and that is logged.
    pub fn read(json: &str) -> Self {
        let entries: HashMap<String, String> = match serde_json::from_str(json) {
            Ok(entries) => entries,
            Err(error) => {
                tracing::error!(%error, "the registered operations cannot be read; there are none");
                return Self::default();
            }
        };
        Self(entries.into_iter().filter_map(|(id, text)| Some((id.clone(), checked(&id, &text)?))).collect())
    }

    /// The document of this id.
    pub fn find(&self, id: &str) -> Option<Arc<Document>> {
        self.0.get(id).cloned()
    }

    /// The document with this text, where it is registered.
    pub fn find_text(&self, text: &str) -> Option<Arc<Document>> {
        self.find(&id_of(text))
    }
}

fn checked(id: &str, text: &str) -> Option<Arc<Document>> {
    if id != id_of(text) {
        tracing::error!(id, "a registered operation has another text than its id says; it is left out");
        return None;
    }
    match Document::parse(text) {
        Ok(document) => Some(Arc::new(document)),
        Err(errors) => {
            let message = errors.first().map(|error| error.message.as_str()).unwrap_or_default();
            tracing::error!(id, message, "a registered operation is not valid; it is left out");
            None
        }
    }
}

/// The id of a text: `sha256:` and its hash in lower-case hex.
fn id_of(text: &str) -> String {
    Sha256::digest(text).iter().fold(PREFIX.to_owned(), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_hash_of_the_text() {
        // From the appendix of the specification.
        let text = "query($id:ID!){user(id:$id){name}}";
        let id = "sha256:71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b";
        assert_eq!(id_of(text), id);
        let registry = Registry::read(&serde_json::json!({ id: text }).to_string());
        let found = registry.find(id).unwrap();
        assert!(Arc::ptr_eq(&found, &registry.find_text(text).unwrap()));
        assert!(registry.find_text("query($id: ID!){user(id:$id){name}}").is_none());
        assert!(registry.find(&id.to_uppercase()).is_none());
    }

    #[test]
    fn what_does_not_hold_is_left_out() {
        let good = "{ system { version } }";
        let json = serde_json::json!({
            id_of(good): good,
            id_of("{ other }"): good,
            id_of("{ broken"): "{ broken",
            "custom": good,
        });
        assert_eq!(Registry::read(&json.to_string()).0.keys().collect::<Vec<_>>(), [&id_of(good)]);
        for bad in ["", "[]", "{", "{\"sha256:00\": 1}"] {
            assert!(Registry::read(bad).0.is_empty(), "{bad}");
        }
    }
}

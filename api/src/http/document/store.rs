//! Where a request's document comes from: its own text, or the registered ones.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::ServerError;
use domain::access::Authority;

use crate::graphql::error::code;
use crate::http::document::Document;
use crate::http::document::cache::Cache;
use crate::http::document::registry::Registry;
use crate::http::execution::failed;
use crate::http::wire::DocumentSource;
use crate::options::DocumentPolicy;

const BOTH: &str = "give 'query' or 'documentId', not both";
const NOT_FOUND: &str = "no operation is registered under this documentId; send its text in 'query'";
const NOT_REGISTERED: &str =
    "this server executes registered operations alone; send a 'documentId' that it knows, or use an API key";

/// The documents of one node.
pub(crate) struct Documents {
    cache: Mutex<Cache>,
    registry: Registry,
    policy: DocumentPolicy,
}

impl Documents {
    /// The registered operations as JSON, and who is held to them.
    pub fn new(registered: Option<&str>, policy: DocumentPolicy) -> Self {
        let registry = registered.map(Registry::read).unwrap_or_default();
        Self { cache: Mutex::new(Cache::new()), registry, policy }
    }

    /// The document of a request of somebody who was let in by this, if by anything.
    pub fn find(
        &self,
        source: &DocumentSource,
        authority: Option<Authority>,
    ) -> Result<Arc<Document>, Vec<ServerError>> {
        match source {
            DocumentSource::Both => Err(failed(code::BAD_REQUEST, BOTH).errors),
            DocumentSource::Registered(id) => {
                self.registry.find(id).ok_or_else(|| failed(code::DOCUMENT_NOT_FOUND, NOT_FOUND).errors)
            }
            DocumentSource::Text(text) if self.may_send_any(authority) => self.parse(text, authority),
            DocumentSource::Text(text) => {
                let found = self.registry.find_text(text);
                found.ok_or_else(|| failed(code::FORBIDDEN, NOT_REGISTERED).errors)
            }
        }
    }

    fn may_send_any(&self, authority: Option<Authority>) -> bool {
        self.policy == DocumentPolicy::Any || matches!(authority, Some(Authority::Key(..)))
    }

    /// Parses a text that is not known yet. What strangers send is not kept: they could push everything else out.
    fn parse(&self, text: &str, authority: Option<Authority>) -> Result<Arc<Document>, Vec<ServerError>> {
        let cache = || self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache().find(text) {
            return Ok(known);
        }
        let document = Arc::new(Document::parse(text)?);
        if authority.is_some() {
            cache().keep(text, &document);
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use domain::access::{ApiKeyId, Scopes};
    use domain::session::SessionId;
    use uuid::Uuid;

    use super::*;

    const KNOWN: &str = "query($id:ID!){user(id:$id){name}}";
    const ID: &str = "sha256:71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b";

    fn documents(policy: DocumentPolicy) -> Documents {
        Documents::new(Some(&serde_json::json!({ ID: KNOWN }).to_string()), policy)
    }

    #[test]
    fn who_may_send_what_is_a_table() {
        let session = Authority::Session(SessionId(Uuid::nil()));
        let key = Authority::Key(ApiKeyId(Uuid::nil()), Scopes::default());
        let text = |text: &str| DocumentSource::Text(text.to_owned());
        let id = |id: &str| DocumentSource::Registered(id.to_owned());
        let (any, registered) = (DocumentPolicy::Any, DocumentPolicy::Registered);
        let cases = [
            (any, Some(session), text("{ a }"), None),
            (any, None, text("{ a }"), None),
            (any, None, id(ID), None),
            (any, None, id("sha256:00"), Some(code::DOCUMENT_NOT_FOUND)),
            (any, None, DocumentSource::Both, Some(code::BAD_REQUEST)),
            (registered, Some(session), id(ID), None),
            (registered, Some(session), text(KNOWN), None),
            (registered, Some(session), text("{ a }"), Some(code::FORBIDDEN)),
            (registered, None, text("{ a }"), Some(code::FORBIDDEN)),
            (registered, None, text(KNOWN), None),
            (registered, Some(key), text("{ a }"), None),
            (registered, Some(key), id(ID), None),
        ];
        for (policy, authority, source, expected) in cases {
            let found = documents(policy).find(&source, authority).err();
            let code =
                found.map(|errors| errors[0].extensions.as_ref().unwrap().get("code").cloned().unwrap());
            assert_eq!(code, expected.map(Into::into), "{policy:?} {authority:?} {source:?}");
        }
    }

    #[test]
    fn a_text_is_parsed_once_for_whoever_is_known() {
        let documents = documents(DocumentPolicy::Any);
        let session = Authority::Session(SessionId(Uuid::nil()));
        let find = |authority| documents.find(&DocumentSource::Text("{ a }".into()), authority).unwrap();
        assert!(!Arc::ptr_eq(&find(None), &find(None)), "a stranger's is not kept");
        let kept = find(Some(session));
        assert!(Arc::ptr_eq(&kept, &find(Some(session))));
        assert!(Arc::ptr_eq(&kept, &find(None)));
    }
}

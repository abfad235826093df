//! Documents that were parsed, by their text: what was asked lately is not parsed again.

use std::sync::Arc;

use lru::LruCache;

use crate::http::document::Document;

/// The most documents that are kept.
const MAX_DOCUMENTS: usize = 1_000;

/// The most text that is kept, in bytes.
const MAX_TEXT: usize = 8 * 1024 * 1024;

/// The most tokens that are kept: parsed, each takes some hundred bytes.
const MAX_TOKENS: usize = 250_000;

/// A document with more text than this is most likely written for once, and would push many others out.
const MAX_ONE: usize = 64 * 1024;

/// The documents that were used last.
pub(super) struct Cache {
    documents: LruCache<Arc<str>, Arc<Document>>,
    text: usize,
    tokens: usize,
}

impl Cache {
    /// No documents yet.
    pub fn new() -> Self {
        Self { documents: LruCache::unbounded(), text: 0, tokens: 0 }
    }

    /// The document with this text, where it is kept.
    pub fn find(&mut self, text: &str) -> Option<Arc<Document>> {
        self.documents.get(text).cloned()
    }

    /// Keeps a document; those that were not used for the longest time make room.
    pub fn keep(&mut self, text: &str, document: &Arc<Document>) {
        if text.len() > MAX_ONE || self.documents.contains(text) {
            return;
        }
        self.text += text.len();
        self.tokens += document.tokens;
        self.documents.put(text.into(), Arc::clone(document));
        while self.is_too_much() {
            let Some((text, document)) = self.documents.pop_lru() else { return };
            self.text -= text.len();
            self.tokens -= document.tokens;
        }
    }

    fn is_too_much(&self) -> bool {
        self.documents.len() > MAX_DOCUMENTS || self.text > MAX_TEXT || self.tokens > MAX_TOKENS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(cache: &mut Cache, text: &str) {
        cache.keep(text, &Arc::new(Document::parse(text).unwrap()));
    }

    #[test]
    fn what_was_not_used_for_longest_makes_room() {
        let mut cache = Cache::new();
        let text = |number: usize| format!("{{ a{number} }}");
        for number in 0..MAX_DOCUMENTS {
            keep(&mut cache, &text(number));
        }
        let first = cache.find(&text(0)).unwrap();
        keep(&mut cache, &text(MAX_DOCUMENTS));
        assert!(cache.find(&text(1)).is_none(), "the oldest");
        assert!(Arc::ptr_eq(&cache.find(&text(0)).unwrap(), &first), "used since");
        assert_eq!((cache.documents.len(), cache.tokens), (MAX_DOCUMENTS, 3 * MAX_DOCUMENTS));
    }

    #[test]
    fn text_and_tokens_are_bounded() {
        let mut cache = Cache::new();
        for number in 0..200 {
            keep(&mut cache, &format!("{{ a{number} }} #{}", "x".repeat(60_000)));
            assert!(cache.text <= MAX_TEXT, "{}", cache.text);
        }
        assert!(cache.documents.len() > 100);
        for number in 0..300 {
            keep(&mut cache, &format!("{{ b{number} {} }}", "a ".repeat(1_900)));
            assert!(cache.tokens <= MAX_TOKENS, "{}", cache.tokens);
        }
        assert!(cache.documents.len() > 50);
        let kept: usize = cache.documents.iter().map(|(text, _)| text.len()).sum();
        assert_eq!(cache.text, kept);
        keep(&mut cache, &format!("{{ huge }} #{}", "x".repeat(MAX_ONE)));
        assert_eq!(cache.documents.peek_mru().map(|(text, _)| text.contains("huge")), Some(false));
    }

    #[test]
    fn the_same_text_is_kept_once() {
        let mut cache = Cache::new();
        keep(&mut cache, "{ a }");
        keep(&mut cache, "{ a }");
        assert_eq!((cache.documents.len(), cache.text, cache.tokens), (1, 5, 3));
        assert!(cache.find("{ a  }").is_none(), "positions differ, so texts are compared as they are");
    }
}

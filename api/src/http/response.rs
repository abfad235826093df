//! A response, written: the same bytes whatever carries it.

use async_graphql::{Response, ServerError, Value};
use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is written of an operation that was executed.
#[derive(Serialize)]
pub(crate) struct Executed<'r> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'r [ServerError],
    data: &'r Value,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'r BTreeMap<String, Value>,
}

impl<'r> From<&'r Response> for Executed<'r> {
    fn from(response: &'r Response) -> Self {
        Self { errors: &response.errors, data: &response.data, extensions: &response.extensions }
    }
}

/// A response as JSON.
pub(crate) fn response_text(response: &Response) -> Utf8Bytes {
    match serde_json::to_string(&Executed::from(response)) {
        Ok(text) => text.into(),
        Err(error) => {
            // No value of ours is without a form in JSON; should one come to be, nobody is told half of it.
            tracing::error!(%error, "a response cannot be written as JSON");
            Utf8Bytes::from_static(r#"{"errors":[{"message":"internal fault"}],"data":null}"#)
        }
    }
}

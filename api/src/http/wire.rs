//! A GraphQL request as it comes over the wire, by POST, GET or websocket.

use async_graphql::Variables;
use serde::Deserialize;
use serde_json::Value;

use crate::http::json::Object;

/// A GraphQL request. Parameters of another type are refused.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Parameters")]
pub(crate) struct WireRequest {
    /// Where its document is.
    pub source: DocumentSource,
    /// Which of the document's operations.
    pub operation_name: Option<String>,
    /// The variables' values.
    pub variables: Object,
}

/// Where the document of a request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DocumentSource {
    /// In the request.
    Text(String),
    /// Among the registered ones, under this id.
    Registered(String),
    /// In both places, which is one too many.
    Both,
}

impl WireRequest {
    /// The variables' values, as the library takes them.
    pub fn take_variables(&mut self) -> Variables {
        Variables::from_json(Value::Object(std::mem::take(&mut self.variables.0)))
    }
}

/// What a request may hold; what else stands in it is not looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<Object>,
    /// Must be a map; none is known here.
    #[serde(rename = "extensions")]
    _extensions: Option<Object>,
}

impl TryFrom<Parameters> for WireRequest {
    type Error = &'static str;

    fn try_from(parameters: Parameters) -> Result<Self, Self::Error> {
        let source = match (parameters.query, parameters.document_id) {
            (Some(text), None) => DocumentSource::Text(text),
            (None, Some(id)) => DocumentSource::Registered(id),
            (Some(_), Some(_)) => DocumentSource::Both,
            (None, None) => return Err("give the document in 'query', or its id in 'documentId'"),
        };
        let variables = parameters.variables.unwrap_or_default();
        Ok(Self { source, operation_name: parameters.operation_name, variables })
    }
}

/// The parameters in the query string of a GET.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryString {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl QueryString {
    /// The request that these parameters make.
    pub fn into_request(self) -> Result<WireRequest, &'static str> {
        let parameters = Parameters {
            query: self.query,
            document_id: self.document_id,
            operation_name: self.operation_name.filter(|name| !name.is_empty()),
            variables: object(self.variables).map_err(|_| "'variables' must be a JSON object")?,
            _extensions: object(self.extensions).map_err(|_| "'extensions' must be a JSON object")?,
        };
        parameters.try_into()
    }
}

fn object(text: Option<String>) -> Result<Option<Object>, serde_json::Error> {
    text.filter(|text| !text.is_empty()).map(|text| serde_json::from_str(&text)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_one_document() {
        let id = DocumentSource::Registered("sha256:00".into());
        let text = DocumentSource::Text("{a}".into());
        let cases = [
            (r#"{"query":"{a}"}"#, Some(text.clone())),
            (r#"{"query":"{a}","documentId":null,"operationName":null,"variables":null}"#, Some(text)),
            (r#"{"documentId":"sha256:00","variables":{"n":1},"extensions":{}}"#, Some(id)),
            (r#"{"query":"{a}","documentId":"sha256:00"}"#, Some(DocumentSource::Both)),
            (r#"{"query":null}"#, None),
            (r"{}", None),
            (r#"{"documentId":7}"#, None),
            (r#"{"query":"{a}","query":"{b}"}"#, None),
            (r#"{"query":"{a}","variables":{"n":1,"n":2}}"#, None),
            (r#"{"query":"{a}","extensions":[]}"#, None),
        ];
        for (body, expected) in cases {
            let source = serde_json::from_str::<WireRequest>(body).ok().map(|request| request.source);
            assert_eq!(source, expected, "{body}");
        }
    }
}

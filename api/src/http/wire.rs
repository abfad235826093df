//! A GraphQL request as it comes over the wire, by POST, GET or websocket.

use async_graphql::{Request, Variables};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The parameters of a GraphQL request. Anything of another type is refused.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireRequest {
    /// The document.
    pub query: String,
    /// Which of its operations.
    #[serde(default)]
    pub operation_name: Option<String>,
    /// The variables' values.
    #[serde(default)]
    pub variables: Option<Map<String, Value>>,
    /// Must be a map; none is known here.
    #[serde(default, rename = "extensions")]
    _extensions: Option<Map<String, Value>>,
}

/// The parameters in the query string of a GET.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryString {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl QueryString {
    /// The request that these parameters make.
    pub fn into_request(self) -> Result<WireRequest, &'static str> {
        Ok(WireRequest {
            query: self.query.ok_or("give the document in the parameter 'query'")?,
            operation_name: self.operation_name.filter(|name| !name.is_empty()),
            variables: map(self.variables).map_err(|_| "'variables' must be a JSON object")?,
            _extensions: map(self.extensions).map_err(|_| "'extensions' must be a JSON object")?,
        })
    }
}

fn map(text: Option<String>) -> Result<Option<Map<String, Value>>, serde_json::Error> {
    text.filter(|text| !text.is_empty()).map(|text| serde_json::from_str(&text)).transpose()
}

impl From<WireRequest> for Request {
    fn from(wire: WireRequest) -> Self {
        let variables = Variables::from_json(Value::Object(wire.variables.unwrap_or_default()));
        let request = Self::new(wire.query).variables(variables);
        match wire.operation_name {
            Some(name) => request.operation_name(name),
            None => request,
        }
    }
}

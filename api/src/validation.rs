//! Validation without execution: of a subscription whose execution is shared, or begins later.

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::{Request, Response, ServerError, ValidationResult};
use async_trait::async_trait;
use futures::StreamExt as _;
use std::sync::Arc;

use crate::graphql::Schema;
use crate::http::with_codes;

/// Goes with a request that is not to be executed.
struct ValidateOnly;

/// What a valid request is stopped with; no client ever sees it.
const VALID: &str = "this request is valid";

/// Whether the library takes this request, with these variables; its errors where it does not.
pub(crate) async fn validate(schema: &Schema, request: Request) -> Result<(), Vec<ServerError>> {
    let first = schema.execute_stream(request.data(ValidateOnly)).next().await;
    let errors = with_codes(first.unwrap_or_else(|| Response::from_errors(Vec::new()))).errors;
    let is_valid = errors.len() == 1 && errors[0].message == VALID && errors[0].locations.is_empty();
    if is_valid { Ok(()) } else { Err(errors) }
}

/// Stops a request that is only to be validated.
pub(crate) struct Validation;

impl ExtensionFactory for Validation {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Validation {
    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(context).await?;
        if context.data_opt::<ValidateOnly>().is_some() {
            return Err(vec![ServerError::new(VALID, None)]);
        }
        Ok(result)
    }
}

//! Variables that must be given.
//!
//! The library notices a missing one only where a field uses it, when others have been resolved already.

use async_graphql::parser::types::OperationDefinition;
use async_graphql::{Value, Variables};

/// Checks that every variable that cannot be null has a value or a default.
pub(in crate::http) fn check_variables(
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<(), String> {
    for definition in &operation.variable_definitions {
        let (name, kind) = (&definition.node.name.node, &definition.node.var_type.node);
        let given = variables.get(name);
        let is_null = matches!(given, Some(Value::Null));
        let is_missing = given.is_none() && definition.node.default_value.is_none();
        if !kind.nullable && (is_null || is_missing) {
            return Err(format!("the variable '${name}' of the type '{kind}' must be given"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_variable_that_must_be_given_is_missed_at_once() {
        let document =
            parse_query("query($a: ID!, $b: Int! = 1, $c: String) { node(id: $a) { id } }").unwrap();
        let operation = &document.operations.iter().next().unwrap().1.node;
        let cases = [
            (json!({ "a": "x" }), true),
            (json!({}), false),
            (json!({ "a": null }), false),
            (json!({ "a": "x", "b": null }), false),
        ];
        for (given, valid) in cases {
            let checked = check_variables(operation, &Variables::from_json(given.clone()));
            assert_eq!(checked.is_ok(), valid, "{given}");
        }
    }
}

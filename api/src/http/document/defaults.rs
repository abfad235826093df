//! Variables that were not given take their defaults.
//!
//! The library does so where a field reads an argument, but not in `@skip` and `@include`.

use async_graphql::Variables;
use async_graphql::parser::types::OperationDefinition;

/// Adds the defaults of variables that were not given.
pub(in crate::http) fn fill(operation: &OperationDefinition, variables: &mut Variables) {
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        if let Some(default) = &definition.default_value
            && variables.get(&definition.name.node).is_none()
        {
            variables.insert(definition.name.node.clone(), default.node.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_given_stays_and_what_is_not_is_the_default() {
        let document =
            parse_query("query($a: Boolean = true, $b: Int = 1, $c: Int) { viewer { id } }").unwrap();
        let operation = &document.operations.iter().next().unwrap().1.node;
        let cases = [
            (json!({}), json!({ "a": true, "b": 1 })),
            (json!({ "a": false, "b": null, "c": 2 }), json!({ "a": false, "b": null, "c": 2 })),
        ];
        for (given, expected) in cases {
            let mut variables = Variables::from_json(given);
            fill(operation, &mut variables);
            assert_eq!(json!(variables), expected);
        }
    }
}

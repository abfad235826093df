//! What a document may cost before the library looks at it.
//!
//! Its validator follows fragments again and again: their growth is bounded here first. Here is also seen which kind of operation it is, and that log-ins are not multiplied by aliases.

use std::collections::HashMap;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Positioned, Value as ConstValue, Variables};

mod text;

pub(super) use text::check_text;

/// The most fields and fragments once all fragments are written out.
const MAX_SELECTIONS: usize = 5_000;

/// Fields that cost a password's hash or touch the cookie: one of them in an operation.
const ONCE: [&str; 10] = [
    "userSetUp",
    "sessionCreate",
    "sessionRefresh",
    "sessionRevoke",
    "passwordSet",
    "passwordChange",
    "apiKeyCreate",
    "totpBegin",
    "totpRemove",
    "recoveryCodesRenew",
];

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OperationKind {
    /// It reads.
    Query,
    /// It changes something.
    Mutation,
    /// It follows something.
    Subscription,
}

/// Checks a parsed document, and tells what the operation of this name does.
pub(super) fn check(
    document: &ExecutableDocument,
    name: Option<&str>,
    variables: &Variables,
) -> Result<OperationKind, String> {
    let mut sizes = HashMap::new();
    let mut total = 0_usize;
    for (_, operation) in document.operations.iter() {
        total = total.saturating_add(size(document, &operation.node.selection_set, &mut sizes)?);
    }
    for fragment in document.fragments.values() {
        total = total.max(size(document, &fragment.node.selection_set, &mut sizes)?);
    }
    if total > MAX_SELECTIONS {
        return Err(format!("the operation asks for too much; at most {MAX_SELECTIONS} fields are allowed"));
    }
    let operation = &find(document, name)?.node;
    check_variables(operation, variables)?;
    let fields = root_fields(document, operation);
    match operation.ty {
        OperationType::Query => Ok(OperationKind::Query),
        OperationType::Mutation => {
            if fields.iter().filter(|field| ONCE.contains(field)).count() > 1 {
                return Err("log in, renew, log out or set up once in an operation".to_owned());
            }
            Ok(OperationKind::Mutation)
        }
        OperationType::Subscription => {
            if fields.len() != 1 || fields[0].starts_with("__") {
                return Err("a subscription has exactly one root field".to_owned());
            }
            Ok(OperationKind::Subscription)
        }
    }
}

/// The library notices a missing variable only where a field uses it, when others have been resolved already.
fn check_variables(operation: &OperationDefinition, variables: &Variables) -> Result<(), String> {
    for definition in &operation.variable_definitions {
        let (name, kind) = (&definition.node.name.node, &definition.node.var_type.node);
        let given = variables.get(name);
        let is_null = matches!(given, Some(ConstValue::Null));
        let is_missing = given.is_none() && definition.node.default_value.is_none();
        if !kind.nullable && (is_null || is_missing) {
            return Err(format!("the variable '${name}' of the type '{kind}' must be given"));
        }
    }
    Ok(())
}

fn find<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Result<&'d Positioned<OperationDefinition>, String> {
    let unknown = |name: &str| format!("the document has no operation named '{name}'");
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(operation),
        (DocumentOperations::Single(_), Some(name)) => Err(unknown(name)),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name).ok_or_else(|| unknown(name))
        }
        (DocumentOperations::Multiple(operations), None) => match operations.values().next() {
            Some(only) if operations.len() == 1 => Ok(only),
            _ => Err("the document has several operations; say which in 'operationName'".to_owned()),
        },
    }
}

/// The size of a fragment: known, or being counted (then it contains itself).
type Sizes<'d> = HashMap<&'d str, Option<usize>>;

fn size<'d>(
    document: &'d ExecutableDocument,
    set: &'d Positioned<SelectionSet>,
    sizes: &mut Sizes<'d>,
) -> Result<usize, String> {
    let mut total = 0_usize;
    for selection in &set.node.items {
        let below = match &selection.node {
            Selection::Field(field) => size(document, &field.node.selection_set, sizes)?,
            Selection::InlineFragment(fragment) => size(document, &fragment.node.selection_set, sizes)?,
            Selection::FragmentSpread(spread) => {
                fragment_size(document, &spread.node.fragment_name.node, sizes)?
            }
        };
        total = total.saturating_add(1).saturating_add(below);
    }
    Ok(total)
}

fn fragment_size<'d>(
    document: &'d ExecutableDocument,
    name: &'d str,
    sizes: &mut Sizes<'d>,
) -> Result<usize, String> {
    match sizes.get(name) {
        Some(Some(known)) => return Ok(*known),
        Some(None) => return Err(format!("the fragment '{name}' contains itself")),
        None => {}
    }
    // A fragment that is not there is for the validator to tell.
    let Some(fragment) = document.fragments.get(name) else { return Ok(0) };
    sizes.insert(name, None);
    let counted = size(document, &fragment.node.selection_set, sizes)?;
    sizes.insert(name, Some(counted));
    Ok(counted)
}

/// The names of the operation's root fields, those in fragments included. The document's growth was checked before.
fn root_fields<'d>(document: &'d ExecutableDocument, operation: &'d OperationDefinition) -> Vec<&'d str> {
    let mut fields = Vec::new();
    let mut open = vec![&operation.selection_set];
    while let Some(set) = open.pop() {
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(field) => fields.push(field.node.name.node.as_str()),
                Selection::InlineFragment(fragment) => open.push(&fragment.node.selection_set),
                Selection::FragmentSpread(spread) => {
                    let fragment = document.fragments.get(&spread.node.fragment_name.node);
                    open.extend(fragment.map(|fragment| &fragment.node.selection_set));
                }
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::parser::parse_query;

    use super::*;

    fn kind(text: &str, name: Option<&str>) -> Result<OperationKind, String> {
        check_text(text)?;
        check(&parse_query(text).map_err(|error| error.to_string())?, name, &Variables::default())
    }

    #[test]
    fn the_kind_of_an_operation_is_told() {
        let both = "query A { viewer { id } } mutation B { sessionRefresh { session { accessToken } } }";
        assert_eq!(kind("{ viewer { id } }", None), Ok(OperationKind::Query));
        assert_eq!(kind(both, Some("A")), Ok(OperationKind::Query));
        assert_eq!(kind(both, Some("B")), Ok(OperationKind::Mutation));
        assert_eq!(kind("subscription { system { version } }", None), Ok(OperationKind::Subscription));
        assert!(kind(both, None).is_err());
        assert!(kind(both, Some("C")).is_err());
    }

    #[test]
    fn a_subscription_has_one_root_field_and_a_log_in_is_one() {
        for bad in [
            "subscription { a: system { version } b: system { version } }",
            "subscription { ...f } fragment f on Subscription { system { version } quotes(instruments: []) { __typename } }",
            "subscription { __typename }",
            "mutation { a: sessionCreate(input: {}) { userErrors { code } } b: sessionCreate(input: {}) { userErrors { code } } }",
            "mutation { sessionRevoke { revoked } ... on Mutation { sessionRefresh { session { expiresAt } } } }",
        ] {
            assert!(kind(bad, None).is_err(), "{bad}");
        }
        let watchlists = "mutation { a: watchlistDelete(input: {}) { userErrors { code } } b: watchlistDelete(input: {}) { userErrors { code } } }";
        assert_eq!(kind(watchlists, None), Ok(OperationKind::Mutation));
    }

    #[test]
    fn a_variable_that_must_be_given_is_missed_at_once() {
        let document =
            parse_query("query($a: ID!, $b: Int! = 1, $c: String) { node(id: $a) { id } }").unwrap();
        let variables = |value| Variables::from_json(value);
        let cases = [
            (serde_json::json!({ "a": "x" }), true),
            (serde_json::json!({}), false),
            (serde_json::json!({ "a": null }), false),
            (serde_json::json!({ "a": "x", "b": null }), false),
        ];
        for (given, valid) in cases {
            assert_eq!(check(&document, None, &variables(given.clone())).is_ok(), valid, "{given}");
        }
    }

    #[test]
    fn growth_is_bounded() {
        let mut doubling = String::from("{ ...f0 }");
        for level in 0..40 {
            let _ = write!(doubling, " fragment f{level} on Query {{ ...f{0} ...f{0} }}", level + 1);
        }
        doubling.push_str(" fragment f40 on Query { viewer { id } }");
        assert!(kind(&doubling, None).unwrap_err().contains("too much"));
        let itself = "{ ...f } fragment f on Query { viewer { id } ...f }";
        assert!(kind(itself, None).unwrap_err().contains("contains itself"));
    }
}

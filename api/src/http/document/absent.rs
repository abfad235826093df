//! Variables that were not given.
//!
//! An argument whose value is a variable without a value counts as left out. The library knows that when it executes
//! an operation, but not when it counts the cost of a field that depends on such an argument: it then refuses the
//! operation. So these arguments are taken out of the document first, as if they had not been written.

use std::collections::HashSet;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Variables};
use async_graphql_value::Value;

/// The variables of an operation that have neither a value nor a default.
#[derive(Default)]
pub(crate) struct Absent(HashSet<Name>);

impl Absent {
    /// Those of this operation.
    pub fn of(operation: &OperationDefinition, variables: &Variables) -> Self {
        let definitions = operation.variable_definitions.iter().map(|definition| &definition.node);
        let absent = definitions.filter(|definition| {
            definition.default_value.is_none() && !variables.contains_key(&definition.name.node)
        });
        Self(absent.map(|definition| definition.name.node.clone()).collect())
    }

    /// Takes the arguments out whose value is one of them, and the definitions that nothing needs any more.
    pub fn take_out(&self, document: &mut ExecutableDocument) {
        if self.0.is_empty() {
            return;
        }
        let mut taken = Taken { absent: &self.0, out: HashSet::new(), left: HashSet::new() };
        for operation in operations(&mut document.operations) {
            taken.walk(&mut operation.selection_set.node);
        }
        for fragment in document.fragments.values_mut() {
            taken.walk(&mut fragment.node.selection_set.node);
        }
        let Taken { out, left, .. } = taken;
        for operation in operations(&mut document.operations) {
            operation.variable_definitions.retain(|definition| {
                let name = &definition.node.name.node;
                left.contains(name) || !out.contains(name)
            });
        }
    }
}

fn operations(operations: &mut DocumentOperations) -> Vec<&mut OperationDefinition> {
    match operations {
        DocumentOperations::Single(operation) => vec![&mut operation.node],
        DocumentOperations::Multiple(operations) => {
            operations.values_mut().map(|operation| &mut operation.node).collect()
        }
    }
}

/// Which variables were taken out, and which are still needed somewhere.
struct Taken<'a> {
    absent: &'a HashSet<Name>,
    out: HashSet<Name>,
    left: HashSet<Name>,
}

impl Taken<'_> {
    fn walk(&mut self, set: &mut SelectionSet) {
        for selection in &mut set.items {
            for directive in selection.node.directives() {
                directive.node.arguments.iter().for_each(|(_, value)| self.note(&value.node));
            }
            match &mut selection.node {
                Selection::Field(field) => {
                    field.node.arguments.retain(|(_, value)| self.stays(&value.node));
                    self.walk(&mut field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => self.walk(&mut fragment.node.selection_set.node),
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn stays(&mut self, value: &Value) -> bool {
        if let Value::Variable(name) = value
            && self.absent.contains(name)
        {
            self.out.insert(name.clone());
            return false;
        }
        self.note(value);
        true
    }

    fn note(&mut self, value: &Value) {
        match value {
            Value::Variable(name) => {
                self.left.insert(name.clone());
            }
            Value::List(items) => items.iter().for_each(|item| self.note(item)),
            Value::Object(entries) => entries.values().for_each(|entry| self.note(entry)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    /// The arguments of the first field, and the variables that are still defined.
    fn left(text: &str, variables: serde_json::Value) -> (Vec<String>, Vec<String>) {
        let mut document = parse_query(text).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        Absent::of(&operation.node, &Variables::from_json(variables)).take_out(&mut document);
        let (_, operation) = document.operations.iter().next().unwrap();
        let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else {
            panic!("a field")
        };
        let arguments = field.node.arguments.iter().map(|(name, _)| name.node.to_string()).collect();
        let definitions = operation.node.variable_definitions.iter();
        (arguments, definitions.map(|definition| definition.node.name.node.to_string()).collect())
    }

    #[test]
    fn what_was_not_given_is_taken_out_and_nothing_else() {
        // (the operation, its variables, the arguments left, the variables left)
        let cases: [(&str, serde_json::Value, &[&str], &[&str]); 8] = [
            ("query($a: Int) { f(x: $a, y: 1) }", serde_json::json!({}), &["y"], &[]),
            ("query($a: Int) { f(x: $a) }", serde_json::json!({ "a": null }), &["x"], &["a"]),
            ("query($a: Int = 1) { f(x: $a) }", serde_json::json!({}), &["x"], &["a"]),
            ("query($a: Int, $b: Int) { f(x: $a, y: $b) }", serde_json::json!({ "b": 2 }), &["y"], &["b"]),
            ("query($a: Int) { f(x: [$a], y: $a) }", serde_json::json!({}), &["x"], &["a"]),
            ("query($a: Int) { f(x: { y: $a }, y: $a) }", serde_json::json!({}), &["x"], &["a"]),
            ("query($a: Int) { f(x: $a) @d(y: $a) }", serde_json::json!({}), &[], &["a"]),
            // A variable that nothing uses is for the validator to tell.
            ("query($a: Int) { f }", serde_json::json!({}), &[], &["a"]),
        ];
        for (text, variables, arguments, definitions) in cases {
            let (arguments_left, definitions_left) = left(text, variables);
            assert_eq!(arguments_left, arguments, "{text}");
            assert_eq!(definitions_left, definitions, "{text}");
        }
    }

    #[test]
    fn fragments_are_looked_through() {
        let text = "query($a: Int) { g { ...f ... on T { h(x: $a) } } } fragment f on T { f(x: $a) }";
        let mut document = parse_query(text).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        Absent::of(&operation.node, &Variables::default()).take_out(&mut document);
        assert!(!format!("{document:?}").contains("Variable(Name(\"a\"))"));
        let (_, operation) = document.operations.iter().next().unwrap();
        assert!(operation.node.variable_definitions.is_empty());
    }
}

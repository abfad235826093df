//! What questions about the schema itself cost.
//!
//! The library counts each of their fields once, but types lead to fields and fields to types, so that a short document can ask for a
//! million things. Here their lists count as long as they usually are; in return each thing is cheap.

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

/// How many things of the schema cost as much as one field.
const THINGS: usize = 50;

/// The lists, and how long they usually are.
const LISTS: [(&str, usize); 8] = [
    ("types", 100),
    ("fields", 10),
    ("inputFields", 5),
    ("enumValues", 10),
    ("possibleTypes", 5),
    ("interfaces", 2),
    ("directives", 5),
    ("args", 3),
];

/// What a document asks of the schema. Its growth was checked before.
pub(super) fn cost(document: &ExecutableDocument) -> usize {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    operations.map(|set| of_root(document, set)).fold(0, usize::saturating_add) / THINGS
}

fn of_root(document: &ExecutableDocument, set: &SelectionSet) -> usize {
    let weights = set.items.iter().map(|selection| match &selection.node {
        Selection::Field(field) if !["__schema", "__type"].contains(&field.node.name.node.as_str()) => 0,
        Selection::Field(field) => of_set(document, &field.node.selection_set.node),
        Selection::InlineFragment(fragment) => of_root(document, &fragment.node.selection_set.node),
        Selection::FragmentSpread(spread) => {
            let fragment = document.fragments.get(&spread.node.fragment_name.node);
            fragment.map_or(0, |fragment| of_root(document, &fragment.node.selection_set.node))
        }
    });
    weights.fold(0, usize::saturating_add)
}

fn of_set(document: &ExecutableDocument, set: &SelectionSet) -> usize {
    let weights = set.items.iter().map(|selection| match &selection.node {
        Selection::Field(field) => {
            let name = field.node.name.node.as_str();
            let length = LISTS.iter().find(|(list, _)| *list == name).map_or(1, |(_, length)| *length);
            of_set(document, &field.node.selection_set.node).saturating_add(1).saturating_mul(length)
        }
        Selection::InlineFragment(fragment) => of_set(document, &fragment.node.selection_set.node),
        Selection::FragmentSpread(spread) => {
            let fragment = document.fragments.get(&spread.node.fragment_name.node);
            fragment.map_or(0, |fragment| of_set(document, &fragment.node.selection_set.node))
        }
    });
    weights.fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn lists_of_the_schema_count_as_long_as_they_are() {
        let round = "fields { type { ".repeat(6);
        let circle = format!("{{ __schema {{ types {{ {round} name {} }} }} }}", "} }".repeat(6));
        let cases = [
            ("{ system { version fields types } }", 0),
            ("{ __schema { queryType { name } } }", 0),
            ("{ __schema { types { name } } }", 4),
            ("{ __type(name: \"Query\") { fields { name args { name } } } }", 1),
            (
                "{ ...f } fragment f on Query { __schema { ...s } } fragment s on __Schema { types { name } }",
                4,
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(cost(&parse_query(text).unwrap()), expected, "{text}");
        }
        assert!(cost(&parse_query(circle).unwrap()) > 1_000_000);
    }
}

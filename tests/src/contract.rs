//! The contract, `schema.graphql`, as a test walks it: so that nothing in it can be forgotten.

use std::collections::BTreeMap;

use async_graphql_parser::parse_schema;
use async_graphql_parser::types::{BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition};

/// How deep a selection goes below a root field.
const DEPTH: usize = 4;

/// The object types with their fields.
pub struct Contract {
    types: BTreeMap<String, TypeKind>,
}

impl Contract {
    /// Reads the committed contract.
    pub fn read() -> Self {
        let document = parse_schema(include_str!("../../schema.graphql")).expect("schema.graphql is GraphQL");
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(kind) => Some((kind.node.name.node.to_string(), kind.node.kind)),
            _ => None,
        });
        Self { types: types.collect() }
    }

    /// The names of the fields of an object type, in the contract's order.
    pub fn fields(&self, object: &str) -> Vec<&str> {
        let found = self.definitions(object).unwrap_or_else(|| panic!("the contract has no {object}"));
        found.into_iter().map(|field| field.name.node.as_str()).collect()
    }

    /// Everything that can be selected of a root field, in braces; nothing where it has no fields.
    pub fn selection(&self, root: &str, field: &str) -> String {
        let fields = self.definitions(root).unwrap_or_else(|| panic!("the contract has no {root}"));
        let found = fields.into_iter().find(|known| known.name.node == field);
        let found = found.unwrap_or_else(|| panic!("{root} has no {field}"));
        self.select(name(&found.ty.node), DEPTH).expect("a root field can be selected")
    }

    /// The selection of a type; `None` where everything in it lies too deep.
    fn select(&self, type_name: &str, depth: usize) -> Option<String> {
        match self.types.get(type_name) {
            Some(TypeKind::Object(_)) if depth == 0 => None,
            Some(TypeKind::Object(_)) => {
                let fields = self.definitions(type_name)?.into_iter().filter(|field| !needs_arguments(field));
                let selected = fields.filter_map(|field| {
                    let below = self.select(name(&field.ty.node), depth - 1)?;
                    Some(format!("{}{below}", field.name.node))
                });
                let selected: Vec<String> = selected.collect();
                (!selected.is_empty()).then(|| format!(" {{ {} }}", selected.join(" ")))
            }
            Some(TypeKind::Interface(_) | TypeKind::Union(_)) => Some(" { __typename }".to_owned()),
            _ => Some(String::new()),
        }
    }

    fn definitions(&self, object: &str) -> Option<Vec<&FieldDefinition>> {
        match self.types.get(object)? {
            TypeKind::Object(object) => Some(object.fields.iter().map(|field| &field.node).collect()),
            _ => None,
        }
    }
}

fn needs_arguments(field: &FieldDefinition) -> bool {
    field
        .arguments
        .iter()
        .any(|argument| !argument.node.ty.node.nullable && argument.node.default_value.is_none())
}

/// The name of a type, whatever is around it.
fn name(kind: &Type) -> &str {
    match &kind.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => name(inner),
    }
}

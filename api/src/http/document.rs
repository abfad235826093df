//! A document that was parsed, and checked for what it may cost before the library looks at it.
//!
//! The library's validator follows fragments again and again: their growth is bounded here first. Here is also
//! seen which kind each operation is, and that log-ins are not multiplied by aliases.

use std::collections::HashMap;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
};
use async_graphql::{Name, Pos, Positioned, Response, ServerError};

use crate::graphql::error::code;
use crate::http::execution::{failed, with_code};

mod absent;
mod cache;
mod defaults;
mod growth;
mod registry;
mod required;
mod store;
mod text;

pub(super) use absent::Absent;
pub(super) use defaults::fill;
pub(super) use required::check_variables;
pub(crate) use store::Documents;

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

/// How often an operation may ask for the same root field, each time under another alias.
const MAX_REPEATS: usize = 10;

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

/// A document that was parsed and checked. It is shared by all requests that send the same text.
#[derive(Debug)]
pub(crate) struct Document {
    /// The document as it was written.
    pub parsed: ExecutableDocument,
    operations: Vec<Operation>,
    tokens: usize,
}

/// One operation of a document.
#[derive(Debug)]
pub(crate) struct Operation {
    name: Option<Name>,
    kind: OperationKind,
    root: RootField,
    fault: Option<String>,
}

/// The first root field of an operation; of a subscription it is the only one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RootField {
    /// Its name in the schema.
    pub name: Name,
    /// Its name in the response: the alias, where there is one.
    pub key: Name,
    /// Where it stands in the document.
    pub position: Pos,
}

impl Document {
    /// Parses and checks a text. What is wrong with it comes back as errors.
    pub fn parse(text: &str) -> Result<Self, Vec<ServerError>> {
        let tokens = text::check_text(text).map_err(|message| failed(code::LIMIT, message).errors)?;
        let parsed = parse_query(text).map_err(|error| {
            with_code(Response::from_errors(vec![error.into()]), code::PARSE_FAILED).errors
        })?;
        growth::check(&parsed).map_err(|message| failed(code::BAD_REQUEST, message).errors)?;
        let operations = parsed.operations.iter();
        let operations = operations.map(|(name, operation)| inspect(&parsed, name, &operation.node));
        Ok(Self { operations: operations.collect(), tokens, parsed })
    }

    /// The operation that a request means.
    pub fn operation(&self, name: Option<&str>) -> Result<&Operation, String> {
        let found = match name {
            Some(wanted) => {
                let named = |operation: &&Operation| operation.name.as_deref() == Some(wanted);
                let unknown = || format!("the document has no operation named '{wanted}'");
                self.operations.iter().find(named).ok_or_else(unknown)?
            }
            None => match self.operations.as_slice() {
                [only] => only,
                _ => {
                    return Err("the document has several operations; say which in 'operationName'".into());
                }
            },
        };
        found.fault.as_ref().map_or(Ok(found), |fault| Err(fault.clone()))
    }

    /// The document as the library takes it where these variables were not given.
    pub fn without(&self, absent: &Absent) -> ExecutableDocument {
        let mut document = self.parsed.clone();
        absent.take_out(&mut document);
        document
    }

    /// What the document says of one of its operations.
    pub fn definition(&self, operation: &Operation) -> Option<&OperationDefinition> {
        let mut operations = self.parsed.operations.iter();
        operations.find(|(name, _)| *name == operation.name.as_ref()).map(|(_, found)| &found.node)
    }
}

impl Operation {
    /// What it does.
    pub fn kind(&self) -> OperationKind {
        self.kind
    }

    /// Its first root field.
    pub fn root(&self) -> &RootField {
        &self.root
    }
}

fn inspect(parsed: &ExecutableDocument, name: Option<&Name>, definition: &OperationDefinition) -> Operation {
    let fields = root_fields(parsed, definition);
    let (kind, fault) = match definition.ty {
        OperationType::Query => (OperationKind::Query, None),
        OperationType::Mutation => (OperationKind::Mutation, multiplied(&fields)),
        OperationType::Subscription => (OperationKind::Subscription, not_single(&fields)),
    };
    let root = fields.first().map_or_else(nothing, |field| RootField {
        name: field.node.name.node.clone(),
        key: field.node.response_key().node.clone(),
        position: field.pos,
    });
    Operation { name: name.cloned(), kind, root, fault: fault.or_else(|| repeated(&fields)) }
}

/// The grammar knows no operation without a field; one whose fragments are missing is for the validator to tell.
fn nothing() -> RootField {
    RootField { name: Name::new(""), key: Name::new(""), position: Pos::default() }
}

fn multiplied(fields: &[&Positioned<Field>]) -> Option<String> {
    let costly = fields.iter().filter(|field| ONCE.contains(&field.node.name.node.as_str()));
    (costly.count() > 1).then(|| {
        "one operation holds one log-in, log-out, renewal, or change of a password, key or second factor"
            .to_owned()
    })
}

fn not_single(fields: &[&Positioned<Field>]) -> Option<String> {
    let is_single = matches!(fields, [only] if !only.node.name.node.starts_with("__"));
    (!is_single).then(|| "a subscription has exactly one root field".to_owned())
}

fn repeated(fields: &[&Positioned<Field>]) -> Option<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let over = fields.iter().find_map(|field| {
        let count = counts.entry(field.node.name.node.as_str()).or_default();
        *count += 1;
        (*count > MAX_REPEATS).then_some(&field.node.name.node)
    })?;
    Some(format!(
        "the operation asks for '{over}' more than {MAX_REPEATS} times; send several operations instead"
    ))
}

/// The operation's root fields in the order of the text, those in fragments included. The document's growth was
/// checked before.
fn root_fields<'d>(
    parsed: &'d ExecutableDocument,
    operation: &'d OperationDefinition,
) -> Vec<&'d Positioned<Field>> {
    let mut fields = Vec::new();
    let mut open = vec![operation.selection_set.node.items.iter()];
    while let Some(items) = open.last_mut() {
        match items.next().map(|selection| &selection.node) {
            None => drop(open.pop()),
            Some(Selection::Field(field)) => fields.push(field),
            Some(Selection::InlineFragment(fragment)) => {
                open.push(fragment.node.selection_set.node.items.iter());
            }
            Some(Selection::FragmentSpread(spread)) => {
                let fragment = parsed.fragments.get(&spread.node.fragment_name.node);
                open.extend(fragment.map(|fragment| fragment.node.selection_set.node.items.iter()));
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_message(errors: &[ServerError]) -> String {
        errors[0].message.clone()
    }

    fn kind(text: &str, name: Option<&str>) -> Result<OperationKind, String> {
        let document = Document::parse(text).map_err(|errors| first_message(&errors))?;
        document.operation(name).map(Operation::kind)
    }

    #[test]
    fn the_kind_of_an_operation_is_told() {
        let both = "query A { viewer { id } } mutation B { sessionRefresh { session { accessToken } } }";
        assert_eq!(kind("{ viewer { id } }", None), Ok(OperationKind::Query));
        assert_eq!(kind("query A { viewer { id } }", None), Ok(OperationKind::Query));
        assert_eq!(kind(both, Some("A")), Ok(OperationKind::Query));
        assert_eq!(kind(both, Some("B")), Ok(OperationKind::Mutation));
        assert_eq!(kind("subscription { system { version } }", None), Ok(OperationKind::Subscription));
        assert!(kind(both, None).is_err());
        assert!(kind(both, Some("C")).is_err());
        assert!(kind("{ viewer { id } }", Some("A")).is_err());
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
    fn a_faulty_operation_does_not_spoil_its_neighbour() {
        let text = "subscription A { system { version } version: system { version } } query B { system { version } }";
        assert!(kind(text, Some("A")).is_err());
        assert_eq!(kind(text, Some("B")), Ok(OperationKind::Query));
    }

    #[test]
    fn a_root_field_is_repeated_ten_times_at_most() {
        let times = |count: usize| {
            let fields: Vec<String> = (0..count).map(|n| format!("a{n}: system {{ version }}")).collect();
            let fields = fields.join(" ");
            kind(&format!("{{ {fields} ...f }} fragment f on Query {{ viewer {{ id }} }}"), None)
        };
        assert_eq!(times(10), Ok(OperationKind::Query));
        assert!(times(11).unwrap_err().contains("'system' more than 10 times"));
    }

    #[test]
    fn the_root_field_of_a_subscription_is_known() {
        let text = "subscription S { ...f }\nfragment f on Subscription {\n  now: system { version }\n}";
        let document = Document::parse(text).unwrap();
        let operation = document.operation(Some("S")).unwrap();
        let expected = RootField {
            name: Name::new("system"),
            key: Name::new("now"),
            position: Pos { line: 3, column: 3 },
        };
        assert_eq!(operation.root(), &expected);
        assert!(document.definition(operation).is_some_and(|found| found.ty == OperationType::Subscription));
    }

    #[test]
    fn what_cannot_be_parsed_says_where() {
        let errors = Document::parse("{ viewer").unwrap_err();
        assert_eq!(errors[0].locations.len(), 1);
        let code = errors[0].extensions.as_ref().and_then(|extensions| extensions.get("code")).cloned();
        assert_eq!(code, Some(code::PARSE_FAILED.into()));
    }
}

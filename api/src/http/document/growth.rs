//! How large a document becomes once all its fragments are written out.

use std::collections::HashMap;

use async_graphql::Positioned;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

/// The most fields and fragments once all fragments are written out.
const MAX_SELECTIONS: usize = 5_000;

/// Checks that a document stays within bounds, and that no fragment contains itself.
pub(super) fn check(document: &ExecutableDocument) -> Result<(), String> {
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
    Ok(())
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn growth_is_bounded() {
        let mut doubling = String::from("{ ...f0 }");
        for level in 0..40 {
            let _ = write!(doubling, " fragment f{level} on Query {{ ...f{0} ...f{0} }}", level + 1);
        }
        doubling.push_str(" fragment f40 on Query { viewer { id } }");
        assert!(check(&parse_query(&doubling).unwrap()).unwrap_err().contains("too much"));
        let itself = parse_query("{ ...f } fragment f on Query { viewer { id } ...f }").unwrap();
        assert!(check(&itself).unwrap_err().contains("contains itself"));
        assert_eq!(check(&parse_query("{ ...f } fragment f on Query { viewer { id } }").unwrap()), Ok(()));
    }
}

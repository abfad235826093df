//! What of a layout is saved and what is not: the rules, without the server.

use crate::graphql::failure::Failure;
use crate::graphql::layout::{Layout, LayoutId, LayoutSaveInput};
use crate::graphql::user_error::{Refusal, UserErrorCode};

/// The layout that is open, as the server has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Its id and version; none while it was never saved.
    pub known: Option<(LayoutId, i32)>,
    /// Its name.
    pub name: String,
    /// What the server holds.
    pub content: String,
}

impl Kept {
    /// A layout that the server told.
    pub fn of(layout: &Layout) -> Self {
        Self {
            known: Some((layout.id.clone(), layout.version)),
            name: layout.name.clone(),
            content: layout.content.clone(),
        }
    }

    /// What to send so that the server has this content.
    pub fn input(&self, content: String) -> LayoutSaveInput {
        let (layout, expected_version) = self.known.clone().unzip();
        LayoutSaveInput { layout, name: self.name.clone(), content, expected_version }
    }
}

/// How the saving stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Saving {
    /// The server has what is on the screen.
    #[default]
    Done,
    /// Something was changed, and is saved in a moment.
    Waiting,
    /// The server did not take it; it is tried again.
    Failed(Failure),
    /// The server refuses it as it is: no further try helps.
    Refused(Refusal),
    /// It was changed elsewhere: the person has to choose.
    Conflict,
}

impl Saving {
    /// How it stands after the server's answer.
    pub fn after(answer: &Result<Layout, Refusal>) -> Self {
        match answer {
            Ok(_) => Self::Done,
            Err(Refusal::Failure(failure)) => Self::Failed(failure.clone()),
            Err(refusal) if refusal.has(UserErrorCode::Outdated) || refusal.has(UserErrorCode::NotFound) => {
                Self::Conflict
            }
            Err(refusal) => Self::Refused(refusal.clone()),
        }
    }

    /// Whether a change is saved by itself.
    pub fn goes_on(&self) -> bool {
        !matches!(self, Self::Conflict)
    }
}

/// A name that no layout has yet.
pub fn free_name(wish: &str, layouts: &[Layout]) -> String {
    let taken = |name: &str| layouts.iter().any(|layout| layout.name == name);
    if !taken(wish) {
        return wish.to_owned();
    }
    let numbered = (2..).map(|number: u32| format!("{wish} {number}"));
    numbered.into_iter().find(|name| !taken(name)).unwrap_or_else(|| wish.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::user_error::UserError;

    fn layout(name: &str, version: i32) -> Layout {
        Layout { id: LayoutId::new(name), name: name.into(), content: "{}".into(), version }
    }

    #[test]
    fn a_save_builds_on_the_version_that_is_known() {
        let new = Kept { name: "Mine".into(), ..Kept::default() };
        let input = new.input("{}".into());
        assert_eq!((input.layout, input.expected_version), (None, None));
        let input = Kept::of(&layout("a", 3)).input("{1}".into());
        assert_eq!((input.layout, input.expected_version), (Some(LayoutId::new("a")), Some(3)));
        assert_eq!((input.name.as_str(), input.content.as_str()), ("a", "{1}"));
    }

    #[test]
    fn only_a_change_elsewhere_asks_the_person() {
        let refused =
            |code| Err(Refusal::User(vec![UserError { field: None, code, message: String::new() }]));
        assert_eq!(Saving::after(&Ok(layout("a", 1))), Saving::Done);
        assert_eq!(Saving::after(&refused(UserErrorCode::Outdated)), Saving::Conflict);
        assert_eq!(Saving::after(&refused(UserErrorCode::NotFound)), Saving::Conflict);
        assert!(matches!(Saving::after(&refused(UserErrorCode::LimitReached)), Saving::Refused(_)));
        let failed = Saving::after(&Err(Refusal::Failure(Failure::Unreachable)));
        assert_eq!(failed, Saving::Failed(Failure::Unreachable));
        assert!(failed.goes_on() && !Saving::Conflict.goes_on());
    }

    #[test]
    fn names_are_not_taken_twice() {
        let layouts = [layout("Mine", 1), layout("Mine 2", 1)];
        assert_eq!(free_name("Mine", &layouts), "Mine 3");
        assert_eq!(free_name("Other", &layouts), "Other");
    }
}

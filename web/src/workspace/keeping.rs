//! What of a layout is saved and what is not: the rules, without the server.

use super::arrangement::{Arrangement, Unreadable};
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

    /// What it is to hold: what is on the screen, but where it cannot be read, and so is not on the screen,
    /// what it has.
    pub fn content(&self, shown: &Arrangement, unreadable: Option<Unreadable>) -> String {
        if unreadable.is_some() { self.content.clone() } else { shown.written() }
    }

    /// The same layout among these.
    pub fn found_in(&self, layouts: &[Layout]) -> Option<Layout> {
        let (open, _) = self.known.as_ref()?;
        layouts.iter().find(|layout| layout.id == *open).cloned()
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
    /// It was changed elsewhere: the person has to choose. Here is why what was chosen could not be done.
    Conflict(Option<Failure>),
}

impl Saving {
    /// How it stands once something is changed.
    pub fn changed(&self) -> Self {
        match self {
            Self::Done | Self::Waiting | Self::Refused(_) => Self::Waiting,
            Self::Failed(_) | Self::Conflict(_) => self.clone(),
        }
    }

    /// Why a change that may still be saved is not yet.
    pub fn unsaved(&self) -> Option<Failure> {
        match self {
            Self::Waiting => Some(Failure::Unreachable),
            Self::Failed(failure) => Some(failure.clone()),
            Self::Done | Self::Refused(_) | Self::Conflict(_) => None,
        }
    }
}

/// What a layout holds, before and after a save.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// What the server had.
    pub before: &'a str,
    /// What was sent.
    pub sent: &'a str,
    /// What there was to keep when the answer came.
    pub now: &'a str,
}

/// What follows the server's answer to a save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: this is how it stands.
    Stand(Saving),
    /// What changed while the server answered is saved too.
    SaveChange,
    /// The same is tried again later.
    TryAgain(Failure),
    /// Another tab arranged the panels and this one chose instruments: both are kept.
    Follow,
}

impl Next {
    /// What follows this answer.
    pub fn after(answer: &Result<Layout, Refusal>, contents: Contents) -> Self {
        match answer {
            Ok(_) if contents.now != contents.sent => Self::SaveChange,
            Ok(_) => Self::Stand(Saving::Done),
            Err(Refusal::Failure(failure)) => Self::TryAgain(failure.clone()),
            Err(refusal) if refusal.has(UserErrorCode::Outdated) || refusal.has(UserErrorCode::NotFound) => {
                if differ_by_instruments(contents.before, contents.now) {
                    Self::Follow
                } else {
                    Self::Stand(Saving::Conflict(None))
                }
            }
            Err(refusal) => Self::Stand(Saving::Refused(refusal.clone())),
        }
    }
}

/// Whether nothing but the chosen instruments differs.
fn differ_by_instruments(before: &str, now: &str) -> bool {
    let (Ok(mut before), Ok(now)) = (Arrangement::read(before), Arrangement::read(now)) else { return false };
    before.linked.clone_from(&now.linked);
    before.own.clone_from(&now.own);
    before == now
}

/// What the person chose about a layout that was changed elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// What was saved elsewhere.
    Theirs,
    /// What is on the screen: it replaces what was saved elsewhere.
    Mine,
    /// Both, as two layouts.
    Both,
}

/// How a choice is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// This layout is shown.
    Show(Layout),
    /// What is on the screen is saved as this layout.
    Save(Kept),
    /// The person is asked still: the server did not tell what was saved elsewhere.
    Stay(Failure),
}

impl Choice {
    /// How it is carried out, now that the server told its layouts, or did not.
    pub fn resolve(self, kept: &Kept, answer: Result<Vec<Layout>, Failure>) -> Resolution {
        let layouts = match answer {
            Ok(layouts) => layouts,
            Err(failure) => return Resolution::Stay(failure),
        };
        let theirs = kept.found_in(&layouts);
        match self {
            Self::Theirs => match theirs.or_else(|| layouts.first().cloned()) {
                Some(layout) => Resolution::Show(layout),
                // There is nothing else that could be shown.
                None => Resolution::Save(Kept { known: None, ..kept.clone() }),
            },
            Self::Mine => {
                let known = theirs.map(|theirs| (theirs.id, theirs.version));
                Resolution::Save(Kept { known, ..kept.clone() })
            }
            Self::Both => {
                let wish = theirs.map_or_else(|| kept.name.clone(), |theirs| theirs.name);
                Resolution::Save(Kept { name: free_name(&wish, &layouts), ..Kept::default() })
            }
        }
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
    use crate::workspace::panel::Colour;
    use crate::workspace::standard::Template;

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

    fn refused(code: UserErrorCode) -> Result<Layout, Refusal> {
        Err(Refusal::User(vec![UserError { field: None, code, message: String::new() }]))
    }

    #[test]
    fn only_a_change_elsewhere_asks_the_person() {
        let after = |answer| Next::after(&answer, Contents { before: "{0}", sent: "{1}", now: "{1}" });
        let conflict = Next::Stand(Saving::Conflict(None));
        assert_eq!(after(Ok(layout("a", 1))), Next::Stand(Saving::Done));
        assert_eq!(after(refused(UserErrorCode::Outdated)), conflict);
        assert_eq!(after(refused(UserErrorCode::NotFound)), conflict);
        assert!(matches!(after(refused(UserErrorCode::LimitReached)), Next::Stand(Saving::Refused(_))));
        let failed = after(Err(Refusal::Failure(Failure::Unreachable)));
        assert_eq!(failed, Next::TryAgain(Failure::Unreachable));
    }

    #[test]
    fn a_change_does_not_hide_what_is_wrong_still() {
        let check = |saving: Saving, expect: Saving| assert_eq!(saving.changed(), expect, "{saving:?}");
        check(Saving::Done, Saving::Waiting);
        check(Saving::Waiting, Saving::Waiting);
        check(Saving::Refused(Refusal::User(Vec::new())), Saving::Waiting);
        check(Saving::Failed(Failure::Unreachable), Saving::Failed(Failure::Unreachable));
        check(Saving::Conflict(None), Saving::Conflict(None));
    }

    #[test]
    fn what_changed_while_the_server_answered_is_saved_too() {
        let contents = Contents { before: "{0}", sent: "{1}", now: "{2}" };
        assert_eq!(Next::after(&Ok(layout("a", 1)), contents), Next::SaveChange);
    }

    #[test]
    fn who_only_chose_instruments_follows_what_was_arranged_elsewhere() {
        let before = Template::Trading.arrangement();
        let mut chosen = before.clone();
        chosen.linked.insert(Colour::Blue, "i1".into());
        let mut arranged = chosen.clone();
        arranged.close(arranged.panels[0].id);
        let check = |now: &Arrangement, expect: Next| {
            let (before, now) = (before.written(), now.written());
            let contents = Contents { before: &before, sent: &now, now: &now };
            assert_eq!(Next::after(&refused(UserErrorCode::Outdated), contents), expect);
        };
        check(&chosen, Next::Follow);
        check(&arranged, Next::Stand(Saving::Conflict(None)));
    }

    #[test]
    fn a_layout_that_cannot_be_read_keeps_what_it_has() {
        let kept = Kept { content: "{\"form\":9}".into(), ..Kept::default() };
        let shown = Template::Trading.arrangement();
        for unreadable in [Unreadable::Newer, Unreadable::Broken] {
            assert_eq!(kept.content(&shown, Some(unreadable)), "{\"form\":9}");
        }
        assert_eq!(kept.content(&shown, None), shown.written());
    }

    #[test]
    fn what_may_still_be_saved_is_not_left() {
        let check = |saving: Saving, expect: Option<Failure>| assert_eq!(saving.unsaved(), expect);
        check(Saving::Done, None);
        check(Saving::Waiting, Some(Failure::Unreachable));
        check(Saving::Failed(Failure::Unauthenticated), Some(Failure::Unauthenticated));
        check(Saving::Refused(Refusal::User(Vec::new())), None);
        check(Saving::Conflict(None), None);
    }

    #[test]
    fn a_choice_waits_for_what_was_saved_elsewhere() {
        let kept = Kept::of(&layout("a", 1));
        let check = |choice: Choice, answer: Result<Vec<Layout>, Failure>, expect: Resolution| {
            assert_eq!(choice.resolve(&kept, answer), expect, "{choice:?}");
        };
        for choice in [Choice::Theirs, Choice::Mine, Choice::Both] {
            check(choice, Err(Failure::Unreachable), Resolution::Stay(Failure::Unreachable));
        }
        let changed = || Ok(vec![layout("b", 1), layout("a", 2)]);
        let both = Kept { name: "a 2".into(), ..Kept::default() };
        check(Choice::Theirs, changed(), Resolution::Show(layout("a", 2)));
        check(Choice::Mine, changed(), Resolution::Save(Kept::of(&layout("a", 2))));
        check(Choice::Both, changed(), Resolution::Save(both));
        let deleted = || Ok(vec![layout("b", 1)]);
        let new = || Kept { known: None, ..kept.clone() };
        check(Choice::Theirs, deleted(), Resolution::Show(layout("b", 1)));
        check(Choice::Mine, deleted(), Resolution::Save(new()));
        check(Choice::Both, deleted(), Resolution::Save(Kept { name: "a".into(), ..Kept::default() }));
        check(Choice::Theirs, Ok(Vec::new()), Resolution::Save(new()));
    }

    #[test]
    fn names_are_not_taken_twice() {
        let layouts = [layout("Mine", 1), layout("Mine 2", 1)];
        assert_eq!(free_name("Mine", &layouts), "Mine 3");
        assert_eq!(free_name("Other", &layouts), "Other");
    }
}

//! The workspace on the screen: what is arranged, which layout it is, and how its saving stands.

use std::collections::HashMap;
use std::future::Future;

use dioxus::core::Runtime;
use dioxus::prelude::*;

use super::arrangement::{Arrangement, Unreadable};
use super::keeping::{Kept, Saving};
use super::panel::{Colour, PanelId, PanelKind, Settings};
use super::standard::Template;
use crate::graphql::failure::Failure;
use crate::graphql::instrument::{self, Instrument, InstrumentId};
use crate::graphql::layout::Layout;
use crate::graphql::user_error::Refusal;
use crate::session::Session;

mod layouts;

/// The layouts of the user, as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// Asked for.
    Loading,
    /// Could not be read.
    Failed(Failure),
    /// As the server last told them.
    Ready(Vec<Layout>),
}

/// Why an instrument that the arrangement names is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// It is no more.
    Gone,
    /// Could not be read.
    Failed(Failure),
}

/// The state that the panels of the workspace share.
#[derive(Clone, Copy, PartialEq)]
pub struct Workspace {
    scope: ScopeId,
    session: Session,
    /// The panels and where they are.
    pub arrangement: Signal<Arrangement>,
    /// The panel that the keyboard is about.
    pub focused: Signal<Option<PanelId>>,
    /// The panel that fills the room.
    pub maximised: Signal<Option<PanelId>>,
    /// The layouts that can be opened.
    pub shelf: Signal<Shelf>,
    /// The layout that is open, as the server has it.
    pub kept: Signal<Kept>,
    /// How its saving stands.
    pub saving: Signal<Saving>,
    /// Why the layout that was opened cannot be shown.
    pub unreadable: Signal<Option<Unreadable>>,
    /// Why the last thing that was done with a layout was refused.
    pub refusal: Signal<Option<Refusal>>,
    instruments: Signal<HashMap<String, Result<Instrument, Unmet>>>,
    changes: Signal<u32>,
    sending: Signal<bool>,
    /// Counts the layouts that were opened: an answer about one that is no longer open changes nothing.
    opened: Signal<u32>,
}

impl Workspace {
    /// The workspace before anything is known: the arrangement to begin with.
    pub fn new(session: Session, name: &str) -> Self {
        Self {
            scope: dioxus::core::current_scope_id(),
            session,
            arrangement: Signal::new(Template::Trading.arrangement()),
            focused: Signal::new(None),
            maximised: Signal::new(None),
            shelf: Signal::new(Shelf::Loading),
            kept: Signal::new(Kept { name: name.to_owned(), ..Kept::default() }),
            saving: Signal::new(Saving::Done),
            unreadable: Signal::new(None),
            refusal: Signal::new(None),
            instruments: Signal::new(HashMap::new()),
            changes: Signal::new(0),
            sending: Signal::new(false),
            opened: Signal::new(0),
        }
    }

    /// Runs a task that outlives the panel that started it, but not the workspace.
    pub fn run(self, task: impl Future<Output = ()> + 'static) {
        Runtime::current().in_scope(self.scope, || spawn(task));
    }

    /// The instrument that a panel shows; a component that reads it is drawn again when it changes.
    pub fn instrument_of(self, panel: PanelId) -> Option<Instrument> {
        let arrangement = self.arrangement.read();
        let id = arrangement.instrument_of(panel)?;
        self.instruments.read().get(id)?.as_ref().ok().cloned()
    }

    /// Why the instrument that a panel names is not shown; none while it is asked for.
    pub fn unmet(self, panel: PanelId) -> Option<Unmet> {
        let arrangement = self.arrangement.read();
        self.instruments.read().get(arrangement.instrument_of(panel)?)?.as_ref().err().cloned()
    }

    /// The symbol of an instrument, where it is known.
    pub fn symbol(self, id: &InstrumentId) -> Option<String> {
        let known = self.instruments.read();
        known.get(id.inner())?.as_ref().ok().map(|instrument| instrument.symbol.clone())
    }

    /// Has a panel, and those that follow it, show an instrument.
    pub fn choose(self, panel: PanelId, instrument: &Instrument) {
        self.know([instrument.clone()]);
        let id = instrument.id.inner().to_owned();
        if self.arrangement.peek().instrument_of(panel) != Some(&id) {
            self.change(|arrangement| arrangement.set_instrument(panel, id));
        }
    }

    /// The panel that something chosen outside of all panels goes to.
    pub fn addressed(self) -> Option<PanelId> {
        let arrangement = self.arrangement.peek();
        let takes = |id: &PanelId| arrangement.panel(*id).is_some_and(|panel| panel.kind.has_instrument());
        self.focused.peek().filter(takes).or_else(|| arrangement.order().into_iter().find(takes))
    }

    /// These instruments are known from elsewhere.
    pub fn know(mut self, found: impl IntoIterator<Item = Instrument>) {
        let unknown: Vec<_> = {
            let known = self.instruments.peek();
            let is_new = |found: &Instrument| {
                known.get(found.id.inner()).and_then(|known| known.as_ref().ok()) != Some(found)
            };
            found.into_iter().filter(is_new).collect()
        };
        if !unknown.is_empty() {
            let mut known = self.instruments.write();
            known.extend(unknown.into_iter().map(|found| (found.id.inner().to_owned(), Ok(found))));
        }
    }

    /// Asks for the instruments that the arrangement names and nobody knows yet.
    pub async fn meet(mut self) {
        self.instruments.write().retain(|_, known| known.is_ok());
        // Nothing may be borrowed while an answer is awaited.
        let named = self.arrangement.peek().instruments();
        for id in named {
            if self.instruments.peek().contains_key(&id) {
                continue;
            }
            let found = match instrument::by_id(self.session, InstrumentId::new(&id)).await {
                Ok(found) => found.ok_or(Unmet::Gone),
                Err(failure) => Err(Unmet::Failed(failure)),
            };
            self.instruments.write().insert(id, found);
        }
    }

    /// Changes the arrangement, and has it saved once things are quiet.
    pub fn change(mut self, change: impl FnOnce(&mut Arrangement)) {
        change(&mut self.arrangement.write());
        // A layout that cannot be read keeps what it has, whatever is done on the screen.
        if self.unreadable.peek().is_none() {
            let saving = self.saving.peek().changed();
            self.saving.set(saving);
        }
        self.save_soon();
    }

    /// Changes what is set in a panel.
    pub fn set(self, panel: PanelId, change: impl FnOnce(&mut Settings)) {
        self.change(|arrangement| {
            if let Some(panel) = arrangement.panel_mut(panel) {
                change(&mut panel.settings);
            }
        });
    }

    /// What is set in a panel.
    pub fn settings(self, panel: PanelId) -> Settings {
        self.arrangement.read().panel(panel).map(|panel| panel.settings.clone()).unwrap_or_default()
    }

    /// Adds a panel and puts the focus there.
    pub fn add(mut self, kind: PanelKind) {
        let beside = *self.focused.peek();
        let mut added = None;
        self.maximised.set(None);
        self.change(|arrangement| added = arrangement.add(kind, beside));
        if added.is_some() {
            self.focused.set(added);
        }
    }

    /// Takes a panel away.
    pub fn close(mut self, id: PanelId) {
        self.change(|arrangement| arrangement.close(id));
        self.maximised.set(None);
        let next = self.arrangement.peek().order().first().copied();
        self.focused.set(next);
    }

    /// Lets a panel fill the room, or gives the others theirs back.
    pub fn toggle_maximised(mut self, id: PanelId) {
        let next = if *self.maximised.peek() == Some(id) { None } else { Some(id) };
        self.maximised.set(next);
        self.focused.set(Some(id));
    }

    /// Links a panel otherwise.
    pub fn set_link(self, id: PanelId, link: Option<Colour>) {
        self.change(|arrangement| arrangement.set_link(id, link));
    }
}

//! What a panel of watchlists shows: the lists as the server has them, and which one is open. Nothing changes
//! here before the server has said so.

use std::future::Future;

use dioxus::core::Runtime;
use dioxus::prelude::*;

use crate::graphql::failure::Failure;
use crate::graphql::instrument::{Instrument, InstrumentId};
use crate::graphql::user_error::{Refusal, UserErrorCode};
use crate::graphql::watchlist::{self, Watchlist, WatchlistId};
use crate::session::Session;
use crate::workspace::panel::PanelId;
use crate::workspace::state::{Shelf, Workspace};

/// The watchlists, as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lists {
    /// Asked for.
    Loading,
    /// Could not be read.
    Failed(Failure),
    /// As the server last told them.
    Ready(Vec<Watchlist>),
}

/// Which way an instrument moves in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Towards the top.
    Earlier,
    /// Towards the bottom.
    Later,
}

/// The order after one instrument took a step; none where it stands at the end already.
pub fn reordered(order: &[InstrumentId], moved: &InstrumentId, step: Step) -> Option<Vec<InstrumentId>> {
    let from = order.iter().position(|id| id == moved)?;
    let to = match step {
        Step::Earlier => from.checked_sub(1)?,
        Step::Later => from + 1,
    };
    if to >= order.len() {
        return None;
    }
    let mut order = order.to_vec();
    order.swap(from, to);
    Some(order)
}

/// The watchlists, which all panels share.
#[derive(Clone, Copy, PartialEq)]
pub struct Watchlists {
    session: Session,
    workspace: Workspace,
    /// The lists.
    pub lists: Signal<Lists>,
}

impl Watchlists {
    /// Lists of which nothing is known yet.
    pub fn new(session: Session, workspace: &Workspace) -> Self {
        Self { session, workspace: *workspace, lists: Signal::new(Lists::Loading) }
    }

    /// Reads the watchlists.
    pub async fn load(mut self) {
        if matches!(*self.lists.peek(), Lists::Failed(_)) {
            self.lists.set(Lists::Loading);
        }
        match watchlist::all(self.session).await {
            Ok(lists) => {
                self.workspace.know(lists.iter().flat_map(|list| list.instruments.iter().cloned()));
                self.lists.set(Lists::Ready(lists));
            }
            // Lists that are on the screen are better than none.
            Err(_) if matches!(*self.lists.peek(), Lists::Ready(_)) => {}
            Err(failure) => self.lists.set(Lists::Failed(failure)),
        }
    }
}

/// The state of one panel of watchlists.
#[derive(Clone, Copy, PartialEq)]
pub struct Board {
    scope: ScopeId,
    session: Session,
    shared: Watchlists,
    /// The workspace.
    pub workspace: Workspace,
    /// Which panel it is.
    pub panel: PanelId,
    /// The watchlists.
    pub lists: Signal<Lists>,
    /// Why the last change was not made.
    pub refusal: Signal<Option<Refusal>>,
    /// Whether a change is on its way.
    pub busy: Signal<bool>,
    /// Whether the open list is being edited.
    pub editing: Signal<bool>,
    /// Whether a new list is being named.
    pub naming: Signal<bool>,
}

impl Board {
    /// The board of a panel.
    pub fn new(shared: &Watchlists, panel: PanelId) -> Self {
        Self {
            scope: dioxus::core::current_scope_id(),
            session: shared.session,
            shared: *shared,
            workspace: shared.workspace,
            panel,
            lists: shared.lists,
            refusal: Signal::new(None),
            busy: Signal::new(false),
            editing: Signal::new(false),
            naming: Signal::new(false),
        }
    }

    /// Runs a task that outlives the row or the form that started it, but not the board.
    pub fn run(self, task: impl Future<Output = ()> + 'static) {
        Runtime::current().in_scope(self.scope, || spawn(task));
    }

    /// Reads the watchlists.
    pub async fn load(self) {
        self.shared.load().await;
    }

    /// The list that is open: the one asked for, else the first.
    pub fn open_list(self) -> Option<Watchlist> {
        let open = self.workspace.settings(self.panel).list;
        let lists = self.lists.read();
        let Lists::Ready(lists) = &*lists else { return None };
        let asked = lists.iter().find(|list| Some(list.id.inner()) == open.as_deref());
        asked.or(lists.first()).cloned()
    }

    /// Opens a list.
    pub fn open(mut self, list: &WatchlistId) {
        self.refusal.set(None);
        self.editing.set(false);
        let id = list.inner().to_owned();
        self.workspace.set(self.panel, |settings| settings.list = Some(id));
    }

    /// Chooses an instrument.
    pub fn choose(self, instrument: &Instrument) {
        self.workspace.choose(self.panel, instrument);
    }

    /// Panels that show no instrument get those of the open list, one after the other.
    pub fn choose_something(self) {
        // The layout that is about to be opened has instruments of its own.
        if matches!(*self.workspace.shelf.read(), Shelf::Loading) {
            return;
        }
        let lacking = self.workspace.arrangement.read().without_instrument();
        let Some(list) = self.open_list().filter(|_| !lacking.is_empty()) else { return };
        let shown = self.workspace.arrangement.peek().instruments();
        let fresh = list.instruments.iter().filter(|instrument| !shown.contains(instrument.id.inner()));
        for (panel, instrument) in lacking.into_iter().zip(fresh.chain(&list.instruments)) {
            self.workspace.choose(panel, instrument);
        }
    }

    /// Makes a list and opens it.
    pub async fn create(mut self, name: String) -> bool {
        let Some(list) = self.changed(watchlist::create(self.session, name)).await else { return false };
        self.open(&list.id);
        self.naming.set(false);
        true
    }

    /// Renames a list.
    pub async fn rename(mut self, list: WatchlistId, name: String) {
        if self.changed(watchlist::rename(self.session, list, name)).await.is_some() {
            self.editing.set(false);
        }
    }

    /// Adds an instrument to the open list and chooses it; makes a list of this name where there is none.
    pub async fn add(self, instrument: Instrument, name_of_first: String) {
        if self.open_list().is_none() && !self.create(name_of_first).await {
            return;
        }
        let Some(list) = self.open_list() else { return };
        if self.changed(watchlist::add(self.session, list.id, instrument.id.clone())).await.is_some() {
            self.choose(&instrument);
        }
    }

    /// Takes an instrument out of a list.
    pub async fn remove(self, list: WatchlistId, instrument: InstrumentId) {
        self.changed(watchlist::remove(self.session, list, instrument)).await;
    }

    /// Moves an instrument one step in the open list.
    pub async fn step(self, instrument: InstrumentId, step: Step) {
        let Some(list) = self.open_list() else { return };
        let order: Vec<_> = list.instruments.iter().map(|instrument| instrument.id.clone()).collect();
        if let Some(order) = reordered(&order, &instrument, step) {
            self.changed(watchlist::reorder(self.session, list.id, order)).await;
        }
    }

    /// Deletes a list.
    pub async fn delete(mut self, list: WatchlistId) {
        let Some(done) = self.guarded(watchlist::delete(self.session, list.clone())).await else { return };
        if done.is_ok() {
            self.editing.set(false);
            if let Lists::Ready(lists) = &mut *self.lists.write() {
                lists.retain(|known| known.id != list);
            }
        }
        self.settle(done).await;
    }

    /// Waits for a change and takes in the list as it is now.
    async fn changed(
        mut self,
        change: impl Future<Output = Result<Watchlist, Refusal>>,
    ) -> Option<Watchlist> {
        let done = self.guarded(change).await?;
        if let Ok(changed) = &done
            && let Lists::Ready(lists) = &mut *self.lists.write()
        {
            match lists.iter_mut().find(|list| list.id == changed.id) {
                Some(list) => *list = changed.clone(),
                None => lists.push(changed.clone()),
            }
        }
        self.settle(done).await
    }

    /// One change at a time: each builds on what the last one left.
    async fn guarded<T>(mut self, change: impl Future<Output = T>) -> Option<T> {
        if *self.busy.peek() {
            return None;
        }
        self.busy.set(true);
        let done = change.await;
        self.busy.set(false);
        Some(done)
    }

    /// Shows why a change was not made; where the lists here were out of date, reads them again.
    async fn settle<T>(mut self, done: Result<T, Refusal>) -> Option<T> {
        match done {
            Ok(value) => {
                self.refusal.set(None);
                Some(value)
            }
            Err(refusal) => {
                let outdated = [UserErrorCode::Outdated, UserErrorCode::NotFound];
                if matches!(&refusal, Refusal::User(errors) if errors.iter().any(|error| outdated.contains(&error.code)))
                {
                    self.load().await;
                }
                self.refusal.set(Some(refusal));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_swaps_neighbours_and_stops_at_the_ends() {
        let order: Vec<InstrumentId> = ["a", "b", "c"].map(InstrumentId::new).to_vec();
        let check = |moved: &str, step: Step, expect: Option<[&str; 3]>| {
            let result = reordered(&order, &InstrumentId::new(moved), step);
            let expect = expect.map(|order| order.map(InstrumentId::new).to_vec());
            assert_eq!(result, expect, "{moved} {step:?}");
        };
        check("b", Step::Earlier, Some(["b", "a", "c"]));
        check("b", Step::Later, Some(["a", "c", "b"]));
        check("a", Step::Earlier, None);
        check("c", Step::Later, None);
        check("x", Step::Later, None);
    }
}

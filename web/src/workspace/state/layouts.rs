//! What is done with layouts: read, opened, made, renamed, deleted, and saved as they change.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use super::{Shelf, Workspace};
use crate::browser;
use crate::graphql::failure::Failure;
use crate::graphql::layout::{self, Layout, LayoutId};
use crate::workspace::arrangement::Arrangement;
use crate::workspace::keeping::{Choice, Contents, Kept, Next, Resolution, Saving, free_name};
use crate::workspace::standard::Template;

/// Under what name this browser remembers which layout was open.
const LAYOUT_KEY: &str = "tickgraph.layout";

/// How long nothing may change before a change is saved.
const QUIET_MS: u32 = 1_200;

/// How long to wait before a save that failed is tried again.
const AGAIN_MS: u32 = 8_000;

/// How often, and in what steps, a save that is under way is waited for.
const SETTLE_ROUNDS: u32 = 50;
const SETTLE_MS: u32 = 100;

impl Workspace {
    /// Reads the layouts, and opens the one that was open last.
    pub async fn load(mut self) {
        if matches!(*self.shelf.peek(), Shelf::Failed(_)) {
            self.shelf.set(Shelf::Loading);
        }
        match layout::all(self.session).await {
            Ok(layouts) => {
                let last = browser::remembered(LAYOUT_KEY);
                let found = layouts.iter().find(|layout| Some(layout.id.inner()) == last.as_deref());
                let open = found.or(layouts.first()).cloned();
                self.shelf.set(Shelf::Ready(layouts));
                // What was arranged before the answer came is a layout of its own.
                if let Some(open) = open.filter(|_| *self.changes.peek() == 0) {
                    self.show(&open);
                }
            }
            Err(failure) => self.shelf.set(Shelf::Failed(failure)),
        }
    }

    /// The layouts, where they are known.
    pub fn layouts(self) -> Vec<Layout> {
        match &*self.shelf.read() {
            Shelf::Ready(layouts) => layouts.clone(),
            _ => Vec::new(),
        }
    }

    fn show(mut self, layout: &Layout) {
        browser::remember(LAYOUT_KEY, layout.id.inner());
        self.opened += 1;
        self.kept.set(Kept::of(layout));
        self.maximised.set(None);
        self.focused.set(None);
        self.saving.set(Saving::Done);
        match Arrangement::read(&layout.content) {
            Ok(arrangement) => {
                self.unreadable.set(None);
                self.arrangement.set(arrangement);
                self.run(self.meet());
            }
            Err(unreadable) => self.unreadable.set(Some(unreadable)),
        }
    }

    /// Opens a layout; what is open is saved first, and stays where that fails.
    pub async fn open(self, id: LayoutId) {
        if !self.may_leave().await {
            return;
        }
        let found = self.layouts().into_iter().find(|layout| layout.id == id);
        if let Some(layout) = found {
            self.show(&layout);
        }
    }

    /// Makes a layout from a template, or from what is on the screen, and opens it.
    pub async fn create(mut self, name: String, template: Option<Template>) {
        if !self.may_leave().await {
            return;
        }
        let arrangement = template.map_or_else(
            || self.arrangement.peek().clone(),
            |template| {
                let mut made = template.arrangement();
                made.linked = self.arrangement.peek().linked.clone();
                made
            },
        );
        let name = free_name(&name, &self.layouts());
        let new = Kept { name, ..Kept::default() };
        match layout::save(self.session, new.input(arrangement.written())).await {
            Ok(layout) => {
                self.refusal.set(None);
                self.put(&layout);
                self.show(&layout);
            }
            Err(refusal) => self.refusal.set(Some(refusal)),
        }
    }

    /// Renames the layout that is open.
    pub async fn rename(mut self, name: String) {
        self.settle().await;
        self.kept.write().name = name;
        self.send().await;
    }

    /// Deletes a layout; what is on the screen stays, as a layout that is not saved.
    pub async fn delete(mut self, id: LayoutId) {
        match layout::delete(self.session, id.clone()).await {
            Ok(()) => {
                self.refusal.set(None);
                if let Shelf::Ready(layouts) = &mut *self.shelf.write() {
                    layouts.retain(|layout| layout.id != id);
                }
                let open = self.kept.peek().known.clone().map(|(id, _)| id);
                if open == Some(id) {
                    match self.layouts().first() {
                        Some(next) => self.show(next),
                        None => self.kept.write().known = None,
                    }
                }
            }
            Err(refusal) => self.refusal.set(Some(refusal)),
        }
    }

    /// Replaces what cannot be read, or what was spoilt, by the arrangement to begin with.
    pub fn start_anew(mut self) {
        self.unreadable.set(None);
        self.maximised.set(None);
        self.change(|arrangement| {
            let linked = std::mem::take(&mut arrangement.linked);
            *arrangement = Template::Trading.arrangement();
            arrangement.linked = linked;
        });
    }

    fn put(mut self, layout: &Layout) {
        if let Shelf::Ready(layouts) = &mut *self.shelf.write() {
            match layouts.iter_mut().find(|known| known.id == layout.id) {
                Some(known) => *known = layout.clone(),
                None => layouts.push(layout.clone()),
            }
        }
    }

    /// Has a change saved once things are quiet.
    pub(super) fn save_soon(self) {
        self.save_in(QUIET_MS);
    }

    /// Has what is not saved yet saved once nothing has changed for so long.
    fn save_in(mut self, delay_ms: u32) {
        let number = *self.changes.peek() + 1;
        self.changes.set(number);
        self.run(async move {
            TimeoutFuture::new(delay_ms).await;
            if *self.changes.peek() == number {
                self.save().await;
            }
        });
    }

    /// Saves now what is not saved yet, and waits until a save that is under way has its answer.
    async fn settle(self) {
        for _ in 0..SETTLE_ROUNDS {
            self.save().await;
            if !*self.sending.peek() && *self.saving.peek() != Saving::Waiting {
                return;
            }
            TimeoutFuture::new(SETTLE_MS).await;
        }
    }

    /// Saves what is open, and says whether nothing would be lost if something else were opened.
    async fn may_leave(mut self) -> bool {
        self.settle().await;
        let unsaved = self.saving.peek().unsaved();
        match unsaved {
            Some(failure) => {
                self.saving.set(Saving::Failed(failure));
                false
            }
            None => true,
        }
    }

    /// Saves now what is not saved yet.
    async fn save(mut self) {
        let wanted = matches!(*self.saving.peek(), Saving::Waiting | Saving::Failed(_));
        if !wanted || *self.sending.peek() {
            return;
        }
        // Whoever does not know the layouts could only make yet another one.
        if !matches!(*self.shelf.peek(), Shelf::Ready(_)) {
            self.load().await;
        }
        let unknown = match &*self.shelf.peek() {
            Shelf::Failed(failure) => Some(failure.clone()),
            Shelf::Loading | Shelf::Ready(_) => None,
        };
        if let Some(failure) = unknown {
            self.saving.set(Saving::Failed(failure));
            return self.save_in(AGAIN_MS);
        }
        self.send().await;
    }

    /// What the layout that is open is to hold.
    fn content(self) -> String {
        self.kept.peek().content(&self.arrangement.peek(), *self.unreadable.peek())
    }

    async fn send(mut self) {
        self.sending.set(true);
        let opened = *self.opened.peek();
        let content = self.content();
        let mut input = self.kept.peek().input(content.clone());
        if input.layout.is_none() {
            input.name = free_name(&input.name, &self.layouts());
        }
        let answer = layout::save(self.session, input).await;
        self.sending.set(false);
        if *self.opened.peek() != opened {
            if let Ok(layout) = &answer {
                self.put(layout);
            }
            return;
        }
        let before = self.kept.peek().content.clone();
        let contents = Contents { before: &before, sent: &content, now: &self.content() };
        let next = Next::after(&answer, contents);
        if let Ok(layout) = &answer {
            browser::remember(LAYOUT_KEY, layout.id.inner());
            self.kept.set(Kept::of(layout));
            self.put(layout);
        }
        match next {
            Next::Stand(saving) => self.saving.set(saving),
            Next::SaveChange => {
                self.saving.set(Saving::Waiting);
                self.save_in(QUIET_MS);
            }
            Next::TryAgain(failure) => {
                self.saving.set(Saving::Failed(failure));
                self.save_in(AGAIN_MS);
            }
            Next::Follow => self.follow_theirs().await,
        }
    }

    /// Another tab arranged the panels; this one keeps its instruments and takes the arrangement.
    async fn follow_theirs(mut self) {
        let answer = self.read_again().await;
        let theirs = answer.map(|layouts| self.kept.peek().found_in(&layouts));
        let Ok(Some(theirs)) = theirs else { return self.saving.set(Saving::Conflict(theirs.err())) };
        let (linked, own) = {
            let now = self.arrangement.peek();
            (now.linked.clone(), now.own.clone())
        };
        self.show(&theirs);
        let mut arrangement = self.arrangement.write();
        arrangement.linked.extend(linked);
        arrangement.own.extend(own);
    }

    /// The layouts as the server has them now.
    async fn read_again(mut self) -> Result<Vec<Layout>, Failure> {
        let layouts = layout::all(self.session).await?;
        self.shelf.set(Shelf::Ready(layouts.clone()));
        Ok(layouts)
    }

    /// Does what the person chose about the open layout, which was changed elsewhere.
    pub async fn resolve(mut self, choice: Choice) {
        let opened = *self.opened.peek();
        let answer = self.read_again().await;
        if *self.opened.peek() != opened {
            return;
        }
        let resolution = choice.resolve(&self.kept.peek(), answer);
        match resolution {
            Resolution::Show(layout) => self.show(&layout),
            Resolution::Save(kept) => {
                self.kept.set(kept);
                self.send().await;
            }
            Resolution::Stay(failure) => self.saving.set(Saving::Conflict(Some(failure))),
        }
    }
}

//! Lists that are read page by page, in their four states.

use std::future::Future;
use std::rc::Rc;

use dioxus::prelude::*;

use crate::graphql::failure::Failure;
use crate::graphql::page::Page;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::notice::{Loading, Problem};

/// How far the reading is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The first page is on its way.
    Loading,
    /// The first page could not be read.
    Failed(Failure),
    /// There is something to show.
    Ready,
    /// The next page is on its way.
    LoadingMore,
    /// The next page could not be read.
    MoreFailed(Failure),
}

/// What has been read. Its parts are signals, so that it is as cheap to copy as they are.
struct Shelf<T: 'static> {
    items: Signal<Vec<T>>,
    stage: Signal<Stage>,
    next: Signal<Option<String>>,
}

impl<T: 'static> Clone for Shelf<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static> Copy for Shelf<T> {}

impl<T: 'static> Shelf<T> {
    fn take_first(mut self, answer: Result<Page<T>, Failure>) {
        match answer {
            Ok(page) => {
                self.items.set(page.items);
                self.next.set(page.next);
                self.stage.set(Stage::Ready);
            }
            Err(failure) => self.stage.set(Stage::Failed(failure)),
        }
    }

    fn take_more(mut self, answer: Result<Page<T>, Failure>) {
        match answer {
            Ok(page) => {
                self.items.write().extend(page.items);
                self.next.set(page.next);
                self.stage.set(Stage::Ready);
            }
            Err(failure) => self.stage.set(Stage::MoreFailed(failure)),
        }
    }
}

/// A list, as far as it has been read.
pub struct Paged<T: 'static> {
    shelf: Shelf<T>,
    /// Reads the next page.
    pub more: Callback<()>,
    /// Reads the list anew.
    pub again: Callback<()>,
}

impl<T: 'static> Clone for Paged<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static> Copy for Paged<T> {}

impl<T: 'static> PartialEq for Paged<T> {
    fn eq(&self, other: &Self) -> bool {
        self.shelf.items == other.shelf.items
    }
}

impl<T: 'static> Paged<T> {
    /// What has been read.
    pub fn items(self) -> Signal<Vec<T>> {
        self.shelf.items
    }
}

/// Reads a list by `fetch`, which gets the cursor of the page before; anew whenever a signal changes that
/// `fetch` reads.
pub fn use_paged<T, R>(fetch: impl Fn(Option<String>) -> R + 'static) -> Paged<T>
where
    T: 'static,
    R: Future<Output = Result<Page<T>, Failure>> + 'static,
{
    let fetch = use_hook(|| Rc::new(fetch));
    let shelf = Shelf {
        items: use_signal(Vec::new),
        stage: use_signal(|| Stage::Loading),
        next: use_signal(|| None),
    };
    // Counts the lists: a page of one that is no longer shown is dropped.
    let mut round = use_signal(|| 0_u32);
    let first = fetch.clone();
    let mut reading = use_resource(move || {
        let answer = first(None);
        let mut stage = shelf.stage;
        async move {
            *round.write() += 1;
            stage.set(Stage::Loading);
            shelf.take_first(answer.await);
        }
    });
    let more = use_callback(move |()| {
        let (asked, after, mut stage) = (*round.peek(), shelf.next.peek().clone(), shelf.stage);
        if after.is_none() || *stage.peek() == Stage::LoadingMore {
            return;
        }
        stage.set(Stage::LoadingMore);
        let answer = fetch(after);
        spawn(async move {
            let answer = answer.await;
            if *round.peek() == asked {
                shelf.take_more(answer);
            }
        });
    });
    let again = use_callback(move |()| reading.restart());
    Paged { shelf, more, again }
}

/// The frame of such a list: shows `children` once there is something to show, and `empty` instead where
/// there is nothing.
#[component]
pub fn PagedFrame<T: 'static>(paged: Paged<T>, failed: String, empty: Element, children: Element) -> Element {
    let text = use_text();
    let stage = paged.shelf.stage.cloned();
    let (more, again) = (paged.more, paged.again);
    let problem = match &stage {
        Stage::Loading => return rsx! { Loading { label: text.say(Text::Loading) } },
        Stage::Failed(failure) => {
            return rsx! {
                Problem {
                    title: failed,
                    message: text.failure(failure),
                    again: Some(text.say(Text::TryAgain).to_owned()),
                    onagain: move |()| again.call(()),
                }
            };
        }
        Stage::MoreFailed(failure) => Some(text.failure(failure)),
        Stage::Ready | Stage::LoadingMore => None,
    };
    let busy = stage == Stage::LoadingMore;
    rsx! {
        if paged.items().read().is_empty() {
            {empty}
        } else {
            {children}
        }
        if paged.shelf.next.read().is_some() {
            div { class: "more",
                if let Some(problem) = problem {
                    p { class: "down", role: "alert", "{problem}" }
                }
                button {
                    r#type: "button",
                    class: "button",
                    "data-testid": "load-more",
                    disabled: busy,
                    onclick: move |_| more.call(()),
                    {text.say(if busy { Text::Loading } else { Text::LoadMore })}
                }
            }
        }
    }
}

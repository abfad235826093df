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
    /// There is something to show, which is being read anew.
    Rereading,
    /// There is something to show, which could not be read anew.
    RereadFailed(Failure),
    /// The next page is on its way.
    LoadingMore,
    /// The next page could not be read.
    MoreFailed(Failure),
}

impl Stage {
    /// Whether there is something to show.
    fn has_items(&self) -> bool {
        !matches!(self, Self::Loading | Self::Failed(_))
    }

    /// Whether the next page may be read now.
    fn can_go_on(&self) -> bool {
        matches!(self, Self::Ready | Self::MoreFailed(_) | Self::RereadFailed(_))
    }

    /// The stage while the same list is read once more: what is shown stays, with all that is open in it.
    fn again(&self) -> Self {
        if self.has_items() { Self::Rereading } else { Self::Loading }
    }

    /// The stage after the first page could not be read.
    fn failed(&self, failure: Failure) -> Self {
        match self {
            Self::Rereading => Self::RereadFailed(failure),
            _ => Self::Failed(failure),
        }
    }
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
            Err(failure) => {
                let failed = self.stage.peek().failed(failure);
                self.stage.set(failed);
            }
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
            if *stage.peek() != Stage::Rereading {
                stage.set(Stage::Loading);
            }
            shelf.take_first(answer.await);
        }
    });
    let more = use_callback(move |()| {
        let (asked, after, mut stage) = (*round.peek(), shelf.next.peek().clone(), shelf.stage);
        if after.is_none() || !stage.peek().can_go_on() {
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
    let again = use_callback(move |()| {
        let mut stage = shelf.stage;
        let next = stage.peek().again();
        stage.set(next);
        *round.write() += 1;
        reading.restart();
    });
    Paged { shelf, more, again }
}

/// The frame of such a list: shows `children` once there is something to show, and `empty` instead where
/// there is nothing. They stay while the same list is read anew.
#[component]
pub fn PagedFrame<T: 'static>(paged: Paged<T>, failed: String, empty: Element, children: Element) -> Element {
    let text = use_text();
    let stage = paged.shelf.stage.cloned();
    let again = paged.again;
    rsx! {
        match &stage {
            Stage::Loading => rsx! { Loading { label: text.say(Text::Loading) } },
            Stage::Failed(failure) | Stage::RereadFailed(failure) => rsx! {
                Problem {
                    title: failed,
                    message: text.failure(failure),
                    again: Some(text.say(Text::TryAgain).to_owned()),
                    onagain: move |()| again.call(()),
                }
            },
            _ => rsx! {},
        }
        if stage.has_items() {
            if paged.items().read().is_empty() {
                {empty}
            } else {
                {children}
            }
            More { paged }
        }
    }
}

/// The way to the next page, where there is one.
#[component]
fn More<T: 'static>(paged: Paged<T>) -> Element {
    let text = use_text();
    let stage = paged.shelf.stage.cloned();
    let more = paged.more;
    let busy = matches!(stage, Stage::LoadingMore | Stage::Rereading);
    rsx! {
        if paged.shelf.next.read().is_some() {
            div { class: "more",
                if let Stage::MoreFailed(failure) = &stage {
                    p { class: "down", role: "alert", {text.failure(failure)} }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_stays_while_it_is_read_anew() {
        use Stage::{Failed, Loading, LoadingMore, MoreFailed, Ready, RereadFailed, Rereading};
        let no = || Failure::Unreachable;
        let check = |stage: &Stage, again: &Stage, failed: &Stage| {
            assert_eq!(&stage.again(), again, "{stage:?}");
            assert_eq!(&stage.again().failed(no()), failed, "{stage:?}");
            assert_eq!(stage.has_items(), again.has_items(), "{stage:?}");
            assert_eq!(stage.has_items(), failed.has_items(), "{stage:?}");
        };
        for stage in [Loading, Failed(no())] {
            check(&stage, &Loading, &Failed(no()));
        }
        for stage in [Ready, LoadingMore, MoreFailed(no()), Rereading, RereadFailed(no())] {
            check(&stage, &Rereading, &RereadFailed(no()));
        }
    }

    #[test]
    fn the_next_page_is_read_only_where_nothing_else_is() {
        use Stage::{Failed, Loading, LoadingMore, MoreFailed, Ready, RereadFailed, Rereading};
        let no = || Failure::Unreachable;
        for stage in [Ready, MoreFailed(no()), RereadFailed(no())] {
            assert!(stage.can_go_on(), "{stage:?}");
        }
        for stage in [Loading, Failed(no()), LoadingMore, Rereading] {
            assert!(!stage.can_go_on(), "{stage:?}");
        }
    }
}

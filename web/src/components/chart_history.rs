//! A chart's history: the newest first, and what is before it when the reader goes there.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use super::chart_model::{AGAIN_MS, Key, Model};
use crate::chart::library::Chart;
use crate::chart::series::Seam;
use crate::graphql::bar::{self, Bar, MOST_BARS, Past, Stretch, Wanted};
use crate::graphql::failure::Failure;
use crate::graphql::scalar::DateTime;

/// How many bars are asked for when a chart is opened.
const FIRST_BARS: i32 = 500;

/// How many more when the reader comes near the oldest.
const OLDER_BARS: i32 = 1_000;

/// How long to wait while another page is read.
const BUSY_MS: u32 = 250;

/// The most pages that are read to reach a date.
const MOST_PAGES: usize = 60;

/// How far the history is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum History {
    /// Asked for.
    Loading,
    /// Could not be read; it is asked for again.
    Failed(Failure),
    /// Is there.
    Ready,
}

/// Whether there is anything before the oldest bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Older {
    /// Nobody has asked yet.
    Unknown,
    /// It is being asked for.
    Asked,
    /// There is not.
    None,
}

impl Model {
    async fn past(mut self, key: &Key, stretch: Stretch, count: i32) -> Result<Vec<Bar>, Failure> {
        let wanted = Wanted { instrument: key.instrument.clone(), size: key.size, stretch, count };
        let Past { bars, zone } = bar::history(self.session, wanted).await?;
        if self.zone.peek().as_ref() != Some(&zone) {
            self.zone.set(Some(zone));
        }
        Ok(bars)
    }

    /// Fetches the newest history, again and again until it comes.
    pub async fn fetch(mut self, key: Key) {
        self.begin(&key);
        loop {
            match self.past(&key, Stretch::Newest, FIRST_BARS).await {
                Ok(bars) => {
                    let seam = self.series.write().merge_newest(&bars);
                    if seam == Seam::Cut {
                        self.older.set(Older::Unknown);
                    }
                    let stays = seam == Seam::Closed && *self.history.peek() == History::Ready;
                    self.history.set(History::Ready);
                    return self.with_chart(if stays { Chart::draw_all } else { Chart::start_over });
                }
                Err(failure) => self.history.set(History::Failed(failure)),
            }
            TimeoutFuture::new(AGAIN_MS).await;
        }
    }

    /// Fetches what is before the oldest bar, and says whether there was anything. It is not drawn yet.
    async fn fetch_before(mut self, count: i32) -> bool {
        let (key, start) = (self.key.peek().clone(), self.series.peek().start());
        let (Some(key), Some(start)) = (key, start) else { return false };
        if *self.history.peek() != History::Ready || *self.older.peek() != Older::Unknown {
            return false;
        }
        self.older.set(Older::Asked);
        let bars = self.past(&key, Stretch::Before(start), count).await;
        if self.key.peek().as_ref() != Some(&key) {
            return false;
        }
        if self.series.peek().start() != Some(start) {
            // The bars that these would adjoin are gone.
            self.older.set(Older::Unknown);
            return false;
        }
        // After a failure the reader's next move towards the past asks again.
        let Ok(bars) = bars else {
            self.older.set(Older::Unknown);
            return false;
        };
        self.series.write().merge(&bars);
        let grew = self.series.peek().start() < Some(start);
        self.older.set(if grew { Older::Unknown } else { Older::None });
        grew
    }

    /// Fetches some more of what is before the oldest bar.
    pub async fn fetch_older(self) {
        if self.fetch_before(OLDER_BARS).await {
            self.with_chart(Chart::draw_all);
        }
    }

    /// Shows the bars of a moment, however far back; the oldest ones where history does not reach.
    pub async fn go_to(self, moment: DateTime) {
        let key = self.key.peek().clone();
        // Drawing takes longer the more bars there are: once, not after each page.
        let mut grew = false;
        for _ in 0..MOST_PAGES {
            let reached = self.series.peek().start().is_none_or(|start| start <= moment);
            if reached || *self.older.peek() == Older::None {
                break;
            }
            if self.fetch_before(MOST_BARS).await {
                grew = true;
            } else {
                // Somebody else is asking, or the server did not answer.
                TimeoutFuture::new(BUSY_MS).await;
            }
            if *self.key.peek() != key {
                return;
            }
        }
        if grew {
            self.with_chart(Chart::draw_all);
        }
        let bar = self.series.peek().from(moment.seconds());
        if let Some(bar) = bar {
            self.with_chart(|chart, _| chart.go_to(bar.time.seconds()));
        }
    }
}

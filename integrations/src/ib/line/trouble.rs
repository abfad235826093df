//! What goes wrong with a subscription: whether it is over, and when it is made again.

use std::time::Duration;

use domain::market_data::SourceEvent;
use domain::quote::FeedState;
use ibapi::{Error, Notice, SUBSCRIPTION_LAG_CODE};
use tokio::time::Instant;

use super::Line;
use super::flow::{AfterLoss, Flow};
use super::lines::exhausted;
use crate::ib::refusal::{
    COMPETING_SESSION, DISPLAYING_DELAYED, in_words, is_connection_end, is_exhausted, is_not_subscribed,
    may_pass, refused,
};

/// The unit in which the wait between two retries grows, up to this many times.
const RETRY_GROWTH_LIMIT: u32 = 8;

impl<F: Flow> Line<F> {
    /// Heeds a notice about our request that leaves it alive.
    pub(super) fn heed(&mut self, notice: &Notice) {
        match notice.code {
            SUBSCRIPTION_LAG_CODE => self.lagged(),
            DISPLAYING_DELAYED => {
                if let Some(feed) = &mut self.feed {
                    feed.flow.mark_delayed();
                }
            }
            code if is_not_subscribed(code) => {
                let until = Instant::now() + self.lines.connection.timings.doubt;
                if let Some(feed) = self.feed.as_mut().filter(|feed| !feed.heard) {
                    feed.doubt = Some((until, notice.clone()));
                }
            }
            _ => tracing::info!(instrument = %self.instrument.symbol, "{}", in_words(notice)),
        }
    }

    /// The client crate left ticks out.
    fn lagged(&mut self) {
        self.tell_values();
        match F::AFTER_LOSS {
            AfterLoss::GoOn => self.ready.push_back(SourceEvent::Lost(
                "ticks came faster than they were read, and some were left out".into(),
            )),
            AfterLoss::AskAnew => self.ask_anew("changes came faster than they were read"),
        }
    }

    /// Gives the subscription up for a new one.
    pub(super) fn ask_anew(&mut self, why: &str) {
        tracing::info!(instrument = %self.instrument.symbol, kind = %F::KIND, why, "a subscription is made again");
        self.interrupt();
        // The first time at once.
        let retry_at = Instant::now() + self.lines.connection.timings.retry * self.retries;
        self.try_later(format!("{why}; asking anew"));
        self.retry_at = Some(retry_at);
    }

    /// The subscription is over, or was never made.
    pub(super) fn failed(&mut self, error: &Error) {
        self.interrupt();
        match error {
            Error::Notice(notice) => self.refused(notice),
            error if is_connection_end(error) => self.say(FeedState::Stale, Some("connection lost".into())),
            error => {
                tracing::warn!(instrument = %self.instrument.symbol, %error, "a subscription broke");
                self.try_later("the gateway's data could not be read; trying again".into());
            }
        }
    }

    fn refused(&mut self, notice: &Notice) {
        if is_exhausted(notice.code) {
            return self.end(exhausted(F::KIND, &self.instrument.symbol));
        }
        if !may_pass(notice) {
            return self.end(refused(notice));
        }
        self.try_later(if notice.code == COMPETING_SESSION {
            format!("another session of this user takes the market data; trying again ({COMPETING_SESSION})")
        } else {
            format!("{}; trying again", in_words(notice))
        });
    }

    fn try_later(&mut self, reason: String) {
        self.retries = (self.retries + 1).min(RETRY_GROWTH_LIMIT);
        let delay: Duration = self.lines.connection.timings.retry * self.retries;
        self.retry_at = Some(Instant::now() + delay);
        self.obstacle = Some(reason.clone());
        self.say(FeedState::Stale, Some(reason));
    }
}

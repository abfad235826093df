//! Every delay of the connection, in one place, so that tests can be quick.

use std::time::Duration;

/// How long this connection waits for what. The default is for a real gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IbTimings {
    /// For the socket and the handshake.
    pub connect: Duration,
    /// Between the answer to one probe and the next probe.
    pub probe_interval: Duration,
    /// A probe that is not answered for this long proves the connection dead.
    pub silence: Duration,
    /// The unit of the back-off between attempts to connect: 1, 2, 3, 5, 8 … of it.
    pub back_off: Duration,
    /// The longest back-off.
    pub back_off_limit: Duration,
    /// For an answer to a question about contracts.
    pub answer: Duration,
    /// For an answer to a question about the past.
    pub history_answer: Duration,
    /// How long a question for bars waits in the queue that IB's pacing rules make.
    pub history_patience: Duration,
    /// How long a question waits for a connection that is just being made.
    pub connecting_patience: Duration,
    /// Between two symbol searches (IB: one second).
    pub search_interval: Duration,
    /// How long a new quote stream waits for a market-data line that is being given back.
    pub line_patience: Duration,
    /// Between two requests for the trades of one instrument (IB: 15 seconds).
    pub trades_interval: Duration,
    /// How long a quote subscription of which the gateway says that it may not be served waits for a price.
    pub doubt: Duration,
    /// Before a quote subscription that was turned down for a passing reason is tried again.
    pub retry: Duration,
}

impl Default for IbTimings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            probe_interval: Duration::from_secs(5),
            silence: Duration::from_secs(5),
            back_off: Duration::from_secs(1),
            back_off_limit: Duration::from_secs(30),
            answer: Duration::from_secs(10),
            history_answer: Duration::from_secs(30),
            history_patience: Duration::from_secs(20),
            connecting_patience: Duration::from_secs(5),
            search_interval: Duration::from_secs(1),
            line_patience: Duration::from_secs(1),
            trades_interval: Duration::from_secs(15),
            doubt: Duration::from_secs(3),
            retry: Duration::from_secs(15),
        }
    }
}

impl IbTimings {
    /// How long to wait after `failures` failed attempts in a row: the Fibonacci numbers from 1, 2, 3 on,
    /// and up to a fifth more by `jitter` (0 to 999), so that many clients do not come back as one.
    pub(super) fn back_off_after(&self, failures: u32, jitter: u32) -> Duration {
        let (mut delay, mut next) = (self.back_off, self.back_off * 2);
        for _ in 1..failures {
            if delay >= self.back_off_limit {
                break;
            }
            (delay, next) = (next, delay + next);
        }
        let delay = delay.min(self.back_off_limit);
        delay + delay / 5 * jitter.min(999) / 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_back_off_grows_to_its_limit() {
        let timings = IbTimings::default();
        let seconds: Vec<u64> =
            (1..=9).map(|failures| timings.back_off_after(failures, 0).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 3, 5, 8, 13, 21, 30, 30]);
        assert_eq!(timings.back_off_after(u32::MAX, 0), timings.back_off_limit);
    }

    #[test]
    fn jitter_adds_up_to_a_fifth() {
        let timings = IbTimings::default();
        let most = timings.back_off_after(1, 999);
        assert!(most > Duration::from_millis(1_190) && most < Duration::from_millis(1_200), "{most:?}");
    }
}

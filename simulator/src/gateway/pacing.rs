//! The rule against too many messages: so many a second per socket, and three strikes.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How many bursts above the limit are borne before the socket is closed.
const STRIKES: usize = 3;

const SECOND: Duration = Duration::from_secs(1);

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is served.
    Serve,
    /// It is refused with 100.
    Refuse,
    /// It is refused with 100, and the socket is closed.
    Close,
}

/// Counts the messages of one socket.
pub(super) struct Pacing {
    limit: usize,
    served: VecDeque<Instant>,
    strikes: usize,
    /// Whether the burst that brought the last strike is still going on.
    in_burst: bool,
}

impl Pacing {
    /// A count that allows `limit` messages a second.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, served: VecDeque::new(), strikes: 0, in_burst: false }
    }

    /// Judges a message that came now.
    pub(super) fn judge(&mut self, now: Instant) -> Verdict {
        while self.served.front().is_some_and(|at| now.duration_since(*at) >= SECOND) {
            self.served.pop_front();
        }
        if self.served.len() < self.limit {
            self.in_burst = false;
            self.served.push_back(now);
            return Verdict::Serve;
        }
        if !self.in_burst {
            self.in_burst = true;
            self.strikes += 1;
        }
        if self.strikes >= STRIKES { Verdict::Close } else { Verdict::Refuse }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_burst_above_the_limit_closes() {
        let start = Instant::now();
        let mut pacing = Pacing::new(2);
        let cases = [
            (0, Verdict::Serve),
            (1, Verdict::Serve),
            (2, Verdict::Refuse),
            (3, Verdict::Refuse),
            (1_001, Verdict::Serve),
            (1_002, Verdict::Serve),
            (1_003, Verdict::Refuse),
            (2_500, Verdict::Serve),
            (2_501, Verdict::Serve),
            (2_502, Verdict::Close),
        ];
        for (at, verdict) in cases {
            assert_eq!(pacing.judge(start + Duration::from_millis(at)), verdict, "at {at} ms");
        }
    }
}

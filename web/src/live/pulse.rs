//! Whether a socket still lives. It can die without a word, and the machine can sleep under it, so that a
//! silence that is too long counts as death, and so does a leap of the clock.

/// How long a socket may be silent; the server pings every 25 s.
const SILENCE_MS: i64 = 40_000;

/// How often it is asked while somebody looks, and how long the answer may take: after 12 s at the most, a
/// dead socket is known for one.
const ASK_EVERY_MS: i64 = 5_000;
const ANSWER_MS: i64 = 7_000;

/// How long it may take to open.
const OPENING_MS: i64 = 10_000;

/// A monotonic clock may stand still while the machine sleeps; the clock on the wall leaps then.
const LEAP_MS: i64 = 3_000;

/// A moment by both clocks of the browser, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Since 1970; may be set to anything at any time.
    pub wall: i64,
    /// Only runs forwards.
    pub monotonic: i64,
}

/// The signs of life of one socket.
#[derive(Debug)]
pub struct Pulse {
    looked_at: Moment,
    heard_at: i64,
    may_be_silent: i64,
    asked_at: i64,
    /// Since when an answer is due.
    waiting_since: Option<i64>,
}

impl Pulse {
    /// A socket that begins to open.
    pub fn opening(now: Moment) -> Self {
        let at = now.monotonic;
        let may_be_silent = OPENING_MS;
        Self { looked_at: now, heard_at: at, may_be_silent, asked_at: at, waiting_since: None }
    }

    /// The socket is open and acknowledged.
    pub fn opened(&mut self, now: Moment) {
        self.may_be_silent = SILENCE_MS;
        self.heard(now);
    }

    /// Something was heard.
    pub fn heard(&mut self, now: Moment) {
        self.heard_at = now.monotonic;
        self.waiting_since = None;
    }

    /// The socket was asked for an answer.
    pub fn asked(&mut self, now: Moment) {
        self.asked_at = now.monotonic;
        self.waiting_since.get_or_insert(now.monotonic);
    }

    /// Whether it is time to ask again, as long as somebody looks.
    pub fn should_ask(&self, now: Moment) -> bool {
        now.monotonic - self.asked_at >= ASK_EVERY_MS
    }

    /// Whether the socket counts as dead. To be looked at often, and before anything that was heard counts:
    /// it may have been said before the machine fell asleep.
    pub fn has_stopped(&mut self, now: Moment) -> bool {
        let wall = now.wall - self.looked_at.wall;
        let monotonic = now.monotonic - self.looked_at.monotonic;
        self.looked_at = now;
        let waited = self.waiting_since.map_or(0, |since| now.monotonic - since);
        wall - monotonic > LEAP_MS || now.monotonic - self.heard_at > self.may_be_silent || waited > ANSWER_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment { wall: 1_000_000, monotonic: 500 };

    fn after(millis: i64) -> Moment {
        Moment { wall: START.wall + millis, monotonic: START.monotonic + millis }
    }

    fn open() -> Pulse {
        let mut pulse = Pulse::opening(START);
        pulse.opened(START);
        pulse
    }

    #[test]
    fn a_silence_that_is_too_long_is_death() {
        let check = |mut pulse: Pulse, millis: i64, expect: bool| {
            assert_eq!(pulse.has_stopped(after(millis)), expect, "{pulse:?} {millis}");
        };
        check(Pulse::opening(START), 10_000, false);
        check(Pulse::opening(START), 10_001, true);
        check(open(), 40_000, false);
        check(open(), 40_001, true);
        let mut asked = open();
        asked.asked(after(5_000));
        asked.asked(after(10_000));
        check(asked, 12_001, true);
        let mut answered = open();
        answered.asked(after(5_000));
        answered.heard(after(5_100));
        check(answered, 30_000, false);
    }

    #[test]
    fn it_is_asked_every_five_seconds() {
        let mut pulse = open();
        assert!(!pulse.should_ask(after(4_999)));
        assert!(pulse.should_ask(after(5_000)));
        pulse.asked(after(5_000));
        pulse.heard(after(5_001));
        assert!(!pulse.should_ask(after(9_999)));
        assert!(pulse.should_ask(after(10_000)));
    }

    #[test]
    fn a_sleep_is_death_even_where_the_monotonic_clock_slept_too() {
        let check = |wall: i64, monotonic: i64, expect: bool| {
            let now = Moment { wall: START.wall + wall, monotonic: START.monotonic + monotonic };
            assert_eq!(open().has_stopped(now), expect, "{wall} {monotonic}");
        };
        check(1_000, 1_000, false);
        check(3_900, 1_000, false);
        check(60_000, 1_000, true);
        check(-60_000, 1_000, false);
        // A hidden page looks once a minute, and hears the server's pings in between.
        check(30_000, 30_000, false);
        let mut late = open();
        assert!(late.has_stopped(Moment { wall: START.wall + 60_000, ..after(1_000) }));
        assert!(!late.has_stopped(Moment { wall: START.wall + 61_000, ..after(2_000) }), "told once");
    }
}

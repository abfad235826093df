//! Averages that forget slowly: each is a share of the newest number and the rest of the average before.

/// An exponential average that begins with the simple average of its first numbers.
#[derive(Clone, Debug)]
pub(super) struct Smoothing {
    weight: f64,
    skip: u16,
    missing: u16,
    length: f64,
    value: f64,
}

impl Smoothing {
    /// The usual exponential moving average.
    pub(super) fn exponential(length: u16) -> Self {
        Self::new(length, 2.0 / (f64::from(length) + 1.0))
    }

    /// Wilder's average.
    pub(super) fn wilder(length: u16) -> Self {
        Self::new(length, 1.0 / f64::from(length.max(1)))
    }

    fn new(length: u16, weight: f64) -> Self {
        let length = length.max(1);
        Self { weight, skip: 0, missing: length, length: f64::from(length), value: 0.0 }
    }

    /// The same, without regard to the first numbers.
    pub(super) fn after(self, skip: u16) -> Self {
        Self { skip, ..self }
    }

    /// The average; not a number before there are enough.
    #[inline]
    pub(super) fn push(&mut self, number: f64) -> f64 {
        if self.missing == 0 {
            self.value += self.weight * (number - self.value);
            return self.value;
        }
        self.begin(number)
    }

    #[cold]
    fn begin(&mut self, number: f64) -> f64 {
        if self.skip > 0 {
            self.skip -= 1;
            return f64::NAN;
        }
        self.value += number;
        self.missing -= 1;
        if self.missing > 0 {
            return f64::NAN;
        }
        self.value /= self.length;
        self.value
    }
}

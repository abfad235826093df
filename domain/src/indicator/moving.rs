//! Statistics of the last few numbers, each step of them in constant time.
//!
//! Running sums drift: what is added and what is taken off are rounded apart. So each is computed anew whenever the window
//! has been filled once more, which costs one addition per number, and leaves nothing to drift.

/// The part of a price up to which a difference to another is one of rounding.
pub(super) const ROUNDING: f64 = 1e-12;

/// The last `length` numbers, in no particular order.
#[derive(Clone, Debug)]
pub(super) struct Window {
    numbers: Box<[f64]>,
    next: usize,
    is_full: bool,
}

impl Window {
    pub(super) fn new(length: u16) -> Self {
        Self { numbers: vec![0.0; usize::from(length.max(1))].into(), next: 0, is_full: false }
    }

    /// Takes a number; returns the one that falls out of the window, 0 while there is none.
    #[inline]
    pub(super) fn push(&mut self, number: f64) -> f64 {
        let place = &mut self.numbers[self.next];
        let gone = std::mem::replace(place, number);
        self.next += 1;
        if self.next == self.numbers.len() {
            self.next = 0;
            self.is_full = true;
        }
        gone
    }

    /// Whether it holds as many numbers as it may.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Whether it has just been filled once more; its numbers then stand in order, oldest first.
    pub(super) fn is_renewed(&self) -> bool {
        self.next == 0 && self.is_full
    }

    /// The numbers; while it is not full, those that are missing are 0.
    pub(super) fn numbers(&self) -> &[f64] {
        &self.numbers
    }
}

/// The sum, in four parts that do not wait for each other.
pub(super) fn sum_of(numbers: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    let mut parts = [0.0; 4];
    let (quads, rest) = numbers.as_chunks::<4>();
    for quad in quads {
        for (part, number) in parts.iter_mut().zip(quad) {
            *part += term(*number);
        }
    }
    let rest: f64 = rest.iter().map(|number| term(*number)).sum();
    (parts[0] + parts[1]) + (parts[2] + parts[3]) + rest
}

/// The simple moving average.
#[derive(Clone, Debug)]
pub(super) struct Mean {
    window: Window,
    sum: f64,
    share: f64,
}

impl Mean {
    pub(super) fn new(length: u16) -> Self {
        Self { window: Window::new(length), sum: 0.0, share: 1.0 / f64::from(length.max(1)) }
    }

    /// The mean of the last numbers; not a number before there are enough.
    #[inline]
    pub(super) fn push(&mut self, number: f64) -> f64 {
        self.sum += number - self.window.push(number);
        if self.window.is_renewed() {
            self.sum = sum_of(self.window.numbers(), |number| number);
        }
        if self.window.is_full() { self.sum * self.share } else { f64::NAN }
    }
}

/// Mean and deviation of the last numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    pub(super) mean: f64,
    pub(super) deviation: f64,
}

/// The standard deviation of the last numbers, as of a whole population.
///
/// The squares are of the distances from the mean, not of the prices themselves: the difference of two large squares would
/// leave few digits of a small deviation.
#[derive(Clone, Debug)]
pub(super) struct Deviation {
    window: Window,
    latest: f64,
    /// How many of the last numbers were equal, as far as it matters.
    equal: u16,
    length: u16,
    mean: f64,
    squares: f64,
    share: f64,
}

impl Deviation {
    pub(super) fn new(length: u16) -> Self {
        Self {
            window: Window::new(length),
            latest: f64::NAN,
            equal: 0,
            length,
            mean: 0.0,
            squares: 0.0,
            share: 1.0 / f64::from(length.max(1)),
        }
    }

    /// Mean and deviation; not numbers before there are enough.
    #[inline]
    pub(super) fn push(&mut self, number: f64) -> Spread {
        let gone = self.window.push(number);
        let is_equal = number.to_bits() == self.latest.to_bits();
        self.equal = if is_equal { self.equal.saturating_add(1) } else { 1 };
        self.latest = number;
        if self.equal >= self.length {
            // Nothing deviates, not even by what rounding has left of earlier numbers.
            (self.mean, self.squares) = (number, 0.0);
        } else if self.window.is_renewed() {
            let mean = sum_of(self.window.numbers(), |number| number) * self.share;
            self.squares = sum_of(self.window.numbers(), |number| (number - mean) * (number - mean));
            self.mean = mean;
        } else if self.window.is_full() {
            let before = self.mean;
            self.mean += (number - gone) * self.share;
            self.squares += (number - gone) * ((number - self.mean) + (gone - before));
        } else {
            return Spread { mean: f64::NAN, deviation: f64::NAN };
        }
        Spread { mean: self.mean, deviation: (self.squares.max(0.0) * self.share).sqrt() }
    }
}

/// The linearly weighted moving average: the newest counts `length` times, the oldest once.
#[derive(Clone, Debug)]
pub(super) struct Weighted {
    window: Window,
    length: f64,
    plain: f64,
    sum: f64,
    share: f64,
}

impl Weighted {
    pub(super) fn new(length: u16) -> Self {
        let count = f64::from(length.max(1));
        let share = 2.0 / (count * (count + 1.0));
        Self { window: Window::new(length), length: count, plain: 0.0, sum: 0.0, share }
    }

    /// The weighted mean; not a number before there are enough.
    #[inline]
    pub(super) fn push(&mut self, number: f64) -> f64 {
        // Each weight falls by one, and the newest gets the full one.
        self.sum += self.length * number - self.plain;
        self.plain += number - self.window.push(number);
        if self.window.is_renewed() {
            self.renew();
        }
        if self.window.is_full() { self.sum * self.share } else { f64::NAN }
    }

    fn renew(&mut self) {
        (self.plain, self.sum) = (0.0, 0.0);
        for (weight, number) in (1_u16..).zip(self.window.numbers()) {
            self.plain += number;
            self.sum += f64::from(weight) * number;
        }
    }
}

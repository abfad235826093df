//! The highest of the last few numbers.

/// The highest of the last `length` numbers.
///
/// The numbers are seen as blocks of that length. What the window holds of the present block is its beginning, of which
/// the highest is carried along; what it holds of the block before is its end, of which the highest from each place on was
/// noted when that block was full. So each number is compared twice, whatever the length.
#[derive(Clone, Debug)]
pub(super) struct Highest {
    /// The numbers of the present block, then the highest from each place on of the block before.
    block: Box<[f64]>,
    next: usize,
    begun: f64,
    is_full: bool,
}

impl Highest {
    pub(super) fn new(length: u16) -> Self {
        let block = vec![f64::NEG_INFINITY; usize::from(length.max(1))].into();
        Self { block, next: 0, begun: f64::NEG_INFINITY, is_full: false }
    }

    /// The highest; not a number before there are enough.
    #[inline]
    pub(super) fn push(&mut self, number: f64) -> f64 {
        let higher = |one: f64, other: f64| if one > other { one } else { other };
        self.block[self.next] = number;
        self.begun = higher(number, self.begun);
        self.next += 1;
        let Some(rest) = self.block.get(self.next) else {
            let highest = self.begun;
            self.note();
            return highest;
        };
        if self.is_full { higher(self.begun, *rest) } else { f64::NAN }
    }

    /// The block is full: from now on it is the one before.
    fn note(&mut self) {
        let mut highest = f64::NEG_INFINITY;
        for place in self.block.iter_mut().rev() {
            highest = place.max(highest);
            *place = highest;
        }
        (self.next, self.begun, self.is_full) = (0, f64::NEG_INFINITY, true);
    }
}

/// The lowest of the last `length` numbers.
#[derive(Clone, Debug)]
pub(super) struct Lowest(Highest);

impl Lowest {
    pub(super) fn new(length: u16) -> Self {
        Self(Highest::new(length))
    }

    /// The lowest; not a number before there are enough.
    #[inline]
    pub(super) fn push(&mut self, number: f64) -> f64 {
        -self.0.push(-number)
    }
}

/// The range of the last bars, and the place of a price in it.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    highest: Highest,
    lowest: Lowest,
}

impl Channel {
    pub(super) fn new(length: u16) -> Self {
        Self { highest: Highest::new(length), lowest: Lowest::new(length) }
    }

    /// The highest high and the lowest low; not numbers before there are enough.
    #[inline]
    pub(super) fn push(&mut self, high: f64, low: f64) -> (f64, f64) {
        (self.highest.push(high), self.lowest.push(low))
    }
}

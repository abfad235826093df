//! Parts of the room, and their sides. All measures are shares of the room.

use serde::{Deserialize, Serialize};

/// Which way the halves of a split lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Side by side.
    Row,
    /// One above the other.
    Column,
}

/// A side of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the sides")]
pub enum Edge {
    Left,
    Right,
    Top,
    Bottom,
}

impl Edge {
    /// Which way the halves lie of which this is one.
    pub fn axis(self) -> Axis {
        if matches!(self, Self::Left | Self::Right) { Axis::Row } else { Axis::Column }
    }
}

/// A part of the room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
}

impl Rect {
    /// The whole room.
    pub const WHOLE: Self = Self { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };

    /// Both halves, of which the first takes this share.
    pub fn halves(self, axis: Axis, share: f64) -> (Self, Self) {
        match axis {
            Axis::Row => {
                let width = self.width * share;
                (Self { width, ..self }, Self { x: self.x + width, width: self.width - width, ..self })
            }
            Axis::Column => {
                let height = self.height * share;
                (Self { height, ..self }, Self { y: self.y + height, height: self.height - height, ..self })
            }
        }
    }

    /// Whether this point lies in it.
    pub fn contains(self, x: f64, y: f64) -> bool {
        (self.x..self.x + self.width).contains(&x) && (self.y..self.y + self.height).contains(&y)
    }

    /// The side of it that this point is nearest to.
    pub fn nearest_edge(self, x: f64, y: f64) -> Edge {
        let (across, down) = ((x - self.x) / self.width, (y - self.y) / self.height);
        let sides = [
            (Edge::Left, across),
            (Edge::Right, 1.0 - across),
            (Edge::Top, down),
            (Edge::Bottom, 1.0 - down),
        ];
        sides.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(Edge::Right, |(edge, _)| edge)
    }

    /// The half of it along this side.
    pub fn half(self, edge: Edge) -> Self {
        let (first, second) = self.halves(edge.axis(), 0.5);
        if matches!(edge, Edge::Left | Edge::Top) { first } else { second }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pointer_chooses_the_side() {
        let room = Rect { x: 0.5, y: 0.0, width: 0.5, height: 1.0 };
        for (x, y, expect) in [
            (0.52, 0.5, Edge::Left),
            (0.98, 0.5, Edge::Right),
            (0.75, 0.05, Edge::Top),
            (0.75, 0.95, Edge::Bottom),
        ] {
            assert_eq!(room.nearest_edge(x, y), expect, "{x} {y}");
        }
        assert_eq!(room.half(Edge::Bottom), Rect { x: 0.5, y: 0.5, width: 0.5, height: 0.5 });
    }
}

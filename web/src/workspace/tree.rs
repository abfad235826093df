//! How the room is divided: a tree of splits with a panel at each leaf. All measures are shares of the room.

use serde::{Deserialize, Serialize};

use super::panel::PanelId;
use super::rect::{Axis, Edge, Rect};

/// The least and the most that one half of a split may take.
const LEAST: f64 = 0.06;

/// One half of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The left or the upper one.
    First,
    /// The right or the lower one.
    Second,
}

/// Where a split is found: the halves to enter, from the whole room on.
pub type Path = Vec<Half>;

/// A part of the tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Node {
    /// A panel.
    Panel(PanelId),
    /// Two parts.
    Split(Box<Split>),
}

/// Two parts and the line between them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// Which way they lie.
    pub axis: Axis,
    /// How much the first takes.
    pub share: f64,
    /// The left or the upper part.
    pub first: Node,
    /// The right or the lower part.
    pub second: Node,
}

/// The line between the halves of a split.
#[derive(Clone, Debug, PartialEq)]
pub struct Divider {
    /// Of which split.
    pub path: Path,
    /// Which way its halves lie.
    pub axis: Axis,
    /// How much the first takes.
    pub share: f64,
    /// The room of both.
    pub rect: Rect,
}

/// Everything in its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    /// Every panel, in reading order.
    pub panels: Vec<(PanelId, Rect)>,
    /// Every line.
    pub dividers: Vec<Divider>,
}

/// Two parts in one.
pub fn split(axis: Axis, share: f64, first: Node, second: Node) -> Node {
    Node::Split(Box::new(Split { axis, share: clamped(share), first, second }))
}

fn clamped(share: f64) -> f64 {
    if share.is_finite() { share.clamp(LEAST, 1.0 - LEAST) } else { 0.5 }
}

impl Node {
    /// Everything in its place.
    pub fn places(&self) -> Places {
        let mut places = Places::default();
        self.place(Rect::WHOLE, &mut Vec::new(), &mut places);
        places
    }

    fn place(&self, rect: Rect, path: &mut Path, places: &mut Places) {
        match self {
            Self::Panel(id) => places.panels.push((*id, rect)),
            Self::Split(split) => {
                let share = clamped(split.share);
                places.dividers.push(Divider { path: path.clone(), axis: split.axis, share, rect });
                let (first, second) = rect.halves(split.axis, share);
                path.push(Half::First);
                split.first.place(first, path, places);
                path.pop();
                path.push(Half::Second);
                split.second.place(second, path, places);
                path.pop();
            }
        }
    }

    /// Every panel, in reading order.
    pub fn panels(&self) -> Vec<PanelId> {
        self.places().panels.into_iter().map(|(id, _)| id).collect()
    }

    /// Puts a panel beside another one.
    pub fn insert(&mut self, beside: PanelId, edge: Edge, new: PanelId) -> bool {
        match self {
            Self::Panel(id) if *id == beside => {
                let (old, new) = (Self::Panel(beside), Self::Panel(new));
                let (first, second) =
                    if matches!(edge, Edge::Left | Edge::Top) { (new, old) } else { (old, new) };
                *self = split(edge.axis(), 0.5, first, second);
                true
            }
            Self::Panel(_) => false,
            Self::Split(split) => {
                split.first.insert(beside, edge, new) || split.second.insert(beside, edge, new)
            }
        }
    }

    /// The tree without a panel; none where nothing is left.
    pub fn without(self, gone: PanelId) -> Option<Self> {
        match self {
            Self::Panel(id) => (id != gone).then_some(self),
            Self::Split(inner) => {
                let Split { axis, share, first, second } = *inner;
                match (first.without(gone), second.without(gone)) {
                    (Some(first), Some(second)) => Some(split(axis, share, first, second)),
                    (first, second) => first.or(second),
                }
            }
        }
    }

    /// Lets two panels change places.
    pub fn swap(&mut self, one: PanelId, other: PanelId) {
        match self {
            Self::Panel(id) if *id == one => *id = other,
            Self::Panel(id) if *id == other => *id = one,
            Self::Panel(_) => {}
            Self::Split(split) => {
                split.first.swap(one, other);
                split.second.swap(one, other);
            }
        }
    }

    /// Moves the line of a split.
    pub fn set_share(&mut self, path: &[Half], share: f64) {
        let Self::Split(split) = self else { return };
        match path {
            [] => split.share = clamped(share),
            [Half::First, rest @ ..] => split.first.set_share(rest, share),
            [Half::Second, rest @ ..] => split.second.set_share(rest, share),
        }
    }

    /// The panel that lies on this side of another one, nearest to its middle.
    pub fn neighbour(&self, of: PanelId, edge: Edge) -> Option<PanelId> {
        let panels = self.places().panels;
        let (_, here) = panels.iter().find(|(id, _)| *id == of)?;
        let (x, y) = (here.x + here.width / 2.0, here.y + here.height / 2.0);
        let step = 0.01;
        let (x, y) = match edge {
            Edge::Left => (here.x - step, y),
            Edge::Right => (here.x + here.width + step, y),
            Edge::Top => (x, here.y - step),
            Edge::Bottom => (x, here.y + here.height + step),
        };
        panels.iter().find(|(_, rect)| rect.contains(x, y)).map(|(id, _)| *id)
    }

    /// The innermost split along this axis that holds a panel.
    pub fn split_around(&self, panel: PanelId, axis: Axis) -> Option<Divider> {
        let places = self.places();
        let (_, here) = places.panels.iter().find(|(id, _)| *id == panel)?;
        let (x, y) = (here.x + here.width / 2.0, here.y + here.height / 2.0);
        let around =
            places.dividers.into_iter().filter(|divider| divider.axis == axis && divider.rect.contains(x, y));
        around.max_by_key(|divider| divider.path.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Node {
        let right = split(Axis::Column, 0.75, Node::Panel(2), Node::Panel(3));
        split(Axis::Row, 0.25, Node::Panel(1), right)
    }

    #[test]
    fn panels_fill_the_room() {
        let places = tree().places();
        let rect = |x, y, width, height| Rect { x, y, width, height };
        let expect = [
            (1, rect(0.0, 0.0, 0.25, 1.0)),
            (2, rect(0.25, 0.0, 0.75, 0.75)),
            (3, rect(0.25, 0.75, 0.75, 0.25)),
        ];
        assert_eq!(places.panels, expect);
        let paths: Vec<_> = places.dividers.iter().map(|divider| divider.path.clone()).collect();
        assert_eq!(paths, [vec![], vec![Half::Second]]);
    }

    #[test]
    fn a_panel_goes_beside_another_on_the_side_that_is_asked_for() {
        let check = |edge: Edge, expect: [PanelId; 4]| {
            let mut node = tree();
            assert!(node.insert(2, edge, 9));
            assert_eq!(node.panels(), expect, "{edge:?}");
        };
        check(Edge::Left, [1, 9, 2, 3]);
        check(Edge::Top, [1, 9, 2, 3]);
        check(Edge::Right, [1, 2, 9, 3]);
        check(Edge::Bottom, [1, 2, 9, 3]);
        assert!(!tree().insert(7, Edge::Left, 9), "there is no such panel");
    }

    #[test]
    fn the_room_of_a_panel_that_goes_is_taken_by_its_other_half() {
        assert_eq!(tree().without(1).map(|node| node.panels()), Some(vec![2, 3]));
        assert_eq!(tree().without(3), Some(split(Axis::Row, 0.25, Node::Panel(1), Node::Panel(2))));
        assert_eq!(tree().without(8), Some(tree()));
        assert_eq!(Node::Panel(1).without(1), None);
    }

    #[test]
    fn neighbours_are_found_on_each_side() {
        let check = |of: PanelId, edge: Edge, expect: Option<PanelId>| {
            assert_eq!(tree().neighbour(of, edge), expect, "{of} {edge:?}");
        };
        check(1, Edge::Right, Some(2));
        check(2, Edge::Left, Some(1));
        check(2, Edge::Bottom, Some(3));
        check(3, Edge::Top, Some(2));
        check(1, Edge::Left, None);
        check(8, Edge::Left, None);
    }

    #[test]
    fn a_line_moves_within_bounds() {
        let mut node = tree();
        node.set_share(&[Half::Second], 0.5);
        assert_eq!(node.split_around(3, Axis::Column).map(|divider| divider.share), Some(0.5));
        node.set_share(&[Half::Second], 7.0);
        assert_eq!(node.split_around(3, Axis::Column).map(|divider| divider.share), Some(1.0 - LEAST));
        node.set_share(&[Half::Second], f64::NAN);
        assert_eq!(node.split_around(3, Axis::Column).map(|divider| divider.share), Some(0.5));
        assert_eq!(node.split_around(1, Axis::Column), None);
        node.swap(1, 3);
        assert_eq!(node.panels(), [3, 2, 1]);
    }
}

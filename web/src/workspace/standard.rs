//! Arrangements to begin with.

use super::arrangement::Arrangement;
use super::panel::{Colour, Panel, PanelId, PanelKind, Settings};
use super::rect::Axis;
use super::tree::{Node, split};

/// An arrangement to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// Everything about one instrument beside the lists.
    Trading,
    /// Four charts.
    Charts,
    /// One list and one large chart.
    Focus,
    /// Book and prints.
    Tape,
}

impl Template {
    /// Every template.
    pub const ALL: [Self; 4] = [Self::Trading, Self::Charts, Self::Focus, Self::Tape];

    /// The arrangement.
    pub fn arrangement(self) -> Arrangement {
        let mut maker = Maker(Vec::new());
        let root = match self {
            Self::Trading => trading(&mut maker),
            Self::Charts => charts(&mut maker),
            Self::Focus => focus(&mut maker),
            Self::Tape => tape(&mut maker),
        };
        Arrangement::new(root, maker.0)
    }
}

/// Numbers the panels.
struct Maker(Vec<Panel>);

impl Maker {
    fn panel(&mut self, kind: PanelKind) -> Node {
        self.linked(kind, Colour::Blue)
    }

    fn linked(&mut self, kind: PanelKind, colour: Colour) -> Node {
        let id = PanelId::try_from(self.0.len()).unwrap_or(0) + 1;
        let link = kind.has_instrument().then_some(colour);
        self.0.push(Panel { id, kind, link, settings: Settings::default() });
        Node::Panel(id)
    }
}

fn row(share: f64, first: Node, second: Node) -> Node {
    split(Axis::Row, share, first, second)
}

fn column(share: f64, first: Node, second: Node) -> Node {
    split(Axis::Column, share, first, second)
}

fn trading(maker: &mut Maker) -> Node {
    let left = column(0.64, maker.panel(PanelKind::Watchlist), maker.panel(PanelKind::Alerts));
    let middle = column(0.19, maker.panel(PanelKind::Quote), maker.panel(PanelKind::Chart));
    let right = column(0.52, maker.panel(PanelKind::Depth), maker.panel(PanelKind::Trades));
    row(0.32, left, row(0.7, middle, right))
}

fn charts(maker: &mut Maker) -> Node {
    let list = maker.panel(PanelKind::Watchlist);
    let colours = [Colour::Blue, Colour::Orange, Colour::Green, Colour::Purple];
    let [one, two, three, four] = colours.map(|colour| maker.linked(PanelKind::Chart, colour));
    row(0.28, list, column(0.5, row(0.5, one, two), row(0.5, three, four)))
}

fn focus(maker: &mut Maker) -> Node {
    let list = maker.panel(PanelKind::Watchlist);
    row(0.28, list, column(0.18, maker.panel(PanelKind::Quote), maker.panel(PanelKind::Chart)))
}

fn tape(maker: &mut Maker) -> Node {
    let list = column(0.6, maker.panel(PanelKind::Watchlist), maker.panel(PanelKind::News));
    let middle = column(0.25, maker.panel(PanelKind::Quote), maker.panel(PanelKind::Depth));
    row(0.32, list, row(0.52, middle, maker.panel(PanelKind::Trades)))
}

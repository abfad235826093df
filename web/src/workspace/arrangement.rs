//! What a layout keeps: the panels, the room that each has, and which instrument each link follows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::panel::{Colour, Panel, PanelId, PanelKind, Settings};
use super::rect::Edge;
use super::tree::Node;

/// The form of what is kept; another one was written by another version.
const FORM: u32 = 1;

/// The most panels that one arrangement takes.
pub const MOST_PANELS: usize = 24;

/// The panels and where they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrangement {
    form: u32,
    /// The room; none where there is no panel.
    pub root: Option<Node>,
    /// Every panel.
    pub panels: Vec<Panel>,
    /// The instrument of each colour, by id.
    #[serde(default)]
    pub linked: BTreeMap<Colour, String>,
    /// The instrument of each panel without a link, by id.
    #[serde(default)]
    pub own: BTreeMap<PanelId, String>,
}

/// Why what was kept cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is no arrangement, or contradicts itself.
    Broken,
    /// A later version wrote it.
    Newer,
}

impl Arrangement {
    /// These panels in this room.
    pub fn new(root: Node, panels: Vec<Panel>) -> Self {
        Self { form: FORM, root: Some(root), panels, linked: BTreeMap::new(), own: BTreeMap::new() }
    }

    /// As a layout keeps it.
    pub fn written(&self) -> String {
        // It has no map with keys that JSON cannot hold, so that it cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what a layout kept.
    pub fn read(content: &str) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Form {
            form: u32,
        }
        if serde_json::from_str::<Form>(content).is_ok_and(|found| found.form > FORM) {
            return Err(Unreadable::Newer);
        }
        let read: Self = serde_json::from_str(content).map_err(|_| Unreadable::Broken)?;
        if read.is_whole() { Ok(read) } else { Err(Unreadable::Broken) }
    }

    /// Whether each panel has exactly one place.
    fn is_whole(&self) -> bool {
        let placed = self.root.as_ref().map(Node::panels).unwrap_or_default();
        let known: BTreeSet<_> = self.panels.iter().map(|panel| panel.id).collect();
        known.len() == self.panels.len()
            && placed.len() == known.len()
            && placed.iter().all(|id| known.contains(id))
            && placed.len() <= MOST_PANELS
            && placed.iter().collect::<BTreeSet<_>>().len() == placed.len()
    }

    /// A panel.
    pub fn panel(&self, id: PanelId) -> Option<&Panel> {
        self.panels.iter().find(|panel| panel.id == id)
    }

    /// A panel, to be changed.
    pub fn panel_mut(&mut self, id: PanelId) -> Option<&mut Panel> {
        self.panels.iter_mut().find(|panel| panel.id == id)
    }

    /// The panels in reading order.
    pub fn order(&self) -> Vec<PanelId> {
        self.root.as_ref().map(Node::panels).unwrap_or_default()
    }

    /// Adds a panel beside another one, or where there is most room; returns it where it had a place.
    pub fn add(&mut self, kind: PanelKind, beside: Option<PanelId>) -> Option<PanelId> {
        if self.panels.len() >= MOST_PANELS {
            return None;
        }
        let id = self.panels.iter().map(|panel| panel.id).max().unwrap_or(0) + 1;
        let link = kind.has_instrument().then(|| self.usual_link());
        match &mut self.root {
            None => self.root = Some(Node::Panel(id)),
            Some(root) => {
                let panels = root.places().panels;
                let asked = panels.iter().find(|(panel, _)| Some(*panel) == beside);
                let roomiest = || {
                    panels.iter().max_by(|a, b| (a.1.width * a.1.height).total_cmp(&(b.1.width * b.1.height)))
                };
                let (beside, rect) = asked.or_else(roomiest)?;
                // Screens are wider than high.
                let edge = if rect.width * 1.6 > rect.height { Edge::Right } else { Edge::Bottom };
                root.insert(*beside, edge, id);
            }
        }
        self.panels.push(Panel { id, kind, link, settings: Settings::default() });
        Some(id)
    }

    /// The colour that most panels have.
    fn usual_link(&self) -> Colour {
        let count = |colour: Colour| self.panels.iter().filter(|panel| panel.link == Some(colour)).count();
        let all = Colour::ALL.into_iter().rev();
        all.max_by_key(|(colour, _)| count(*colour)).map_or(Colour::Blue, |(colour, _)| colour)
    }

    /// Takes a panel away.
    pub fn close(&mut self, id: PanelId) {
        self.root = self.root.take().and_then(|root| root.without(id));
        self.panels.retain(|panel| panel.id != id);
        self.own.remove(&id);
    }

    /// Moves a panel beside another one.
    pub fn move_beside(&mut self, id: PanelId, target: PanelId, edge: Edge) {
        if id == target || self.panel(id).is_none() || self.panel(target).is_none() {
            return;
        }
        let Some(mut root) = self.root.take().and_then(|root| root.without(id)) else { return };
        root.insert(target, edge, id);
        self.root = Some(root);
    }

    /// The instrument of a panel, by id.
    pub fn instrument_of(&self, id: PanelId) -> Option<&str> {
        match self.panel(id)?.link {
            Some(link) => self.linked.get(&link),
            None => self.own.get(&id),
        }
        .map(String::as_str)
    }

    /// Sets the instrument of a panel, and of those that follow it.
    pub fn set_instrument(&mut self, id: PanelId, instrument: String) {
        match self.panel(id).map(|panel| panel.link) {
            Some(Some(link)) => self.linked.insert(link, instrument),
            Some(None) => self.own.insert(id, instrument),
            None => None,
        };
    }

    /// Links a panel otherwise; it goes on with its instrument where the new link has none.
    pub fn set_link(&mut self, id: PanelId, link: Option<Colour>) {
        let instrument = self.instrument_of(id).map(str::to_owned);
        let Some(panel) = self.panel_mut(id) else { return };
        panel.link = link;
        if let Some(instrument) = instrument.filter(|_| self.instrument_of(id).is_none()) {
            self.set_instrument(id, instrument);
        }
    }

    /// For each link and each panel of its own that has no instrument, one of its panels, in reading order.
    pub fn without_instrument(&self) -> Vec<PanelId> {
        let mut links = BTreeSet::new();
        let follows = |panel: &Panel| panel.kind.has_instrument() && panel.kind != PanelKind::Alerts;
        let mut first_of_its_link = |panel: &Panel| panel.link.is_none_or(|link| links.insert(link));
        let order = self.order();
        let panels = order.iter().filter_map(|id| self.panel(*id)).filter(|panel| follows(panel));
        let lacking = panels.filter(|panel| self.instrument_of(panel.id).is_none());
        lacking.filter(|panel| first_of_its_link(panel)).map(|panel| panel.id).collect()
    }

    /// Every instrument that some panel shows, by id.
    pub fn instruments(&self) -> BTreeSet<String> {
        self.panels.iter().filter_map(|panel| self.instrument_of(panel.id)).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::standard::Template;
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for template in Template::ALL {
            let mut arrangement = template.arrangement();
            arrangement.set_instrument(arrangement.order()[0], "i1".into());
            assert_eq!(Arrangement::read(&arrangement.written()), Ok(arrangement), "{template:?}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let whole = Template::Trading.arrangement();
        let mut doubled = whole.clone();
        doubled.panels.push(doubled.panels[0].clone());
        let mut lost = whole.clone();
        lost.panels.pop();
        let mut twice = whole.clone();
        let first = twice.order()[0];
        twice.root.as_mut().unwrap().insert(first, Edge::Left, first);
        for broken in [doubled, lost, twice] {
            assert_eq!(Arrangement::read(&broken.written()), Err(Unreadable::Broken));
        }
        for (text, expect) in [
            ("", Unreadable::Broken),
            ("{}", Unreadable::Broken),
            (r#"{"form":2,"panels":"else"}"#, Unreadable::Newer),
            (r#"{"form":1,"root":{"panel":1},"panels":[]}"#, Unreadable::Broken),
        ] {
            assert_eq!(Arrangement::read(text), Err(expect), "{text}");
        }
    }

    #[test]
    fn panels_come_and_go() {
        let mut arrangement = Template::Focus.arrangement();
        let before = arrangement.order().len();
        let id = arrangement.add(PanelKind::Depth, None).unwrap();
        assert_eq!(arrangement.order().len(), before + 1);
        assert_eq!(arrangement.panel(id).unwrap().link, Some(Colour::Blue));
        for id in arrangement.order() {
            arrangement.close(id);
        }
        assert_eq!((arrangement.root.clone(), arrangement.panels.len()), (None, 0));
        let first = arrangement.add(PanelKind::News, None).unwrap();
        assert_eq!(arrangement.order(), [first]);
        while arrangement.add(PanelKind::News, None).is_some() {}
        assert_eq!(arrangement.panels.len(), MOST_PANELS);
        assert!(Arrangement::read(&arrangement.written()).is_ok());
    }

    #[test]
    fn a_panel_moves_beside_another_and_never_beside_itself() {
        let mut arrangement = Template::Trading.arrangement();
        let order = arrangement.order();
        let (first, last) = (order[0], *order.last().unwrap());
        arrangement.move_beside(first, last, Edge::Right);
        assert_eq!(arrangement.order().last(), Some(&first));
        let before = arrangement.clone();
        arrangement.move_beside(first, first, Edge::Left);
        arrangement.move_beside(first, 99, Edge::Left);
        assert_eq!(arrangement, before);
    }

    #[test]
    fn each_link_that_lacks_an_instrument_is_named_once() {
        let mut arrangement = Template::Charts.arrangement();
        let lacking = arrangement.without_instrument();
        assert_eq!(lacking.len(), 4, "four colours, the first shared by the list and a chart");
        for (number, id) in lacking.into_iter().enumerate() {
            arrangement.set_instrument(id, format!("i{number}"));
        }
        assert!(arrangement.without_instrument().is_empty());
        assert_eq!(arrangement.instruments().len(), 4);
    }

    #[test]
    fn panels_of_one_colour_follow_one_instrument() {
        let mut arrangement = Template::Trading.arrangement();
        let order = arrangement.order();
        arrangement.set_instrument(order[0], "i1".into());
        assert!(order.iter().all(|id| arrangement.instrument_of(*id).is_none_or(|it| it == "i1")));
        arrangement.set_link(order[0], None);
        assert_eq!(arrangement.instrument_of(order[0]), Some("i1"), "it goes on with what it had");
        arrangement.set_instrument(order[0], "i2".into());
        assert_eq!(arrangement.instrument_of(order[1]), Some("i1"));
        assert_eq!(arrangement.instruments().len(), 2);
        arrangement.set_link(order[0], Some(Colour::Blue));
        assert_eq!(arrangement.instrument_of(order[0]), Some("i1"));
    }
}

//! The room of the workspace: every panel in its place, and the lines between them.

use dioxus::html::input_data::MouseButton;
use dioxus::prelude::*;
use dioxus::web::WebEventExt;

use super::divider::Line;
use super::tile::Tile;
use crate::browser;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::Empty;
use crate::workspace::panel::{Panel, PanelId, PanelKind};
use crate::workspace::rect::{Axis, Edge, Rect};
use crate::workspace::state::Workspace;
use crate::workspace::tree::{Divider, Node, Places};

/// Whether the screen has room for one panel at a time only.
#[derive(Clone, Copy, PartialEq)]
pub struct Narrow(pub Signal<bool>);

/// A hand that moves less than this, in pixels, has only clicked.
const STILL: f64 = 6.0;

/// The middle of a panel: whoever lets go there lets two panels change places.
const MIDDLE: f64 = 0.3;

/// What the pointer holds.
#[derive(Clone, Debug, PartialEq)]
enum Held {
    /// A panel, taken at this point of the screen, over this target.
    Panel { id: PanelId, from: (f64, f64), over: Option<Target> },
    /// A line.
    Line(Divider),
}

/// Where a panel would go.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Target {
    panel: PanelId,
    /// Beside it on this side; none for changing places with it.
    edge: Option<Edge>,
    room: Rect,
}

/// What lies under a point of the room, for a panel that is carried there.
fn target(places: &Places, carried: PanelId, x: f64, y: f64) -> Option<Target> {
    let (panel, rect) = *places.panels.iter().find(|(_, rect)| rect.contains(x, y))?;
    if panel == carried {
        return None;
    }
    let (across, down) = ((x - rect.x) / rect.width, (y - rect.y) / rect.height);
    let inner = MIDDLE..1.0 - MIDDLE;
    if inner.contains(&across) && inner.contains(&down) {
        return Some(Target { panel, edge: None, room: rect });
    }
    let edge = rect.nearest_edge(x, y);
    Some(Target { panel, edge: Some(edge), room: rect.half(edge) })
}

/// How much the first half takes when its line is moved to a point.
fn share_at(line: &Divider, x: f64, y: f64) -> f64 {
    match line.axis {
        Axis::Row => (x - line.rect.x) / line.rect.width,
        Axis::Column => (y - line.rect.y) / line.rect.height,
    }
}

/// The room.
#[component]
pub fn Surface() -> Element {
    let workspace = use_context::<Workspace>();
    let narrow = use_context::<Narrow>().0;
    let mut room = use_signal(|| None::<web_sys::Element>);
    let mut held = use_signal(|| None::<Held>);
    let places =
        use_memo(move || workspace.arrangement.read().root.as_ref().map(Node::places).unwrap_or_default());
    let place = move |event: &PointerEvent| {
        let point = event.client_coordinates();
        let [left, top, width, height] = room.peek().as_ref().map(browser::bounds)?;
        Some(((point.x - left) / width, (point.y - top) / height))
    };
    let moved = move |event: PointerEvent| {
        let Some(now) = held.peek().clone() else { return };
        // A button that was let go outside of the window was let go.
        if event.pointer_type() == "mouse" && !event.held_buttons().contains(MouseButton::Primary) {
            return held.set(None);
        }
        let Some((x, y)) = place(&event) else { return };
        match now {
            Held::Line(line) => {
                let share = share_at(&line, x, y);
                workspace.change(|arrangement| {
                    if let Some(root) = &mut arrangement.root {
                        root.set_share(&line.path, share);
                    }
                });
            }
            Held::Panel { id, from, .. } => {
                let point = event.client_coordinates();
                let far = (point.x - from.0).hypot(point.y - from.1) > STILL;
                let over = far.then(|| target(&places.peek(), id, x, y)).flatten();
                held.set(Some(Held::Panel { id, from, over }));
            }
        }
    };
    let let_go = move |_: PointerEvent| {
        let was = held.take();
        if let Some(Held::Panel { id, over: Some(target), .. }) = was {
            workspace.change(|arrangement| match target.edge {
                Some(edge) => arrangement.move_beside(id, target.panel, edge),
                None => {
                    if let Some(root) = &mut arrangement.root {
                        root.swap(id, target.panel);
                    }
                }
            });
        }
    };
    let take_panel = use_callback(move |(id, x, y): (PanelId, f64, f64)| {
        held.set(Some(Held::Panel { id, from: (x, y), over: None }));
    });
    let take_line = use_callback(move |line: Divider| held.set(Some(Held::Line(line))));

    let arrangement = workspace.arrangement.read();
    let maximised = (workspace.maximised)();
    let alone = if narrow() {
        (workspace.focused)()
            .filter(|id| arrangement.panel(*id).is_some())
            .or(first_shown(&arrangement.panels))
    } else {
        maximised
    };
    let whole = places();
    let over = match &*held.read() {
        Some(Held::Panel { over: Some(over), .. }) => Some(over.room),
        _ => None,
    };
    let class = match &*held.read() {
        None => "surface",
        Some(Held::Line(Divider { axis: Axis::Row, .. })) => "surface surface-held surface-row",
        Some(Held::Line(_)) => "surface surface-held surface-column",
        Some(Held::Panel { .. }) => "surface surface-held surface-grab",
    };
    rsx! {
        main {
            class,
            "data-testid": "workspace",
            onmounted: move |event| room.set(Some(event.as_web_event())),
            onpointermove: moved,
            onpointerup: let_go,
            onpointercancel: move |_| held.set(None),
            if whole.panels.is_empty() {
                Nothing {}
            }
            for (index, (id, rect)) in whole.panels.iter().copied().enumerate() {
                if let Some(panel) = arrangement.panel(id).cloned().filter(|_| !narrow() || alone == Some(id)) {
                    Tile {
                        key: "{id}",
                        panel,
                        rect: if alone == Some(id) { Rect::WHOLE } else { rect },
                        number: index + 1,
                        hidden: alone.is_some_and(|alone| alone != id),
                        ontake: take_panel,
                    }
                }
            }
            if alone.is_none() {
                for divider in whole.dividers.iter().cloned() {
                    Line { key: "{divider.path:?}", divider, ontake: take_line }
                }
            }
            if let Some(over) = over {
                div {
                    class: "drop",
                    left: "{over.x * 100.0}%",
                    top: "{over.y * 100.0}%",
                    width: "{over.width * 100.0}%",
                    height: "{over.height * 100.0}%",
                }
            }
        }
    }
}

/// What a narrow screen shows first: the lists, where there are any.
fn first_shown(panels: &[Panel]) -> Option<PanelId> {
    let list = panels.iter().find(|panel| panel.kind == PanelKind::Watchlist);
    list.or(panels.first()).map(|panel| panel.id)
}

/// A workspace without panels.
#[component]
fn Nothing() -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    rsx! {
        Empty { title: text.say(Text::NoPanels),
            p { {text.say(Text::NoPanelsHint)} }
            button {
                r#type: "button",
                class: "button button-primary",
                onclick: move |_| workspace.start_anew(),
                Icon { glyph: Glyph::Reload }
                {text.say(Text::StartAnew)}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::standard::Template;

    #[test]
    fn a_panel_that_is_carried_goes_beside_or_changes_places() {
        let places = Template::Focus.arrangement().root.unwrap().places();
        let check = |x: f64, y: f64, expect: Option<(PanelId, Option<Edge>)>| {
            let found = target(&places, 1, x, y).map(|target| (target.panel, target.edge));
            assert_eq!(found, expect, "{x} {y}");
        };
        check(0.1, 0.5, None);
        check(0.64, 0.6, Some((3, None)));
        check(0.29, 0.6, Some((3, Some(Edge::Left))));
        check(0.64, 0.99, Some((3, Some(Edge::Bottom))));
        check(0.99, 0.09, Some((2, Some(Edge::Right))));
        check(1.5, 0.5, None);
    }

    #[test]
    fn a_line_follows_the_pointer_within_its_split() {
        let places = Template::Focus.arrangement().root.unwrap().places();
        let inner = places.dividers.iter().find(|line| line.axis == Axis::Column).unwrap();
        assert!((share_at(inner, 0.9, 0.4) - 0.4).abs() < 1e-9);
        let outer = places.dividers.iter().find(|line| line.axis == Axis::Row).unwrap();
        assert!((share_at(outer, 0.3, 0.9) - 0.3).abs() < 1e-9);
    }
}

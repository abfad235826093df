//! The dashboard: the workspace, and what lies over it.

use dioxus::prelude::*;

use super::gate::Gate;
use crate::alerts::Alerts;
use crate::app::Route;
use crate::browser;
use crate::components::banner::Banner;
use crate::components::bell::{Bell, BellOpen};
use crate::components::board::Watchlists;
use crate::components::conflict::Conflict;
use crate::components::layout_menu::LayoutMenu;
use crate::components::overlay::{Open, Overlay, Overlays, Section};
use crate::components::phone_bar::PhoneBar;
use crate::components::status::ConnectionLight;
use crate::components::surface::{Narrow, Surface};
use crate::components::tile;
use crate::components::top_bar::TopBar;
use crate::feed::Feed;
use crate::keyboard::{self, Command};
use crate::live::Live;
use crate::live::connection::Connection;
use crate::preferences::{Preferences, Theme, use_text};
use crate::session::Session;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::workspace::panel::{Colour, PanelId};
use crate::workspace::rect::{Axis, Edge};
use crate::workspace::state::Workspace;

/// Screens narrower than this show one panel at a time.
const NARROW: &str = "(width <= 760px)";

/// How far one key makes a panel larger or smaller.
const STEP: f64 = 0.03;

/// Does what a key or the palette asks for.
#[derive(Clone, Copy, PartialEq)]
pub struct Runner(pub Callback<Command>);

/// The keys of the page; a page that is left hears none.
#[derive(Clone, Copy, PartialEq)]
pub struct KeyListener(pub Signal<Option<Callback<Command>>>);

impl KeyListener {
    /// Listens for as long as the page lives; made once, at the root.
    pub fn new(preferences: Preferences) -> Self {
        let listener = Self(Signal::new(None));
        browser::watch_keys(move |press| {
            let Some(listening) = *listener.0.peek() else { return false };
            let command = keyboard::command(&press, preferences.choices().keys);
            if let Some(command) = command {
                listening.call(command);
            }
            command.is_some()
        });
        listener
    }
}

/// The dashboard, for who is logged in.
#[component]
pub fn Dashboard() -> Element {
    rsx! {
        Gate { page: Route::Dashboard {}, LiveDashboard {} }
    }
}

/// Holds what lives as long as somebody is logged in: the websocket, the feed, the workspace, the alerts.
#[component]
fn LiveDashboard() -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let feed = use_context_provider(Feed::new);
    let live = use_context_provider(|| {
        let (live, commands) = Live::new();
        spawn(Connection::new(session, feed.link, commands).run());
        spawn(feed.tick(session));
        spawn(feed.follow_system(live.clone(), session));
        live
    });
    let workspace = use_context_provider(|| Workspace::new(session, text.say(Text::TemplateTrading)));
    use_hook(|| spawn(workspace.load()));
    let lists = use_context_provider(|| Watchlists::new(session, &workspace));
    use_hook(|| spawn(lists.load()));
    let alerts = use_context_provider(|| Alerts::new(session, feed));
    let followed = live.clone();
    use_hook(|| {
        spawn(alerts.keep());
        spawn(alerts.follow(followed))
    });
    use_context_provider(|| {
        let mut narrow = Signal::new(false);
        let now = browser::watch_media(NARROW, move |fits| {
            // The page may have been left since.
            if let Ok(mut narrow) = narrow.try_write() {
                *narrow = fits;
            }
        });
        narrow.set(now);
        Narrow(narrow)
    });
    let Overlay(mut open) = use_context_provider(|| Overlay(Signal::new(None)));
    let BellOpen(mut bell) = use_context_provider(|| BellOpen(Signal::new(false)));
    let renewed = live;
    use_effect(move || {
        if session.token().is_some() {
            renewed.token_renewed();
        }
    });
    use_effect(move || feed.tell_link(feed.link.cloned()));
    let preferences = use_context::<Preferences>();
    let navigator = use_navigator();
    let runner = use_callback(move |command: Command| match command {
        Command::Palette => open.set(Some(Open::Palette(Section::All))),
        Command::AddPanel => open.set(Some(Open::Palette(Section::Panels))),
        Command::Layouts => open.set(Some(Open::Palette(Section::Layouts))),
        Command::CheatSheet => open.set(Some(Open::CheatSheet)),
        Command::Bell => bell.toggle(),
        Command::ToggleTheme => preferences.change(|it| {
            it.theme = if it.theme == Theme::Light { Theme::Dark } else { Theme::Light };
        }),
        Command::Preferences => {
            navigator.push(Route::PreferencesPage {});
        }
        Command::NewAlert => {
            let instrument = workspace.addressed().and_then(|panel| workspace.instrument_of(panel));
            if let Some(instrument) = instrument {
                alerts.compose(instrument, None);
            }
        }
        command => arrange(&workspace, command),
    });
    use_context_provider(|| Runner(runner));
    let KeyListener(mut listening) = use_context::<KeyListener>();
    use_hook(|| listening.set(Some(runner)));
    use_drop(move || listening.set(None));
    rsx! {
        TopBar {
            LayoutMenu {}
            CommandButton { command: Command::AddPanel, glyph: Glyph::Plus, testid: "add-panel" }
            button {
                r#type: "button",
                class: "palette-button",
                title: "{text.say(Text::CommandPalette)} (Ctrl+K)",
                "data-testid": "palette-open",
                onclick: move |_| runner.call(Command::Palette),
                Icon { glyph: Glyph::Search }
                span { class: "wide-only", {text.say(Text::Search)} }
                kbd { class: "wide-only", "Ctrl K" }
            }
            Bell {}
            CommandButton {
                command: Command::CheatSheet,
                glyph: Glyph::Keyboard,
                testid: "cheat-sheet-open",
                class: "wide-only",
            }
            ConnectionLight {}
        }
        Banner {}
        Conflict {}
        Surface {}
        PhoneBar {}
        Overlays {}
    }
}

/// A button that does what a key does; its title tells the key.
#[component]
fn CommandButton(command: Command, glyph: Glyph, testid: String, #[props(default)] class: String) -> Element {
    let text = use_text();
    let Runner(runner) = use_context();
    let Some(entry) = keyboard::entry_of(command) else { return rsx! {} };
    let words = text.say(entry.words);
    rsx! {
        button {
            r#type: "button",
            class: "icon-button {class}",
            title: "{words} ({entry.keys})",
            "aria-label": words,
            "data-testid": "{testid}",
            onclick: move |_| runner.call(command),
            Icon { glyph }
        }
    }
}

/// What concerns the panels.
fn arrange(workspace: &Workspace, command: Command) {
    let order = workspace.arrangement.peek().order();
    let here = workspace.focused.peek().filter(|id| order.contains(id)).or(order.first().copied());
    let Some(here) = here else { return };
    match command {
        Command::NextPanel => walk(workspace, &order, here, 1),
        Command::PreviousPanel => walk(workspace, &order, here, order.len() - 1),
        Command::Panel(number) => {
            if let Some(id) = order.get(usize::from(number) - 1) {
                go(workspace, *id);
            }
        }
        Command::Maximise => workspace.toggle_maximised(here),
        Command::ClosePanel => tile::close(workspace, here),
        Command::NextLink => {
            let link = workspace.arrangement.peek().panel(here).map(|panel| (panel.kind, panel.link));
            if let Some((kind, link)) = link
                && kind.has_instrument()
            {
                workspace.set_link(here, Colour::next(link));
            }
        }
        Command::Resize(edge) => resize(workspace, here, edge),
        Command::Move(edge) => {
            let neighbour =
                workspace.arrangement.peek().root.as_ref().and_then(|root| root.neighbour(here, edge));
            if let Some(neighbour) = neighbour {
                workspace.change(|arrangement| {
                    if let Some(root) = &mut arrangement.root {
                        root.swap(here, neighbour);
                    }
                });
            }
        }
        _ => {}
    }
}

fn walk(workspace: &Workspace, order: &[PanelId], here: PanelId, step: usize) {
    let at = order.iter().position(|id| *id == here).unwrap_or(0);
    if let Some(next) = (at + step).checked_rem(order.len()).and_then(|next| order.get(next)) {
        go(workspace, *next);
    }
}

fn go(workspace: &Workspace, id: PanelId) {
    let (mut focused, mut maximised) = (workspace.focused, workspace.maximised);
    focused.set(Some(id));
    if maximised.peek().is_some() {
        maximised.set(Some(id));
    }
    tile::follow_focus(workspace);
}

/// Moves the nearest line towards that side.
fn resize(workspace: &Workspace, here: PanelId, edge: Edge) {
    let axis = if matches!(edge, Edge::Left | Edge::Right) { Axis::Row } else { Axis::Column };
    let line = workspace.arrangement.peek().root.as_ref().and_then(|root| root.split_around(here, axis));
    let Some(line) = line else { return };
    let step = if matches!(edge, Edge::Left | Edge::Top) { -STEP } else { STEP };
    workspace.change(|arrangement| {
        if let Some(root) = &mut arrangement.root {
            root.set_share(&line.path, line.share + step);
        }
    });
}

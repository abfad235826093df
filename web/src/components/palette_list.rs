//! What the palette offers for what was typed.

use super::overlay::Section;
use super::palette::pages;
use super::panel_words;
use crate::app::Route;
use crate::graphql::instrument::Instrument;
use crate::graphql::layout::{Layout, LayoutId};
use crate::graphql::user::Role;
use crate::keyboard::{Command, ENTRIES};
use crate::text::{Catalogue, Text};
use crate::ui::icon::Glyph;
use crate::workspace::panel::PanelKind;
use crate::workspace::standard::Template;

/// What can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// An instrument, for the panel that has the focus.
    Instrument(Instrument),
    /// A new panel.
    Panel(PanelKind),
    /// A layout to open.
    Layout(LayoutId),
    /// A layout to make.
    Template(Template),
    /// A page to open.
    Page(Route),
    /// Something to do.
    Command(Command),
}

/// One line of the palette.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// What it leads to.
    pub choice: Choice,
    /// Its picture.
    pub glyph: Glyph,
    /// What it says.
    pub label: String,
    /// More about it.
    pub note: String,
    /// The keys that do the same.
    pub keys: Option<&'static str>,
    /// What stands over it, where it is the first of its kind.
    pub heading: Option<&'static str>,
    /// Its name within the list.
    pub key: String,
}

/// What the palette chooses from.
#[derive(Clone, Copy)]
pub struct Matter<'a> {
    /// Which part is wanted.
    pub section: Section,
    /// What was typed.
    pub typed: &'a str,
    /// The instruments that the server found.
    pub found: &'a [Instrument],
    /// The layouts of the person.
    pub layouts: &'a [Layout],
    /// What the person may see.
    pub role: Option<Role>,
}

/// The name of a template.
pub fn template_name(template: Template) -> Text {
    match template {
        Template::Trading => Text::TemplateTrading,
        Template::Charts => Text::TemplateCharts,
        Template::Focus => Text::TemplateFocus,
        Template::Tape => Text::TemplateTape,
    }
}

/// Whether what was typed is found in a text: each of its words somewhere, without regard to case.
fn fits(typed: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    typed.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

fn offer(choice: Choice, glyph: Glyph, label: String, key: String) -> Offer {
    Offer { choice, glyph, label, note: String::new(), keys: None, heading: None, key }
}

fn instruments(text: Catalogue, found: &[Instrument]) -> Vec<Offer> {
    let line = |instrument: &Instrument| {
        let choice = Choice::Instrument(instrument.clone());
        let key = format!("instrument-{}", instrument.id.inner());
        let mut offer = offer(choice, Glyph::Chart, instrument.symbol.clone(), key);
        let kind = text.asset_class(instrument.asset_class);
        offer.note =
            format!("{} · {} · {} · {kind}", instrument.name, instrument.market(), instrument.currency);
        offer
    };
    found.iter().map(line).collect()
}

fn panels(text: Catalogue) -> Vec<Offer> {
    let line = |kind: PanelKind| {
        let label = text.fill(Text::AddPanelOf, &[("kind", text.say(panel_words::name(kind)))]);
        let key = format!("add-{}", panel_words::code(kind));
        offer(Choice::Panel(kind), panel_words::glyph(kind), label, key)
    };
    PanelKind::ALL.into_iter().map(line).collect()
}

fn layouts(layouts: &[Layout]) -> Vec<Offer> {
    let line = |layout: &Layout| {
        let key = format!("layout-{}", layout.name);
        offer(Choice::Layout(layout.id.clone()), Glyph::Grid, layout.name.clone(), key)
    };
    layouts.iter().map(line).collect()
}

fn templates(text: Catalogue) -> Vec<Offer> {
    let line = |template: Template| {
        let name = text.say(template_name(template));
        let label = text.fill(Text::NewLayoutFrom, &[("name", name)]);
        offer(Choice::Template(template), Glyph::Plus, label, format!("template-{template:?}"))
    };
    Template::ALL.into_iter().map(line).collect()
}

fn commands(text: Catalogue) -> Vec<Offer> {
    let mut found: Vec<Offer> = Vec::new();
    for entry in ENTRIES {
        let Some(command) = entry.command else { continue };
        let needs_keys =
            matches!(command, Command::Palette | Command::Panel(_) | Command::Resize(_) | Command::Move(_));
        if needs_keys {
            continue;
        }
        let label = text.say(entry.words).to_owned();
        let mut line =
            offer(Choice::Command(command), Glyph::Keyboard, label, format!("command-{command:?}"));
        line.keys = Some(entry.keys);
        found.push(line);
    }
    found
}

fn page_offers(text: Catalogue, role: Option<Role>) -> Vec<Offer> {
    let allowed = pages().into_iter().filter(|(route, ..)| role.is_some_and(|role| route.is_for(role)));
    allowed
        .map(|(route, glyph, words)| {
            let key = format!("page-{words:?}");
            offer(Choice::Page(route), glyph, text.say(words).to_owned(), key)
        })
        .collect()
}

/// Everything that fits, kind by kind.
pub fn offers(text: Catalogue, matter: Matter<'_>) -> Vec<Offer> {
    let Matter { section, typed, found, layouts: known, role } = matter;
    let groups = match section {
        Section::Panels => vec![(Text::Panels, panels(text))],
        Section::Layouts => {
            vec![(Text::Layouts, layouts(known)), (Text::NewLayout, templates(text))]
        }
        Section::All => vec![
            (Text::Instruments, instruments(text, found)),
            (Text::Commands, commands(text)),
            (Text::Layouts, layouts(known)),
            (Text::Panels, panels(text)),
            (Text::Pages, page_offers(text, role)),
            (Text::NewLayout, templates(text)),
        ],
    };
    let mut all = Vec::new();
    for (heading, group) in groups {
        // The server has chosen the instruments already.
        let chosen = |offer: &Offer| matches!(offer.choice, Choice::Instrument(_));
        let fitting = group.into_iter().filter(|offer| chosen(offer) || fits(typed, &offer.label));
        for (index, mut offer) in fitting.enumerate() {
            offer.heading = (index == 0).then(|| text.say(heading));
            all.push(offer);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

    fn matter(section: Section, typed: &str) -> Matter<'_> {
        Matter { section, typed, found: &[], layouts: &[], role: Some(Role::Viewer) }
    }

    #[test]
    fn what_is_typed_narrows_and_headings_stand_over_the_first() {
        let text = Catalogue(Language::English);
        let all = offers(text, matter(Section::All, ""));
        assert!(all.len() > 20);
        let keys: std::collections::BTreeSet<_> = all.iter().map(|offer| &offer.key).collect();
        assert_eq!(keys.len(), all.len(), "every line has a name of its own");
        let panels = offers(text, matter(Section::Panels, "chart"));
        assert_eq!(panels.len(), 1);
        assert_eq!(panels[0].choice, Choice::Panel(PanelKind::Chart));
        assert_eq!(panels[0].heading, Some(text.say(Text::Panels)));
        assert!(offers(text, matter(Section::All, "no such thing")).is_empty());
    }

    #[test]
    fn pages_that_are_not_for_the_person_are_not_offered() {
        let text = Catalogue(Language::English);
        let has = |role: Role| {
            let matter = Matter { role: Some(role), ..matter(Section::All, "") };
            offers(text, matter).iter().any(|offer| offer.choice == Choice::Page(Route::Users {}))
        };
        assert!(has(Role::Admin) && !has(Role::Trader));
    }
}

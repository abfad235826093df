//! The layout that is open, how its saving stands, and the others.

use dioxus::prelude::*;

use super::entry::FormProblem;
use super::palette_list::template_name;
use crate::graphql::layout::Layout;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::confirm::ConfirmButton;
use crate::ui::field::LineField;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::menu::{Menu, MenuItem};
use crate::workspace::keeping::Saving;
use crate::workspace::standard::Template;
use crate::workspace::state::{Shelf, Workspace};

/// The menu in the top bar.
#[component]
pub fn LayoutMenu() -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    let name = workspace.kept.read().name.clone();
    let saving = (workspace.saving)();
    let (light, words, state) = match &saving {
        // What is on the screen then belongs to no layout.
        _ if workspace.unreadable.read().is_some() => {
            ("light light-small light-bad", Text::LayoutNotSaved, "unreadable")
        }
        Saving::Done => ("", Text::LayoutSaved, "saved"),
        Saving::Waiting => ("light light-small", Text::LayoutSaving, "waiting"),
        Saving::Failed(_) => ("light light-small light-fair", Text::LayoutNotSaved, "failed"),
        Saving::Refused(_) | Saving::Conflict(_) => {
            ("light light-small light-bad", Text::LayoutNotSaved, "refused")
        }
    };
    rsx! {
        Menu {
            id: "layout-menu",
            label: "{text.say(Text::Layouts)}: {name}",
            class: "layout-menu",
            button: rsx! {
                Icon { glyph: Glyph::Grid }
                span { class: "layout-name", "{name}" }
                span { class: light, title: text.say(words), "data-testid": "layout-state-{state}" }
                Icon { glyph: Glyph::ChevronDown }
            },
            p { class: "menu-lead muted", role: "status", "data-testid": "layout-saving", {text.say(words)} }
            Known {}
            NameForm {}
            p { class: "menu-title", {text.say(Text::NewLayout)} }
            for template in Template::ALL {
                MenuItem {
                    key: "{template:?}",
                    testid: "template-{template:?}",
                    onchoose: move |()| {
                        let name = text.say(template_name(template)).to_owned();
                        workspace.run(workspace.create(name, Some(template)));
                    },
                    Icon { glyph: Glyph::Plus }
                    {text.say(template_name(template))}
                }
            }
            FormProblem { refusal: (workspace.refusal)(), fields: vec![] }
        }
    }
}

/// The layouts that can be opened.
#[component]
fn Known() -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    let open = workspace.kept.read().known.clone().map(|(id, _)| id);
    let again = move |_| workspace.run(workspace.load());
    match &*workspace.shelf.read() {
        Shelf::Loading => rsx! { p { class: "menu-lead muted", {text.say(Text::Loading)} } },
        Shelf::Failed(failure) => rsx! {
            p { class: "menu-lead warn", role: "alert",
                {text.failure(failure)}
                " "
                button { r#type: "button", class: "link-button", onclick: again, {text.say(Text::TryAgain)} }
            }
        },
        Shelf::Ready(layouts) => rsx! {
            ul { class: "layout-list",
                for layout in layouts.clone() {
                    LayoutLine { key: "{layout.id.inner()}", here: open.as_ref() == Some(&layout.id), layout }
                }
            }
        },
    }
}

#[component]
fn LayoutLine(layout: Layout, here: bool) -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    let (id, gone) = (layout.id.clone(), layout.id.clone());
    rsx! {
        li {
            MenuItem {
                testid: "layout-open",
                chosen: here,
                onchoose: move |()| workspace.run(workspace.open(id.clone())),
                Icon { glyph: if here { Glyph::Check } else { Glyph::Grid } }
                "{layout.name}"
            }
            ConfirmButton {
                label: text.say(Text::Delete),
                sure: text.say(Text::ReallyDelete),
                testid: "layout-delete",
                onconfirm: move |()| workspace.run(workspace.delete(gone.clone())),
            }
        }
    }
}

/// Renames the layout that is open, or keeps a copy of it under another name.
#[component]
fn NameForm() -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    let name = use_signal(|| workspace.kept.peek().name.clone());
    let rename = move |event: FormEvent| {
        event.prevent_default();
        let wish = name.peek().trim().to_owned();
        if !wish.is_empty() {
            workspace.run(workspace.rename(wish));
        }
    };
    rsx! {
        form { class: "layout-form", onsubmit: rename,
            LineField {
                id: "layout-name",
                testid: "layout-name",
                label: text.say(Text::LayoutName),
                value: name,
            }
            div { class: "row",
                button { r#type: "submit", class: "button", "data-testid": "layout-rename",
                    {text.say(Text::Rename)}
                }
                button {
                    r#type: "button",
                    class: "button",
                    "data-testid": "layout-copy",
                    onclick: move |_| {
                        let wish = name.peek().trim().to_owned();
                        if !wish.is_empty() {
                            workspace.run(workspace.create(wish, None));
                        }
                    },
                    {text.say(Text::SaveAsNew)}
                }
            }
        }
    }
}

//! Which columns a watchlist has.

use dioxus::prelude::*;

use super::board::Board;
use super::watchlist_table::head;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::menu::Menu;
use crate::workspace::panel::Column;

/// The columns after one was ticked or not, in their usual order.
fn toggled(columns: &[Column], changed: Column) -> Vec<Column> {
    let wanted = |column: &Column| columns.contains(column) != (*column == changed);
    Column::ALL.into_iter().filter(wanted).collect()
}

/// The button with its list of columns.
#[component]
pub fn ColumnMenu(board: Board) -> Element {
    let text = use_text();
    let chosen = board.workspace.settings(board.panel).columns.unwrap_or_else(|| Column::USUAL.to_vec());
    rsx! {
        Menu {
            id: "columns-{board.panel}",
            label: text.say(Text::Columns),
            class: "menu-right menu-small",
            button: rsx! { Icon { glyph: Glyph::Columns } },
            fieldset { class: "boxes menu-boxes",
                legend { {text.say(Text::Columns)} }
                for column in Column::ALL {
                    label { key: "{column:?}", class: "box",
                        input {
                            r#type: "checkbox",
                            "data-testid": "column-{column:?}",
                            checked: chosen.contains(&column),
                            onchange: {
                                let chosen = chosen.clone();
                                move |_| {
                                    let next = toggled(&chosen, column);
                                    board.workspace.set(board.panel, |settings| settings.columns = Some(next));
                                }
                            },
                        }
                        span { class: "box-words", {text.say(head(column))} }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_and_go_in_their_usual_order() {
        let columns = toggled(&[Column::Ask, Column::Last], Column::Change);
        assert_eq!(columns, [Column::Last, Column::Change, Column::Ask]);
        assert_eq!(toggled(&columns, Column::Last), [Column::Change, Column::Ask]);
    }
}

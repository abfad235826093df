//! Parts that know domain words and own what they ask of the server.

pub mod account_menu;
pub mod banner;
pub mod bar_legend;
pub mod board;
pub mod chart_panel;
pub mod entry;
pub mod instrument_search;
pub mod price;
pub mod quote_header;
pub mod status;
pub mod top_bar;
pub mod watchlist_editor;
pub mod watchlist_panel;
pub mod watchlist_row;
pub mod watchlist_tabs;

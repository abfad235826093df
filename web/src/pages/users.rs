//! Everybody with an account here, for administrators.

use dioxus::prelude::*;

use crate::app::Route;
use crate::components::paged::use_paged;
use crate::components::settings::Settings;
use crate::components::user_invite::UserInvite;
use crate::components::user_table::UserTable;
use crate::graphql::person;
use crate::session::Session;
use crate::text::Text;

/// The page.
#[component]
pub fn Users() -> Element {
    rsx! {
        Settings { page: Route::Users {}, title: Text::Users, lead: Text::UsersLead, People {} }
    }
}

#[component]
fn People() -> Element {
    let session = use_context::<Session>();
    let people = use_paged(move |after| person::all(session, after));
    rsx! {
        UserInvite { oninvited: move |()| people.again.call(()) }
        section { class: "card", UserTable { people } }
    }
}

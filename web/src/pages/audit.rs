//! What people did, for administrators.

use dioxus::prelude::*;

use crate::app::Route;
use crate::components::audit_table::AuditTable;
use crate::components::settings::Settings;
use crate::text::Text;

/// The page.
#[component]
pub fn Audit() -> Element {
    rsx! {
        Settings { page: Route::Audit {}, title: Text::AuditLog, lead: Text::AuditLogLead,
            section { class: "card", AuditTable {} }
        }
    }
}

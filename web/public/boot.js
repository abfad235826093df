// Starts the dashboard.
import init from "/web.js";

init({ module_or_path: "/web_bg.wasm" });

// A one-time link that is opened in a tab with this page changes nothing but the hash.
addEventListener("hashchange", () => {
    if (location.hash) location.reload();
});

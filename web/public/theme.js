// Sets the remembered theme before the first picture is drawn (src/preferences.rs sets it afterwards).
(() => {
    let theme = null;
    try {
        theme = localStorage.getItem("tickgraph.theme");
    } catch {
        // Storage is switched off: the system's theme it is.
    }
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
})();

// Sets the remembered look before the first picture is drawn (src/preferences.rs sets it afterwards).
(() => {
    let choices = {};
    try {
        choices = JSON.parse(localStorage.getItem("tickgraph.preferences") ?? "{}");
    } catch {
        // Storage is switched off, or holds something else: the system's look it is.
    }
    const root = document.documentElement.dataset;
    if (choices.theme === "dark" || choices.theme === "light") root.theme = choices.theme;
    if (choices.rising === "red") root.rising = "red";
    if (choices.density === "compact" || choices.density === "roomy") root.density = choices.density;
})();

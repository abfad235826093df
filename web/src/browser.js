// What the browser offers only to JavaScript, for src/browser.rs.

/// Runs `work` while no other tab of this origin runs work of the same name, where the browser has locks.
export function exclusively(name, work) {
    return navigator.locks ? navigator.locks.request(name, () => work()) : work();
}

/// Resolves before the next picture is drawn; in a hidden tab, not until it is shown again.
export function nextFrame() {
    return new Promise((resolve) => requestAnimationFrame(resolve));
}

/// Calls `heard` with the name of each event that says that the connection may have changed.
export function watchConnectivity(heard) {
    for (const name of ["online", "offline"]) {
        addEventListener(name, () => heard(name));
    }
    document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible") heard("visible");
    });
    addEventListener("pageshow", (event) => {
        if (event.persisted) heard("visible");
    });
}

/// A time of day, or a day and its time, in the reader's zone.
export function clockTime(millis, language) {
    return new Date(millis).toLocaleTimeString(language, { hour12: false });
}

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

/// Calls `heard` each time that the address changes behind its `#`.
export function watchAddressHash(heard) {
    addEventListener("hashchange", () => heard());
}

/// A time of day, or a day and its time, in the reader's zone.
export function clockTime(millis, language) {
    return new Date(millis).toLocaleTimeString(language, { hour12: false });
}

/// A day and its time, in the reader's zone.
export function dateTime(millis, language) {
    return new Date(millis).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}

/// Puts a text on the clipboard, and says whether that worked. A page that did not come over HTTPS has no
/// clipboard of its own; there, the old way still works.
export async function copy(text) {
    if (navigator.clipboard) {
        try {
            await navigator.clipboard.writeText(text);
            return true;
        } catch {
            // The browser may still allow the old way.
        }
    }
    const area = document.createElement("textarea");
    const focused = document.activeElement;
    area.value = text;
    area.className = "hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus();
    return done;
}

/// Saves a text as a file.
export function download(name, text) {
    const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
}

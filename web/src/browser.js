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

// Making a format is slow, and a tape needs thousands of times.
const formats = new Map();

function format(kind, language, zone, options) {
    const key = `${kind} ${language} ${zone}`;
    let found = formats.get(key);
    if (!found) {
        found = new Intl.DateTimeFormat(language, zone ? { ...options, timeZone: zone } : options);
        formats.set(key, found);
    }
    return found;
}

/// A time of day.
export function clockTime(millis, language, zone) {
    const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
    return format("time", language, zone, options).format(millis);
}

/// A day and its time.
export function dateTime(millis, language, zone) {
    return format("moment", language, zone, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" }).format(millis);
}

/// The moment that a field for local date and time holds.
export function localMillis(text) {
    return new Date(text).getTime();
}

/// A moment as a field for local date and time holds it.
export function localText(millis) {
    const shifted = new Date(millis - new Date(millis).getTimezoneOffset() * 60000);
    return shifted.toISOString().slice(0, 16);
}

/// Calls `pressed` with each key that nothing else took, until it takes it.
export function watchKeys(pressed) {
    document.addEventListener("keydown", (event) => {
        if (event.defaultPrevented || event.isComposing) return;
        const at = event.target;
        const typed = at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
        const flags =
            (event.ctrlKey || event.metaKey ? 1 : 0) |
            (event.altKey ? 2 : 0) |
            (event.shiftKey ? 4 : 0) |
            (typed ? 8 : 0) |
            (document.querySelector("dialog[open]") ? 16 : 0);
        if (pressed(event.key, flags)) event.preventDefault();
    });
}

/// Says whether the page fits the query, and calls `heard` each time that this changes.
export function watchMedia(query, heard) {
    const media = matchMedia(query);
    media.addEventListener("change", (event) => heard(event.matches));
    return media.matches;
}

/// Opens a dialog over everything else.
export function showModal(dialog) {
    if (!dialog.open) dialog.showModal();
}

/// Closes a dialog that still stands in the page: until then, nothing outside of it takes the focus.
export function closeModal(dialog) {
    dialog.close();
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

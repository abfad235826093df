//! The keyboard.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/browser.js")]
extern "C" {
    #[wasm_bindgen(js_name = watchKeys)]
    fn watch_keys_js(pressed: &Closure<dyn FnMut(String, u32) -> bool>);
}

/// A key that was pressed, with what was held down with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// The key's own name, such as `k` or `ArrowUp`.
    pub key: String,
    /// Control, or Command on a Mac.
    pub control: bool,
    /// Alt, or Option on a Mac.
    pub alt: bool,
    /// Shift.
    pub shift: bool,
    /// Where the person was.
    pub place: Place,
}

/// Where a key was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the page.
    Page,
    /// In a field, so that it may be meant as text.
    Field,
    /// In a dialog, or while one is open.
    Dialog,
}

/// Hears every key that nothing else took, from now on; `pressed` says whether it took it.
pub fn watch_keys(mut pressed: impl FnMut(Press) -> bool + 'static) {
    let heard = Closure::new(move |key: String, flags: u32| {
        let has = |bit: u32| flags & (1 << bit) != 0;
        let place = match (has(4), has(3)) {
            (true, _) => Place::Dialog,
            (false, true) => Place::Field,
            (false, false) => Place::Page,
        };
        pressed(Press { key, control: has(0), alt: has(1), shift: has(2), place })
    });
    watch_keys_js(&heard);
    heard.forget();
}

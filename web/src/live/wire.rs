//! One websocket of the browser, as a stream of what happens on it.

use futures::channel::mpsc;
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::protocol::SUBPROTOCOL;

/// Something that happened on the socket.
#[derive(Debug)]
pub enum WireEvent {
    /// It is open.
    Opened,
    /// A message came.
    Message(String),
    /// It is closed, with this code.
    Closed(u16),
}

/// An open or opening socket; closed when dropped.
pub struct Wire {
    socket: WebSocket,
    _opened: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut(CloseEvent)>,
}

impl Wire {
    /// Begins to open a socket; none where the browser refuses the address.
    pub fn open(address: &str) -> Option<(Self, mpsc::UnboundedReceiver<WireEvent>)> {
        let socket = WebSocket::new_with_str(address, SUBPROTOCOL).ok()?;
        let (sender, receiver) = mpsc::unbounded();
        // A listener that outlives its reader has nobody to tell.
        let tell = move |event| drop(sender.unbounded_send(event));
        let opened = Closure::new({
            let tell = tell.clone();
            move || tell(WireEvent::Opened)
        });
        let message = Closure::new({
            let tell = tell.clone();
            move |event: MessageEvent| {
                if let Some(text) = event.data().as_string() {
                    tell(WireEvent::Message(text));
                }
            }
        });
        let closed = Closure::new(move |event: CloseEvent| tell(WireEvent::Closed(event.code())));
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Some((Self { socket, _opened: opened, _message: message, _closed: closed }, receiver))
    }

    /// Sends a message; what is sent on a socket that closes meanwhile is lost, as its closing will tell.
    pub fn send(&self, message: &impl Serialize) {
        if let Ok(text) = serde_json::to_string(message) {
            let _ = self.socket.send_with_str(&text);
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}

//! As much of the websocket's frames as a load generator needs: small ones out, whole ones in.

use std::ops::Range;

/// The bit of a frame that a client has masked.
const MASKED: u8 = 0x80;

/// In place of a short length.
const TWO_BYTES_FOLLOW: u8 = 0x7e;

/// In place of a short length.
const EIGHT_BYTES_FOLLOW: u8 = 0x7f;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message.
    Text,
    /// The end.
    Close,
    /// To be answered with the same payload.
    Ping,
    /// Anything else.
    Other,
}

/// A frame in a buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: Kind,
    /// Where its payload is; the frame ends with it.
    pub payload: Range<usize>,
}

/// The frame that begins at `at`; `None` where its end has not arrived yet.
pub fn next(buffer: &[u8], at: usize) -> Option<Frame> {
    let head = buffer.get(at..)?;
    let (first, second) = (*head.first()?, *head.get(1)?);
    let (length, begins) = match second & !MASKED {
        TWO_BYTES_FOLLOW => (usize::from(u16::from_be_bytes(head.get(2..4)?.try_into().ok()?)), 4),
        EIGHT_BYTES_FOLLOW => {
            (usize::try_from(u64::from_be_bytes(head.get(2..10)?.try_into().ok()?)).ok()?, 10)
        }
        short => (usize::from(short), 2),
    };
    let kind = match first & 0x0f {
        0x1 => Kind::Text,
        0x8 => Kind::Close,
        0x9 => Kind::Ping,
        _ => Kind::Other,
    };
    let begins = at + begins;
    let payload = begins..begins.checked_add(length)?;
    (payload.end <= buffer.len()).then_some(Frame { kind, payload })
}

/// A text frame of a client.
pub fn text(payload: &str) -> Vec<u8> {
    masked(0x81, payload.as_bytes())
}

/// The answer to a ping frame.
pub fn pong(payload: &[u8]) -> Vec<u8> {
    masked(0x8a, payload)
}

/// Clients have to mask what they send; which key they take is theirs.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = vec![first];
    let length = payload.len() as u64;
    if let Some(short) = u8::try_from(length).ok().filter(|short| *short < 126) {
        frame.push(MASKED | short);
    } else if let Ok(length) = u16::try_from(length) {
        frame.push(MASKED | TWO_BYTES_FOLLOW);
        frame.extend(length.to_be_bytes());
    } else {
        frame.push(MASKED | EIGHT_BYTES_FOLLOW);
        frame.extend(length.to_be_bytes());
    }
    frame.extend(KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_once_they_are_whole() {
        let mut buffer = vec![0x81, 2, b'h', b'i', 0x89, 1, b'p', 0x81, 126, 0, 200];
        buffer.extend([b'x'; 200]);
        let first = next(&buffer, 0).unwrap();
        assert_eq!(first, Frame { kind: Kind::Text, payload: 2..4 });
        let second = next(&buffer, first.payload.end).unwrap();
        assert_eq!(second, Frame { kind: Kind::Ping, payload: 6..7 });
        let third = next(&buffer, second.payload.end).unwrap();
        assert_eq!(third, Frame { kind: Kind::Text, payload: 11..211 });
        assert_eq!(next(&buffer, third.payload.end), None);
        for cut in 7..buffer.len() {
            assert_eq!(next(&buffer[..cut], 7), None, "{cut}");
        }
    }

    #[test]
    fn what_a_client_sends_is_masked_with_its_own_length() {
        for length in [0, 5, 125, 126, 65_535, 65_536] {
            let payload = "x".repeat(length);
            let frame = text(&payload);
            assert_eq!(frame[0], 0x81);
            assert_ne!(frame[1] & 0x80, 0);
            let key: [u8; 4] = frame[frame.len() - length - 4..frame.len() - length].try_into().unwrap();
            let masked = &frame[frame.len() - length..];
            let plain: Vec<u8> =
                masked.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
            assert_eq!(plain, payload.as_bytes());
        }
    }
}

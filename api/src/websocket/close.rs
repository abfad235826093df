//! Why a socket is closed, in the protocol's own codes.

use std::borrow::Cow;

/// Why the server closes a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// The server stops.
    GoingAway,
    /// A message is not one of the protocol.
    BadMessage(&'static str),
    /// An operation before the connection was acknowledged.
    Unauthorized,
    /// The token is missing, not valid or over.
    Forbidden(&'static str),
    /// Another subprotocol was offered.
    SubprotocolNotAcceptable,
    /// No `connection_init` in time.
    InitTimeout,
    /// No sign of life for too long.
    Silent,
    /// An id that is in use.
    DuplicateOperation,
    /// A second `connection_init`.
    TooManyInits,
    /// The client does not read.
    Stalled,
    /// The same, where it has events to come back for.
    Behind(Resume),
    /// More messages than anybody needs.
    TooManyMessages,
    /// A fault of ours.
    Internal,
}

/// Where a client goes on that comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// After this number.
    Since(u64),
    /// It has several streams, each with numbers of its own.
    Each,
}

impl Close {
    /// The close code.
    pub fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::BadMessage(_) => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden(_) => 4403,
            Self::SubprotocolNotAcceptable => 4406,
            Self::InitTimeout | Self::Silent => 4408,
            Self::DuplicateOperation => 4409,
            Self::TooManyInits => 4429,
            // "Try again later": the protocol's clients then connect again.
            Self::Stalled => 1013,
            // "Try again later" too, by our own name: whoever comes back says since when.
            Self::Behind(_) => 4013,
            // "Policy violation": they do not.
            Self::TooManyMessages => 1008,
            Self::Internal => 4500,
        }
    }

    /// The reason for a person; at most 123 bytes, as the protocol demands.
    pub fn reason(self) -> Cow<'static, str> {
        let reason = match self {
            Self::Behind(Resume::Since(number)) => {
                return format!("Your side does not read; connect again and resume since {number}").into();
            }
            Self::Behind(Resume::Each) => {
                "Your side does not read; connect again and resume each stream since the last number you got"
            }
            Self::GoingAway => "The server stops; connect again",
            Self::BadMessage(reason) | Self::Forbidden(reason) => reason,
            Self::Unauthorized => "Unauthorized: send connection_init and wait for connection_ack first",
            Self::SubprotocolNotAcceptable => "Subprotocol not acceptable: speak graphql-transport-ws",
            Self::InitTimeout => "Connection initialisation timeout",
            Self::Silent => "No sign of life for 60 seconds",
            Self::DuplicateOperation => "Subscriber for this id already exists",
            Self::TooManyInits => "Too many initialisation requests",
            Self::Stalled => "Your side did not read for 10 seconds; connect again",
            Self::TooManyMessages => "Too many messages: at most 1,000 at once and 100 a second",
            Self::Internal => "Internal server error",
        };
        Cow::Borrowed(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_to_come_back_is_told_since_when() {
        let cases = [
            (Close::Stalled, 1013, "Your side did not read for 10 seconds; connect again"),
            (
                Close::Behind(Resume::Since(u64::MAX)),
                4013,
                "Your side does not read; connect again and resume since 18446744073709551615",
            ),
            (
                Close::Behind(Resume::Each),
                4013,
                "Your side does not read; connect again and resume each stream since the last number you got",
            ),
        ];
        for (close, code, reason) in cases {
            assert_eq!((close.code(), close.reason().as_ref()), (code, reason));
            assert!(reason.len() <= 123, "a close frame holds no more");
        }
    }
}

//! Internet addresses: where somebody comes from, and which of them a key may be used from.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Where a request comes from: what a person recognises a session by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address; behind trusted proxies, what they say it is.
    pub address: Option<IpAddr>,
    /// What the client calls itself.
    pub agent: Option<Arc<str>>,
}

/// One address, or all that share the first bits (`10.1.0.0/16`, `2001:db8::/32`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressRange(IpNet);

impl AddressRange {
    /// The range that one client can be told by: the address itself, or of IPv6 the 64 bits that a line is given.
    pub fn of_client(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(IpAddr::V4(address).into()),
            IpAddr::V6(address) => Self(Ipv6Net::new_assert(address, 64).trunc().into()),
        }
    }

    /// Whether this address is in it. An IPv4 address that is written as IPv6 counts as what it is.
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for AddressRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let net = text
            .parse::<IpAddr>()
            .map(|address| IpNet::from(address.to_canonical()))
            .or_else(|_| text.parse::<IpNet>());
        let net = net.map_err(|_| format!("'{text}' is not an address or a range like 10.1.0.0/16"))?;
        let net = canonical(net);
        if net.trunc() == net {
            Ok(Self(net))
        } else {
            Err(format!("'{text}' has bits beyond its length; write {}", net.trunc()))
        }
    }
}

/// A range of IPv4 addresses that are written as IPv6, as what it is: addresses are looked up as such.
fn canonical(net: IpNet) -> IpNet {
    match (net.addr().to_canonical(), net.prefix_len()) {
        (IpAddr::V4(address), length @ 96..) => Ipv4Net::new(address, length - 96).map_or(net, IpNet::from),
        _ => net,
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            self.0.addr().fmt(formatter)
        } else {
            self.0.fmt(formatter)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_what_shares_its_first_bits() {
        // (range, as shown, address, whether it is in)
        let cases = [
            ("10.1.0.0/16", "10.1.0.0/16", "10.1.2.3", true),
            ("10.1.0.0/16", "10.1.0.0/16", "10.2.2.3", false),
            ("10.1.0.0/16", "10.1.0.0/16", "::ffff:10.1.2.3", true),
            (" 192.0.2.1 ", "192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1/32", "192.0.2.1", "192.0.2.2", false),
            ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1", true),
            ("::ffff:10.1.0.0/112", "10.1.0.0/16", "10.1.2.3", true),
            ("::ffff:10.1.0.0/112", "10.1.0.0/16", "10.2.2.3", false),
            ("::ffff:0.0.0.0/96", "0.0.0.0/0", "203.0.113.9", true),
            ("2001:DB8::/32", "2001:db8::/32", "2001:db8:1::5", true),
            ("2001:db8::1", "2001:db8::1", "192.0.2.1", false),
            ("0.0.0.0/0", "0.0.0.0/0", "203.0.113.9", true),
        ];
        for (text, shown, address, expected) in cases {
            let range: AddressRange = text.parse().unwrap();
            assert_eq!(range.to_string(), shown);
            assert_eq!(range.to_string().parse(), Ok(range));
            assert_eq!(range.contains(address.parse().unwrap()), expected, "{address} in {text}");
        }
        for bad in [
            "",
            "10.1",
            "10.1.0.0/33",
            "10.1.2.3/16",
            "::ffff:10.1.2.3/112",
            "localhost",
            "10.1.2.3 10.1.2.4",
            "*",
        ] {
            assert!(bad.parse::<AddressRange>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_client_of_ipv6_is_told_by_its_line() {
        let of = |text: &str| AddressRange::of_client(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(of("2001:db8:0:1:2:3:4:5"), "2001:db8:0:1::/64");
    }
}

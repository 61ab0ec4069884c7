//! The output of `getent ahosts`.

use std::net::IpAddr;

use sshdoctor_case::{Forced, Received};

/// The most addresses that are kept; `ssh` would hardly try more.
pub const MAX_ADDRESSES: usize = 64;

/// What `getent` printed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Addresses in the order of the first mention, without repetition.
    pub addresses: Vec<IpAddr>,
    /// The canonical name, as far as it is printed.
    pub canonical_name: Option<Received>,
}

/// Reads lines of the form `ADDRESS TYPE [NAME]`; other lines are passed over.
///
/// IPv4-mapped addresses are left out: `getent ahostsv6` makes them up for names that have IPv4 addresses only
/// (`AI_V4MAPPED`), and `ssh` never sees them.
#[must_use]
pub fn parse(output: &str, family: Option<Forced>) -> Listing {
    let mut listing = Listing::default();
    for line in output.lines() {
        let mut columns = line.split_whitespace();
        let Some(address) = columns.next().and_then(super::literal_address) else {
            continue;
        };
        if let Some(name) = columns.nth(1)
            && listing.canonical_name.is_none()
        {
            listing.canonical_name = Some(Received::from_text(name));
        }
        let mapped = matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
        let wanted = !mapped && super::is_of_family(address, family);
        if wanted
            && !listing.addresses.contains(&address)
            && listing.addresses.len() < MAX_ADDRESSES
        {
            listing.addresses.push(address);
        }
    }
    listing
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "2001:db8::9     STREAM web1.example.net\n2001:db8::9     DGRAM  \n\
        203.0.113.9     STREAM \n203.0.113.9     RAW    \nfe80::1%eth0    STREAM \n";

    #[test]
    fn the_order_is_kept_and_repetitions_are_not() {
        let listing = parse(OUTPUT, None);
        let shown: Vec<String> = listing.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["2001:db8::9", "203.0.113.9", "fe80::1"]);
        assert_eq!(listing.canonical_name.unwrap().as_str(), "web1.example.net");
    }

    #[test]
    fn made_up_addresses_and_other_families_are_left_out() {
        let mapped = "::ffff:203.0.113.9 STREAM web1\n";
        assert!(parse(mapped, Some(Forced::Ipv6)).addresses.is_empty());
        assert_eq!(parse(OUTPUT, Some(Forced::Ipv4)).addresses.len(), 1);
        assert_eq!(
            parse("nonsense\n\u{1b}[2J STREAM x\n", None),
            Listing::default()
        );
    }
}

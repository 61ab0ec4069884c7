//! Circumstances of the inquiry that shape what a world predicts, without being evidence themselves.

/// What the tables need to know of the circumstances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Setting {
    /// The address is on a link of this machine: no router lies between.
    pub(crate) on_link: bool,
    /// known_hosts holds keys for the destination.
    pub(crate) has_known_keys: bool,
    /// The destination was given as an address, so no name can mislead.
    pub(crate) literal_address: bool,
    /// The address in question is an IPv4 address.
    pub(crate) ipv4: bool,
    /// The target is this machine.
    pub(crate) is_this_machine: bool,
}

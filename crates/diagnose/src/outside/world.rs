//! One way that things could be, as far as it matters for what a client sees.

/// A world with its share of a cause's prior.
#[derive(Debug, Clone, Copy)]
pub struct Weighted {
    /// Share within the cause; the shares of one cause are normalised.
    pub share: f64,
    /// The world.
    pub world: World,
}

/// One way that things could be.
///
/// [`World::HEALTHY`] is the host as everyone wants it; each cause departs from it in as few fields as it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct World {
    /// The client's configuration stops the connection before anything is sent.
    pub client_stops: bool,
    /// What the name leads to.
    pub name: Name,
    /// What happens to every packet on the way, whatever its port.
    pub path: Path,
    /// A packet filter that decides on the SYN to the target's port.
    pub filter: Option<Filter>,
    /// Who has the address.
    pub occupant: Occupant,
    /// What the target's port does with a SYN that reached the machine.
    pub listener: Listener,
    /// Where else an sshd of this host listens.
    pub elsewhere: Elsewhere,
    /// What comes first on an accepted connection.
    pub first_bytes: FirstBytes,
    /// How the key exchange goes.
    pub exchange: Exchange,
    /// The host key against what the client remembers.
    pub host_key: HostKey,
    /// How a login ends.
    pub login: Login,
    /// Whether the host's other addresses share the fate.
    pub reach: Reach,
    /// Whether the next attempt meets the same fate.
    pub steadiness: Steadiness,
    /// An sshd is installed on the host.
    pub installed: bool,
}

/// What the name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// To the host.
    Right,
    /// The record, or a cached copy of it, names a wrong address.
    StaleRecord,
    /// The client's own files name a wrong address.
    Overridden,
    /// The name does not exist here.
    Missing,
    /// No name server answers.
    ServersDown,
    /// The name has no address of the wanted family.
    NoAddressOfFamily,
}

/// What happens to every packet on the way, whatever its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// It arrives.
    Clear,
    /// The client has no route.
    NoRouteAtClient,
    /// The client sends it into a wrong interface.
    WrongRouteAtClient,
    /// A router has no route and says so.
    NoRouteAtRouter,
    /// It is lost without a word.
    Lost,
    /// Routers pass it in a circle.
    Loop,
    /// It arrives, but the answer is lost.
    AnswerLost,
}

/// Where a packet filter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the client itself.
    Client,
    /// On a router or in the provider's network.
    Network,
    /// On the host.
    Host,
}

/// What a packet filter does with the SYN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing comes back.
    Drop,
    /// ICMP port unreachable.
    PortUnreachable,
    /// ICMP administratively or host prohibited.
    Prohibited,
    /// A TCP reset in the host's name.
    Reset,
}

/// What else the filter stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breadth {
    /// Only the target's port.
    ThisPort,
    /// Every port that is not listed, with the same action.
    UnlistedPorts,
    /// Every TCP port, but not echo.
    AllPorts,
    /// Everything, echo too.
    Everything,
}

/// A packet filter that stops the SYN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// Where.
    pub place: Place,
    /// How.
    pub action: Action,
    /// What else.
    pub breadth: Breadth,
    /// Only packets from this client, or this client's network.
    pub this_source_only: bool,
}

/// Who has the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occupant {
    /// The host.
    Host,
    /// Another machine.
    AnotherMachine,
    /// Nobody that answers.
    Nobody,
}

/// What the port does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// sshd accepts.
    Sshd,
    /// Nothing listens: the kernel answers with a reset.
    Nothing,
    /// Another program accepts.
    OtherService,
    /// The queue of connections not yet accepted is full: SYNs are dropped.
    QueueFull,
    /// It comes and goes.
    Flapping,
}

/// Where else sshd listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// Nowhere that is known.
    Nowhere,
    /// On a port that local memory or custom names.
    LikelyPort,
    /// On some other port.
    AnyPort,
    /// On the loopback address only.
    Loopback,
    /// On another address of the host.
    OtherAddress,
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstBytes {
    /// An SSH-2 identification string.
    Ssh,
    /// An SSH-1 identification string.
    SshOne,
    /// The words of another protocol.
    OtherProtocol,
    /// Nothing.
    Silence,
    /// Bytes without end, or one by one.
    Trickle,
    /// A close.
    Close,
    /// A reset.
    Reset,
    /// sshd's words that too many connections are waiting, then a close.
    TooManyStartups,
    /// sshd's words that this source is penalised, then a close.
    Penalty,
}

/// How the key exchange goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// To its end.
    Completes,
    /// Large packets are lost.
    LargePacketsLost,
    /// It stops without a word.
    Hangs,
    /// No algorithm in common.
    NoCommon,
    /// Closed or broken.
    Breaks,
}

/// The host key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKey {
    /// As remembered, or nothing is remembered.
    Expected,
    /// Another key than remembered.
    Changed,
    /// Unknown to a client that accepts no unknown key.
    NotAccepted,
    /// Marked as revoked.
    Revoked,
    /// The key of another machine, which the client may know under its own name.
    OfAnotherMachine,
}

/// How a login ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// It succeeds.
    Succeeds,
    /// Refused.
    Refused,
    /// Authentication passes and the session fails.
    SessionFails,
}

/// Whether other addresses share the fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All of them.
    AllAddresses,
    /// Only the address in question.
    ThisAddress,
    /// Only this address family.
    ThisFamily,
    /// Only IPv6.
    OnlyIpv6,
}

/// Whether the next attempt meets the same fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steadiness {
    /// The same every time.
    Steady,
    /// Now and then.
    Intermittent,
    /// It passes after a pause.
    PassesAfterPause,
}

impl World {
    /// The host as everyone wants it.
    pub const HEALTHY: Self = Self {
        client_stops: false,
        name: Name::Right,
        path: Path::Clear,
        filter: None,
        occupant: Occupant::Host,
        listener: Listener::Sshd,
        elsewhere: Elsewhere::Nowhere,
        first_bytes: FirstBytes::Ssh,
        exchange: Exchange::Completes,
        host_key: HostKey::Expected,
        login: Login::Succeeds,
        reach: Reach::AllAddresses,
        steadiness: Steadiness::Steady,
        installed: true,
    };

    /// Nothing listens on the target's port.
    pub const NOTHING_LISTENS: Self = Self {
        listener: Listener::Nothing,
        ..Self::HEALTHY
    };

    /// Nobody answers at the address.
    pub const NOBODY: Self = Self {
        occupant: Occupant::Nobody,
        ..Self::HEALTHY
    };

    /// The whole of a cause.
    #[must_use]
    pub const fn alone(self) -> Weighted {
        self.share(1.0)
    }

    /// A share of a cause.
    #[must_use]
    pub const fn share(self, share: f64) -> Weighted {
        Weighted { share, world: self }
    }

    /// With a packet filter that stops the SYN for everyone.
    #[must_use]
    pub const fn filtered(self, place: Place, action: Action, breadth: Breadth) -> Self {
        Self {
            filter: Some(Filter {
                place,
                action,
                breadth,
                this_source_only: false,
            }),
            ..self
        }
    }

    /// With a packet filter that stops only this client.
    #[must_use]
    pub const fn banned(self, place: Place, action: Action, breadth: Breadth) -> Self {
        Self {
            filter: Some(Filter {
                place,
                action,
                breadth,
                this_source_only: true,
            }),
            ..self
        }
    }

    /// With sshd on another port or address.
    #[must_use]
    pub const fn elsewhere(self, elsewhere: Elsewhere) -> Self {
        Self { elsewhere, ..self }
    }

    /// With another answer to an accepted connection.
    #[must_use]
    pub const fn says(self, first_bytes: FirstBytes) -> Self {
        Self {
            first_bytes,
            ..self
        }
    }

    /// With another course of the key exchange.
    #[must_use]
    pub const fn exchange(self, exchange: Exchange) -> Self {
        Self { exchange, ..self }
    }

    /// With another host key.
    #[must_use]
    pub const fn host_key(self, host_key: HostKey) -> Self {
        Self { host_key, ..self }
    }

    /// With another end of a login.
    #[must_use]
    pub const fn login(self, login: Login) -> Self {
        Self { login, ..self }
    }

    /// With another path.
    #[must_use]
    pub const fn path(self, path: Path) -> Self {
        Self { path, ..self }
    }

    /// With the name leading elsewhere.
    #[must_use]
    pub const fn name(self, name: Name) -> Self {
        Self { name, ..self }
    }

    /// With another listener.
    #[must_use]
    pub const fn listener(self, listener: Listener) -> Self {
        Self { listener, ..self }
    }

    /// With another occupant of the address.
    #[must_use]
    pub const fn occupant(self, occupant: Occupant) -> Self {
        Self { occupant, ..self }
    }

    /// With only some addresses affected.
    #[must_use]
    pub const fn reach(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }

    /// With a fate that changes.
    #[must_use]
    pub const fn steadiness(self, steadiness: Steadiness) -> Self {
        Self { steadiness, ..self }
    }

    /// Without an sshd on the host.
    #[must_use]
    pub const fn not_installed(self) -> Self {
        Self {
            installed: false,
            ..self
        }
    }

    /// The client's configuration stops it.
    #[must_use]
    pub const fn stopped_at_client(self) -> Self {
        Self {
            client_stops: true,
            ..self
        }
    }
}

//! Which observers there are.

use sshdoctor_case::Sight;

use super::{
    Look, LookWithConfig, account, authorized_keys, ban_tools, boot, clock, cloud_metadata,
    connections, crypto_policy, host_keys, init, interfaces, kernel_log, listeners,
    mandatory_access, network_settings, pam, resources, sshd_config, sshd_log, sshd_processes,
    sshd_program, system, tcp_wrappers,
};

/// Those that need nothing but the host.
pub(super) const INDEPENDENT: [(Sight, Look); 18] = [
    (Sight::System, system::look),
    (Sight::Init, init::look),
    (Sight::Boot, boot::look),
    (Sight::SshdProgram, sshd_program::look),
    (Sight::SshdConfig, sshd_config::look),
    (Sight::SshdProcesses, sshd_processes::look),
    (Sight::Interfaces, interfaces::look),
    (Sight::NetworkSettings, network_settings::look),
    (Sight::TcpWrappers, tcp_wrappers::look),
    (Sight::BanTools, ban_tools::look),
    (Sight::SshdLog, sshd_log::look),
    (Sight::KernelLog, kernel_log::look),
    (Sight::Resources, resources::look),
    (Sight::Clock, clock::look),
    (Sight::Account, account::look),
    (Sight::MandatoryAccess, mandatory_access::look),
    (Sight::CryptoPolicy, crypto_policy::look),
    (Sight::CloudMetadata, cloud_metadata::look),
];

/// Those that need to know what sshd's configuration says.
pub(super) const WITH_CONFIG: [(Sight, LookWithConfig); 5] = [
    (Sight::HostKeys, host_keys::look),
    (Sight::Listeners, listeners::look),
    (Sight::Connections, connections::look),
    (Sight::AuthorizedKeys, authorized_keys::look),
    (Sight::Pam, pam::look),
];

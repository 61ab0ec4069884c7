//! ICMP echo without privilege.

use std::net::IpAddr;
use std::time::Duration;

use sshdoctor_case::EchoOutcome;

pub(crate) async fn echo(_to: IpAddr, _deadline: Duration) -> EchoOutcome {
    EchoOutcome::NotPermitted
}

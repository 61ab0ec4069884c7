//! The `recent` match's lists, as the kernel writes them.

use std::fs;
use std::net::IpAddr;
use std::thread::sleep;
use std::time::Duration;

use super::namespace::{in_namespace, run};
use crate::network::facts;

#[test]
fn hits_have_their_age() {
    in_namespace(|| {
        run("iptables-legacy -A INPUT -m recent --name tries --set
             iptables-legacy -A INPUT -m recent --name nobody --rcheck
             ip6tables-legacy -A INPUT -m recent --name six --set");
        let list = "/proc/thread-self/net/xt_recent/tries";
        fs::write(list, "+192.0.2.7\n").unwrap();
        sleep(Duration::from_millis(2100));
        fs::write(list, "+192.0.2.7\n").unwrap();
        fs::write(list, "+192.0.2.8\n").unwrap();
        fs::write("/proc/thread-self/net/xt_recent/six", "+2001:db8::7\n").unwrap();
        let recent = facts(&[]).recent;
        assert_eq!(recent["nobody"], []);
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(
            recent["tries"],
            [(ip("192.0.2.7"), vec![0, 2]), (ip("192.0.2.8"), vec![0])]
        );
        assert_eq!(recent["six"], [(ip("2001:db8::7"), vec![0])]);
    });
}

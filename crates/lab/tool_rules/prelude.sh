# Functions for the scripts of situations. Everything runs in private namespaces; /etc, /var and /run are private too.
PATH=/usr/sbin:/usr/bin:/sbin:/bin

wait_for() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -gt 300 ]; then
            echo "in vain: $*"
            return 1
        fi
        sleep 0.05
    done
}

rules_hold() {
    { nft list ruleset; ipset list; } 2>/dev/null | grep -q -e "$1"
}

# A fresh configuration, so that nothing of the machine's own is used.
fresh_ufw() {
    cp /usr/share/ufw/iptables/*.rules /etc/ufw/
    cp /usr/share/ufw/user.rules /usr/share/ufw/user6.rules /etc/ufw/ 2>/dev/null || true
    ufw --force reset >/dev/null
}

# What firewall-offline-cmd wrote before is what it loads.
start_firewalld() {
    mkdir -p /run/dbus /run/firewalld
    dbus-daemon --system --nopidfile --fork
    firewalld --nofork --nopid >firewalld.log 2>&1 &
    wait_for firewall-cmd --state
}

# Zone public on both interfaces, unless said otherwise.
fresh_firewalld() {
    rm -rf /etc/firewalld/zones /etc/firewalld/policies /etc/firewalld/ipsets /etc/firewalld/direct.xml
    mkdir -p /etc/firewalld/zones /etc/firewalld/policies /etc/firewalld/ipsets
    cat >/etc/firewalld/firewalld.conf <<X
DefaultZone=${1:-public}
CleanupOnExit=yes
CleanupModulesOnExit=no
IPv6_rpfilter=yes
IndividualCalls=no
LogDenied=off
FirewallBackend=${2:-nftables}
FlushAllOnReload=yes
RFC3964_IPv4=yes
AllowZoneDrifting=no
X
}

# One jail, sshd, with this banaction, and these further lines.
start_fail2ban() {
    mkdir -p /run/fail2ban
    : >auth.log
    rm -f /etc/fail2ban/jail.d/*.conf /etc/fail2ban/jail.d/*.local
    printf '[DEFAULT]\nbanaction = %s\n[sshd]\nenabled = true\nbackend = polling\nlogpath = %s/auth.log\n%s\n' \
        "$1" "$PWD" "${2:-}" >/etc/fail2ban/jail.local
    fail2ban-server -f >fail2ban.log 2>&1 &
    wait_for fail2ban-client status sshd
}

ban() {
    fail2ban-client set sshd banip "$@"
    for address in "$@"; do
        wait_for rules_hold "$address"
    done
}

# sshguard's own program for one kind of firewall, told to block as its blocker tells it.
start_sshguard() {
    { printf 'block 198.51.100.66 4 32\nblock 2001:db8:a::66 6 128\n'; sleep 100000; } |
        "/usr/libexec/sshguard/sshg-fw-$1" &
    wait_for rules_hold 198.51.100.66
    wait_for rules_hold 2001:db8:a::66
}

# Makes the tree of a host that boots. Arguments: release, mirror, an empty folder.
# A change of this text makes a new image.
set -eu
release=$1 mirror=$2 room=$3
tree=$room/tree
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

packages="systemd-sysv libpam-systemd dbus openssh-server openssh-client procps iproute2
 nftables iptables ipset ufw firewalld fail2ban python3-systemd sshguard dropbear-bin
 netcat-openbsd passwd login libpam-modules"

debootstrap --variant=minbase --foreign "$release" "$tree" "$mirror"
# Without a network nothing that an installation starts can reach anybody, and no rule set but its own.
unshare --net chroot "$tree" /debootstrap/debootstrap --second-stage

printf 'deb %s %s main\n' "$mirror" "$release" > "$tree/etc/apt/sources.list"
printf '#!/bin/sh\nexit 101\n' > "$tree/usr/sbin/policy-rc.d"
chmod 755 "$tree/usr/sbin/policy-rc.d"
printf 'force-unsafe-io\n' > "$tree/etc/dpkg/dpkg.cfg.d/image"
cp --dereference /etc/resolv.conf /etc/hosts "$tree/etc/"
mount -t proc proc "$tree/proc"
inside() { chroot "$tree" "$@"; }
inside apt-get -q update
inside apt-get -q install --yes --no-install-recommends --download-only $packages
unshare --net chroot "$tree" apt-get -q install --yes --no-install-recommends --no-download $packages
inside apt-get clean

inside systemctl disable ufw firewalld fail2ban sshguard nftables
inside systemctl enable ssh.service
# What a host in a namespace does not need, and what would work by itself while a host is looked at.
inside systemctl mask \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service \
    man-db.timer logrotate.timer systemd-tmpfiles-clean.timer systemd-timesyncd.service systemd-resolved.service \
    systemd-networkd-wait-online.service getty.target console-getty.service systemd-firstboot.service \
    systemd-update-utmp.service systemd-update-utmp-runlevel.service sys-kernel-debug.mount sys-kernel-tracing.mount \
    dev-hugepages.mount dev-mqueue.mount systemd-hwdb-update.service systemd-udevd.service systemd-udev-trigger.service \
    ldconfig.service systemd-journal-catalog-update.service systemd-update-done.service modprobe@.service

printf 'server\n' > "$tree/etc/hostname"
printf '127.0.0.1 localhost\n::1 localhost\n127.0.1.1 server\n' > "$tree/etc/hosts"
: > "$tree/etc/resolv.conf"
: > "$tree/etc/fstab"
printf 'c0ffee00c0ffee00c0ffee00c0ffee00\n' > "$tree/etc/machine-id"
printf '[Journal]\nStorage=persistent\nRateLimitIntervalSec=0\n' > "$tree/etc/systemd/journald.conf"
mkdir -p "$tree/var/log/journal" "$tree/etc/systemd/logind.conf.d"
# Nothing of a login is left when the client has gone.
printf '[Login]\nUserStopDelaySec=0\n' > "$tree/etc/systemd/logind.conf.d/image.conf"

mkdir -p "$room/keys"
for kind in ed25519 rsa ecdsa; do
    ssh-keygen -q -t "$kind" -N '' -C client -f "$room/keys/$kind"
done
for name in authority expired stranger; do
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$room/keys/$name"
done
# The key "expired" has a certificate that is, the key "stranger" one for somebody else.
ssh-keygen -q -s "$room/keys/authority" -I expired -n deploy -V 20200101:20200201 "$room/keys/expired.pub"
ssh-keygen -q -s "$room/keys/authority" -I stranger -n somebody-else "$room/keys/stranger.pub"
cp "$room/keys/"*.pub "$tree/usr/local/share/"
inside useradd --create-home --shell /bin/bash deploy
# The password is the account's name and "-password".
printf 'deploy:deploy-password\nroot:root-password\n' | inside chpasswd
for home in root home/deploy; do
    mkdir -p "$tree/$home/.ssh"
    cp "$room/keys/ed25519.pub" "$tree/$home/.ssh/authorized_keys"
    chmod 700 "$tree/$home/.ssh"
    chmod 600 "$tree/$home/.ssh/authorized_keys"
done
inside chown -R deploy:deploy /home/deploy/.ssh

rm "$tree/usr/sbin/policy-rc.d" "$tree/etc/dpkg/dpkg.cfg.d/image"
rm -rf "$tree/var/lib/apt/lists" "$tree/usr/share/doc" "$tree/usr/share/man"
umount "$tree/proc"

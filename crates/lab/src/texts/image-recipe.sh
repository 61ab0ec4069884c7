# Makes a tree with the clients and servers whose words are recorded. Arguments: release, mirror, an empty folder.
# A change of this text makes a new image.
set -eu
release=$1 mirror=$2 room=$3
tree=$room/tree
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

packages="openssh-server openssh-client sshpass rsyslog iproute2 nftables procps passwd login libpam-modules
 netcat-openbsd bsdutils"
more=
case $release in
bookworm)
    more="dropbear-bin putty-tools python3-paramiko python3-asyncssh curl git rsync lftp sshfs rclone ansible-core
     qemu-utils qemu-block-extra locales libc-l10n mosh libpam-google-authenticator busybox ssh-audit" ;;
trixie) more="dropbear-bin putty-tools python3-paramiko curl git rsync busybox" ;;
esac

# A release that is younger than debootstrap is made like the others.
script=/usr/share/debootstrap/scripts/$release
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
debootstrap --variant=minbase --foreign "$release" "$tree" "$mirror" "$script"
# Without a network nothing that an installation starts can reach anybody.
unshare --net chroot "$tree" /debootstrap/debootstrap --second-stage

printf 'deb %s %s main\n' "$mirror" "$release" > "$tree/etc/apt/sources.list"
printf '#!/bin/sh\nexit 101\n' > "$tree/usr/sbin/policy-rc.d"
chmod 755 "$tree/usr/sbin/policy-rc.d"
printf 'force-unsafe-io\n' > "$tree/etc/dpkg/dpkg.cfg.d/image"
cp --dereference /etc/resolv.conf /etc/hosts "$tree/etc/"
mount -t proc proc "$tree/proc"
inside() { chroot "$tree" "$@"; }
# A mirror of a release in the making may lag; its signature is checked all the same.
inside apt-get -q -o Acquire::Check-Valid-Until=false update
inside apt-get -q install --yes --no-install-recommends --download-only $packages $more
unshare --net chroot "$tree" apt-get -q install --yes --no-install-recommends --no-download $packages $more
inside apt-get clean

if [ "$release" = bookworm ]; then
    for language in de_DE fr_FR es_ES ja_JP zh_CN; do
        printf '%s.UTF-8 UTF-8\n' "$language" >> "$tree/etc/locale.gen"
    done
    inside locale-gen
fi

# The person at the client, and an account on the server; its password is the account's name and "-password".
inside useradd --create-home --shell /bin/bash --uid 1000 me
inside useradd --create-home --shell /bin/bash --uid 1001 deploy
printf 'deploy:deploy-password\nroot:root-password\n' | inside chpasswd
printf 'server\n' > "$tree/etc/hostname"
: > "$tree/etc/resolv.conf"
rm -f "$tree/etc/ssh/ssh_host_"* "$tree/usr/sbin/policy-rc.d" "$tree/etc/dpkg/dpkg.cfg.d/image"
rm -rf "$tree/var/lib/apt/lists" "$tree/usr/share/doc" "$tree/usr/share/man"
umount "$tree/proc"

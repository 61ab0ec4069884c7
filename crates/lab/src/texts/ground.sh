# The ground under one provocation. Runs as pid 1 of its own namespaces; arguments: the tree, what to do in it.
set -eu
tree=$1 todo=$2
mount --make-rprivate /
# Nothing that is written reaches the tree.
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$tree,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
root=/mnt/root
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
chmod 1777 "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
for node in null zero full random urandom tty; do
    : > "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
done
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
hostname server

# One network namespace holds both sides: the client is 198.51.100.7, everything below 203.0.113.0/24 that is named is local too.
ip link set lo up
ip address add 198.51.100.7/32 dev lo
ip -6 address add 2001:db8:a::7/128 dev lo nodad
for address in 203.0.113.9 203.0.113.20; do
    ip route add local "$address" dev lo src 198.51.100.7 table local
done
ip -6 address add 2001:db8::9/128 dev lo nodad
# Silence is told after seconds, not minutes.
sysctl -qw net.ipv4.tcp_syn_retries=1 net.ipv6.conf.all.disable_ipv6=0
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
    chroot "$root" /bin/bash -c "$todo" provocation

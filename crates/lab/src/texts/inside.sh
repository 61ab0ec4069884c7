# What every provocation may use; its own lines follow. All that it puts into /run/text is the text.
set -eu
: > /run/text
: > /run/server.log
mkdir -p /run/sshd /run/lock
exec 9>&1 >&2

cat > /etc/hosts <<'END'
127.0.0.1 localhost
::1 localhost
203.0.113.9 server.example.net server
203.0.113.20 jump.example.net jump
192.0.2.9 far.example.net
2001:db8::9 six.example.net
END
printf 'hosts: files dns\npasswd: files\ngroup: files\nshadow: files\n' > /etc/nsswitch.conf

# What a person sees at a terminal: the command after a prompt, then everything that it prints. What is typed comes after it;
# then the terminal's end of file.
type_in() {
    printf 'me@laptop:~$ %s\n' "$1" >> /run/text
    on_terminal "$@"
}

on_terminal() {
    ( cd /home/me && type_slowly "${2:-}" | as_me script --quiet --return --flush \
        --command "timeout --foreground --kill-after=1 ${patience:-25} bash -c $(printf '%q' "$1")" /dev/null 2>&1 |
        tr -d '\r\010' | sed 's/^^D//' >> /run/text ) || true
}

# A person answers a prompt when it is there: what is typed before is thrown away.
type_slowly() {
    printf '%b' "$1" | while read -r line; do
        sleep 5.5
        printf '%s\n' "$line"
    done
    sleep 1.5
}

# Everything that a command of a script prints: there is no terminal.
record() {
    ( cd /home/me && as_me timeout --kill-after=1 "${patience:-25}" bash -c "$1" < /dev/null >> /run/text 2>&1 ) || true
}

as_me() {
    setpriv --reuid=1000 --regid=1000 --clear-groups env -i HOME=/home/me USER=me LOGNAME=me TERM=xterm-256color SHELL=/bin/bash \
        PATH=/usr/local/bin:/usr/bin:/bin LC_ALL="${language:-C.UTF-8}" SSH_ASKPASS="${SSH_ASKPASS:-}" \
        ${SSH_AUTH_SOCK:+SSH_AUTH_SOCK="$SSH_AUTH_SOCK"} SSH_ASKPASS_REQUIRE="${SSH_ASKPASS_REQUIRE:-}" "$@"
}

# What the server said, as the text or after what there is.
take_server_log() {
    sleep "${1:-0.3}"
    cat /run/server.log >> /run/text
}

# What the daemon's system log holds.
take_system_log() {
    sleep "${1:-0.5}"
    cat /var/log/auth.log >> /run/text
}

# A line of sshd_config that comes first and therefore wins.
option() {
    printf '%s\n' "$*" | cat - /etc/ssh/sshd_config > /run/sshd_config
    cat /run/sshd_config > /etc/ssh/sshd_config
}

# sshd, its words in /run/server.log; arguments are its own.
serve() {
    "$(command -v sshd)" -D -e "$@" >> /run/server.log 2>&1 &
    until_listening "${port:-22}"
}

# sshd whose words go to the system log.
serve_with_system_log() {
    keep_system_log
    "$(command -v sshd)" -D "$@" &
    until_listening "${port:-22}"
}

keep_system_log() {
    printf 'module(load="imuxsock")\n$RepeatedMsgReduction on\n%s\nauth,authpriv.* /var/log/auth.log\n' \
        "${log_template:-\$ActionFileDefaultTemplate RSYSLOG_TraditionalFileFormat}" > /etc/rsyslog.conf
    rm -rf /etc/rsyslog.d
    rsyslogd
    for _ in $(seq 50); do [ -S /dev/log ] && break; sleep 0.1; done
}

until_listening() {
    for _ in $(seq 100); do
        if [ -n "$(ss -Hltn "sport = :$1")" ]; then return; fi
        sleep 0.05
    done
    echo "nothing listens on port $1" >&2
    cat /run/server.log >&2
    exit 1
}

# A service of a few bytes: says these words (as Python writes bytes), waits so many seconds, and closes or resets.
say() {
    cat > /run/say.py <<END
import socket, struct, sys, threading, time
listener = socket.create_server(("", ${port:-22}), reuse_port=True)
def serve(peer):
    peer.sendall(b"$1")
    time.sleep(${2:-0.2})
    if "${3:-close}" == "close":
        peer.setblocking(False)
        try:
            peer.recv(4096)
        except BlockingIOError:
            pass
    if "${3:-close}" == "reset":
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
END
    python3 /run/say.py &
    until_listening "${port:-22}"
}

packet_rule() {
    nft add table inet lockout
    nft "add chain inet lockout ${hook:-input} { type filter hook ${hook:-input} priority 0; }"
    nft "add rule inet lockout ${hook:-input} $*"
}

rm -f /etc/ssh/ssh_host_*
for kind in ed25519 ecdsa; do ssh-keygen -q -t $kind -N '' -C root@server -f /etc/ssh/ssh_host_${kind}_key; done
printf 'PasswordAuthentication yes\nPermitRootLogin prohibit-password\nChallengeResponseAuthentication no\nUsePAM yes\nPrintMotd no\nAcceptEnv LANG LC_*\nSubsystem sftp /usr/lib/openssh/sftp-server\n' > /etc/ssh/sshd_config
printf 'Host *\n    SendEnv LANG LC_*\n' > /etc/ssh/ssh_config
mkdir -p /home/me/.ssh /home/deploy/.ssh /root/.ssh
ssh-keygen -q -t ed25519 -N '' -C me@laptop -f /home/me/.ssh/id_ed25519
for home in /home/deploy /root; do cp /home/me/.ssh/id_ed25519.pub $home/.ssh/authorized_keys; done
for name in server,server.example.net,203.0.113.9 jump,jump.example.net,203.0.113.20 six.example.net,2001:db8::9; do
    for kind in ed25519 ecdsa; do
        printf '%s %s\n' "$name" "$(cut -d' ' -f1,2 /etc/ssh/ssh_host_${kind}_key.pub)"
    done
done > /home/me/.ssh/known_hosts
chmod 700 /home/*/.ssh /root/.ssh
chown -R me:me /home/me
chown -R deploy:deploy /home/deploy

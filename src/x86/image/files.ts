/** The texts in the guest's first file system: its first process, `fetch`, and what DHCP calls. */

/**
 * Says on ttyS1 that it is ready, reads a script there up to a line with a point, runs it, and makes the console a shell.
 * The machine is saved while it waits.
 */
const INIT = `#!/bin/sh
export PATH=/bin HOME=/ TERM=vt100
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox --install -s /bin
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
hostname guest
stty -F /dev/ttyS1 raw -echo
exec 3<>/dev/ttyS1
echo @ready >&3
awk '$0 == "." { exit } { print }' <&3 >/run/script
exec 3>&-
sh /run/script
while :; do setsid cttyhack sh; done
`;

/** Downloads without storing: a pipe counts the bytes and another one sums them up. */
const FETCH = `#!/bin/sh
# fetch URL: downloads it, and compares its SHA-256 with the one at URL.sha256.
set -o pipefail
clock() { read -r up _ </proc/uptime; echo "\${up%.*}\${up#*.}0"; }
if [ $# -ne 1 ]; then
  echo "usage: fetch URL" >&2
  exit 2
fi
pipe=/run/fetch.$$
mkfifo "$pipe" || exit 1
trap 'rm -f "$pipe" "$pipe.sum"' EXIT
sha256sum <"$pipe" >"$pipe.sum" &
began=$(clock)
bytes=$(wget -q -O - "$1" | tee "$pipe" | wc -c)
status=$?
ms=$(($(clock) - began))
wait
outcome=failed
if [ "$status" -eq 0 ]; then
  expected=$(wget -q -O - "$1.sha256" | cut -c 1-64) || expected=
  read -r found _ <"$pipe.sum"
  if [ -z "$expected" ]; then outcome=failed
  elif [ "$found" = "$expected" ]; then outcome=ok
  else outcome=wrong
  fi
fi
echo "@fetched $bytes $ms $outcome" >/dev/ttyS1
case "$outcome" in
  ok) verdict="sha256 ok" ;;
  wrong) verdict="sha256 WRONG" ;;
  *) verdict="FAILED" ;;
esac
printf 'fetch: %d bytes, %d.%02d s, %s\\n' "$bytes" $((ms / 1000)) $((ms % 1000 / 10)) "$verdict"
[ "$outcome" = ok ]
`;

/** What udhcpc calls: the address, the routes and the name servers. */
const DHCP_EVENT = `#!/bin/sh
case "$1" in
  deconfig) ip addr flush dev "$interface" ;;
  bound | renew)
    ip addr flush dev "$interface"
    ip addr add "$ip/\${mask:-24}" dev "$interface"
    for gateway in $router; do ip route add default via "$gateway" dev "$interface" && break; done
    mkdir -p /etc
    for server in $dns; do echo "nameserver $server"; done >/etc/resolv.conf
    ;;
esac
`;

/** Paths in the image; all of them can be executed. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  init: INIT,
  "bin/fetch": FETCH,
  "bin/dhcp-event": DHCP_EVENT,
};

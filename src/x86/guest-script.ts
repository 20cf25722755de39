/** What a guest is told over its control channel (ttyS1) once it has said that it is ready: a script of a POSIX shell. */
import { VpioError } from "../base/errors.ts";
import { formatSize } from "../base/units.ts";
import type { LinuxDriver } from "../devices/device.ts";

export type GuestAddress =
  | { readonly kind: "dhcp" }
  | { readonly kind: "static"; readonly ip: string; readonly prefix: number };

export interface GuestSetup {
  readonly driver: LinuxDriver;
  /** As "02:00:00:00:00:01"; without it, the address that the card has burnt in. */
  readonly mac?: string | undefined;
  readonly address: GuestAddress;
  /** One after the other, each by a shell of its own: "begin" and "end" events tell of number 0, 1, ... */
  readonly commands: readonly string[];
}

/** v86 cannot move windows in memory: 8139too is to use its ports. */
const PARAMETERS: Readonly<Record<LinuxDriver, string>> = { "8139too": " use_io=1", "ne2k-pci": "" };

/** The line after which the guest runs what it has read. */
const END_OF_SCRIPT = ".";
/** The guest has no flow control on this line: what it does not read in time is lost. */
const SCRIPT_BYTES_MAX = 49_152;

/**
 * How a guest tells of what it does: a line on ttyS1. A clock in milliseconds that does not go back. What eth0 has counted,
 * read by the shell itself: a process is dear in an emulator, and this is asked for all the time.
 */
const PRELUDE = `say() { echo "@$*" >/dev/ttyS1; }
clock() { read -r up _ </proc/uptime; echo "\${up%.*}\${up#*.}0"; }
traffic() {
read -r sent <"$counters/tx_packets" && read -r sent_bytes <"$counters/tx_bytes" || return
read -r received <"$counters/rx_packets" && read -r received_bytes <"$counters/rx_bytes" || return
say traffic "$sent" "$sent_bytes" "$received" "$received_bytes"
}
counters=/sys/class/net/eth0/statistics
give_up() { say failed "$*"; echo "$*" >&2; }
nl='
'`;

/** Answers how it ended; only one line of its output counts, and that is the one on ttyS1. */
const RUN = `run() {
say begin "$1"
began=$(clock)
sh -c "$2" </dev/null
status=$?
say end "$1" "$status" $(($(clock) - began))
traffic
}`;

/** The script, with the line that ends it. Throws a USAGE error when it is too long. */
export function guestScript({ driver, mac, address, commands }: GuestSetup): string {
  const script = [
    PRELUDE,
    RUN,
    "echo 1 >/sys/bus/pci/rescan",
    `modprobe ${driver}${PARAMETERS[driver]}`,
    `dmesg | grep ${driver}`,
    "if [ -e /sys/class/net/eth0 ]; then",
    ...(mac === undefined ? [] : [`ip link set eth0 address ${quoted(mac)}`]),
    "say probe eth0 $(cat /sys/class/net/eth0/address)",
    "ip link set lo up",
    `if ip link set eth0 up && ${addressing(address)}`,
    "then say up eth0 $(ip -o -4 addr show eth0 | tr -s ' ' | cut -d ' ' -f 4)",
    "while sleep 1; do traffic; done &",
    ...commands.map((command, i) => `run ${i} ${quoted(command)}`),
    `else give_up ${quoted(failureOf(address))}`,
    "fi",
    `else give_up ${quoted(`${driver} has found no card`)}`,
    "fi",
    "say done",
    END_OF_SCRIPT,
    "",
  ].join("\n");
  const bytes = new TextEncoder().encode(script).length;
  if (bytes > SCRIPT_BYTES_MAX)
    throw new VpioError(
      "USAGE",
      `the commands of a guest make a script of ${formatSize(bytes)}, expected at most ${formatSize(SCRIPT_BYTES_MAX)}`,
    );
  return script;
}

/** A static address has no router: whoever it may be, it is on the segment. */
function addressing(address: GuestAddress): string {
  if (address.kind === "dhcp") return "udhcpc -i eth0 -n -q -t 10 -T 1 -s /bin/dhcp-event";
  const own = `ip addr add ${quoted(`${address.ip}/${address.prefix}`)} dev eth0`;
  return `${own} && ip route add default dev eth0`;
}

const failureOf = ({ kind }: GuestAddress): string =>
  kind === "dhcp" ? "eth0 has got no address by DHCP" : "eth0 cannot be set up";

/** As one word of a shell. No line of it can be taken for the end of the script: a new line is a variable. */
function quoted(text: string): string {
  const escaped = text.replaceAll("'", `'\\''`).replaceAll("\n", `'"$nl"'`);
  return `'${escaped}'`;
}

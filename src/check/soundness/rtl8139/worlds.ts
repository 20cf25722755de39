/** The worlds in which the RTL8139 is explored. */

import { RESERVED_FROM } from "../../../devices/rtl8139/hooks.ts";
import {
  CAPR_LAG,
  CR,
  CR9346,
  PORT_BYTES,
  RCR,
  TCR,
  TCTR_MHZ,
  TSD,
  TX_MAX_BYTES,
} from "../../../devices/rtl8139/registers.ts";
import { access, HANDOVER, read, SENT, SERVICE, write } from "../accesses.ts";
import type { World } from "../specimen.ts";
import {
  BROADCAST,
  FRAME_BYTES,
  HALF_RING,
  NEAR_END,
  OPEN,
  OUTSIDE,
  RESET,
  RING,
  RING_TOO_FAR,
  RUNNING,
  SENDING,
  transmits,
  writes,
} from "./accesses.ts";

const TURN_OFF = writes("CR", 0, "off");
const SEND_ONLY = writes("CR", CR.TE, "receiver off");
const RUN = writes("CR", RUNNING, "both on");
const ACKNOWLEDGE = writes("ISR", 0xffff, "all acknowledged");
/** Five microseconds. */
const TICKS = 5 * TCTR_MHZ;
const RCR_16K = 0x0000_0800;
const KEPT = [
  ...(["IDR0", "IDR4", "MAR0", "MAR4", "CONFIG0", "CONFIG1", "CONFIG3", "CONFIG4", "CONFIG5"] as const),
  ...(["BMCR", "ANAR", "MSR", "MULINT", "NWAYTR", "CSCR", "PHY1_PARM", "TW_PARM", "PHY2_PARM"] as const),
  "TCR",
] as const;

export const RTL8139_WORLDS: readonly World[] = [
  {
    name: "transmit",
    what: "four descriptors, in turn and out of turn",
    start: SENDING,
    amid: [],
    steps: [
      ...(["TSD0", "TSD1", "TSD2", "TSD3"] as const).map(transmits),
      SENT,
      SERVICE,
      HANDOVER,
      RESET,
      TURN_OFF,
      writes("CR", CR.TE, "on"),
    ],
  },
  {
    name: "buffers",
    what: "transmit buffers within the guest's memory, at its end and outside; sizes",
    start: SENDING,
    amid: ["service", "drain", "exit"],
    steps: [
      transmits("TSD0"),
      transmits("TSD1"),
      writes("TSD0", TSD.OWN | FRAME_BYTES, "still the host's"),
      writes("TSD0", TX_MAX_BYTES + 1, "too long"),
      writes("TSAD0", 0, "within"),
      writes("TSAD0", NEAR_END, "at the end of memory"),
      writes("TSAD0", OUTSIDE, "outside"),
      TURN_OFF,
      writes("CR", CR.TE, "on"),
      ACKNOWLEDGE,
      writes("IMR", 0, "all masked"),
      SENT,
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "rings",
    what: "receive rings within the guest's memory and partly outside, armed and disarmed",
    start: OPEN,
    amid: ["service", "drain", "exit"],
    steps: [
      BROADCAST,
      writes("RBSTART", RING, "within"),
      writes("RBSTART", RING_TOO_FAR, "the ring runs over the end"),
      writes("RCR", RCR.AB, "8 KiB"),
      writes("RCR", RCR.AB | RCR.WRAP | RCR_16K, "16 KiB and what runs on behind them: too large"),
      SEND_ONLY,
      RUN,
      SERVICE,
      HANDOVER,
      RESET,
    ],
  },
  {
    name: "overflow",
    what: "a ring that fills, is read and overflows; missed frames",
    start: OPEN,
    amid: ["service", "exit"],
    steps: [
      BROADCAST,
      writes("CAPR", HALF_RING - CAPR_LAG, "read up to the middle"),
      writes("CAPR", 0x1_0000 - CAPR_LAG, "read up to the start"),
      ACKNOWLEDGE,
      writes("IMR", 0, "all masked"),
      writes("MPC", 0, "cleared"),
      SEND_ONLY,
      RUN,
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "loopback",
    what: "frames that the card sends to itself",
    start: OPEN,
    amid: ["service"],
    steps: [
      writes("TCR", TCR.LBK, "loopback"),
      writes("TCR", 0, "no loopback"),
      transmits("TSD0"),
      transmits("TSD1"),
      writes("RBSTART", RING_TOO_FAR, "the ring runs over the end"),
      SEND_ONLY,
      RUN,
      BROADCAST,
      SENT,
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "eeprom",
    what: "operating modes in 9346CR, the lines of the EEPROM, with a transmit and a frame",
    start: OPEN,
    amid: [],
    steps: [
      writes("CR9346", CR9346.EEM_NORMAL, "normal"),
      writes("CR9346", CR9346.EEM_CONFIG, "configuration"),
      writes("CR9346", CR9346.EEM_AUTOLOAD, "load from the EEPROM"),
      writes("CR9346", CR9346.EEM_PROGRAM, "programming"),
      writes("CR9346", CR9346.EEM_PROGRAM | CR9346.EECS, "programming, selected"),
      writes("CR9346", CR9346.EEM_PROGRAM | CR9346.EECS | CR9346.EEDI | CR9346.EESK, "a one clocked in"),
      transmits("TSD0"),
      BROADCAST,
      SENT,
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "timer",
    what: "the timer, and time that passes",
    start: OPEN,
    amid: ["service", "drain", "exit"],
    steps: [
      writes("TimerInt", 2 * TICKS, "ten microseconds"),
      writes("TimerInt", 0, "off"),
      writes("TCTR", 0, "started again"),
      { kind: "pass", what: "five microseconds pass", ns: 5000, untilNs: 25_000 },
      ACKNOWLEDGE,
      writes("IMR", 0, "all masked"),
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "registers",
    bound: 3,
    what: "every other register that can be written",
    start: OPEN,
    amid: [],
    steps: [
      ...KEPT.map((name) => writes(name, 0x5a5a_5a5a, "something else")),
      writes("CR9346", CR9346.EEM_CONFIG, "configuration"),
      writes("CR9346", CR9346.EEM_NORMAL, "normal"),
      access("the guest reads port 0x84", read(RESERVED_FROM, 1)),
      access("the guest writes port 0xff", write(PORT_BYTES - 1, 1, 0)),
      HANDOVER,
      RESET,
    ],
  },
];

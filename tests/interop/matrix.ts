/**
 * With whom calls work, over which transport, in one table: what has come of the trials, by the cells
 * that they are for. It is printed at the end of a run, and stands in README.md.
 */
import { EVERY_PROTOCOL, type Protocol } from "./engine.ts";

/** What there is to a call; "here" is the engine's end. */
export const COLUMNS = [
  "we call",
  "called",
  "cancel",
  "busy",
  "hold",
  "hang up here",
  "hang up there",
] as const;

/** One of them. */
export type Column = typeof COLUMNS[number];

/** With whom there are calls. */
export const PEERS = ["Kamailio", "baresip", "linphone", "SIPp"] as const;

/** One of them. */
export type PeerName = typeof PEERS[number];

/** What a trial tells of itself, and what came of it. */
export interface Outcome {
  readonly peer: PeerName;
  readonly protocol: Protocol;
  /** What of the table it is a trial of. */
  readonly cells: readonly Column[];
  /** How many calls there were to be, and how many went as they have to. */
  readonly calls: number;
  readonly ok: number;
  readonly hasPassed: boolean;
}

/** A remark on a peer, over some transports; rows without cells have one that says why. */
interface Remark {
  readonly peer: PeerName;
  readonly protocols: readonly Protocol[];
  /** Whether there is nothing to be tried. */
  readonly isImpossible?: boolean;
  readonly text: string;
}

const REMARKS: readonly Remark[] = [
  {
    peer: "Kamailio",
    protocols: EVERY_PROTOCOL,
    text: "Two engines call each other, both registered over that transport; Kamailio challenges " +
      "REGISTER and INVITE with MD5, and records its route. Hold is tried by both.",
  },
  {
    peer: "baresip",
    protocols: ["UDP", "TCP", "TLS"],
    text:
      "baresip and the engine are both registered at Kamailio, over that transport, and challenged.",
  },
  {
    peer: "baresip",
    protocols: ["WS", "WSS"],
    text: "baresip 1.0 has no WebSockets: the engine comes by them to Kamailio, and the phone is " +
      "there over TCP (WS) or TLS (WSS).",
  },
  {
    peer: "baresip",
    protocols: EVERY_PROTOCOL,
    text:
      "baresip does not tell when it is held: its answer to the re-INVITE is looked at. It gives up " +
      "where the first challenge is none of MD5, so that MD5 is what it gets.",
  },
  {
    peer: "linphone",
    protocols: ["UDP", "TCP", "TLS"],
    text:
      "linphone and the engine are both registered at Kamailio. It declines with 603; 486 is what a " +
      "second caller gets. It calls users at Kamailio's address, since the domain is in no DNS. It " +
      "did not register when it was challenged with SHA-256, so that MD5 is what it gets.",
  },
  {
    peer: "linphone",
    protocols: ["TLS", "WSS"],
    text:
      "Over TLS linphone's Contact has a port where it takes no connections: Kamailio reaches it by the " +
      "one that it has opened. Of certificates it checks the issuer only here, since it compares " +
      "no addresses.",
  },
  {
    peer: "linphone",
    protocols: ["WS", "WSS"],
    text: "linphone has no WebSockets: as with baresip.",
  },
  {
    peer: "SIPp",
    protocols: ["UDP", "TCP"],
    text:
      "SIPp and the engine call each other directly, many calls at a time. In trials of its own SIPp " +
      "registers at the engine and calls it, and is challenged.",
  },
  {
    peer: "SIPp",
    protocols: ["TLS", "WS", "WSS"],
    isImpossible: true,
    text: "Debian's SIPp is built without TLS, and no SIPp has WebSockets.",
  },
];

const NOTHING = "—";

/**
 * The table, in Markdown, and the remarks below it. A cell has how many calls went well, of how many;
 * `versions` is what each peer is.
 */
export function drawMatrix(
  outcomes: readonly Outcome[],
  versions: Readonly<Record<PeerName, string>>,
): string {
  const head = ["with", "over", ...COLUMNS, "remarks"];
  const rows = rowsOf().map(({ peer, protocol, remarks }) => [
    `${peer} ${versions[peer]}`,
    protocol,
    ...COLUMNS.map((column) => cellOf(outcomes, peer, protocol, column)),
    remarks.map((each) => REMARKS.indexOf(each) + 1).join(", "),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[], fill: string) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0, fill)).join(" | ")} |`;
  return [
    line(head, " "),
    line(head.map(() => ""), "-"),
    ...rows.map((row) => line(row, " ")),
    "",
    ...REMARKS.map(({ text }, i) => `${i + 1}. ${text}`),
    "",
  ].join("\n");
}

/** The cells that have to have a trial and have none. */
export function gapsOf(outcomes: readonly Outcome[]): string[] {
  return rowsOf().flatMap(({ peer, protocol, remarks }) => {
    if (remarks.some(({ isImpossible }) => isImpossible)) return [];
    return COLUMNS.filter((column) => cellTrials(outcomes, peer, protocol, column).length === 0)
      .map((column) => `${peer} ${protocol}: nothing was tried for "${column}"`);
  });
}

function rowsOf(): { peer: PeerName; protocol: Protocol; remarks: Remark[] }[] {
  return PEERS.flatMap((peer) =>
    EVERY_PROTOCOL.map((protocol) => ({
      peer,
      protocol,
      remarks: REMARKS.filter((each) => each.peer === peer && each.protocols.includes(protocol)),
    }))
  );
}

function cellOf(
  outcomes: readonly Outcome[],
  peer: PeerName,
  protocol: Protocol,
  column: Column,
): string {
  const trials = cellTrials(outcomes, peer, protocol, column);
  if (trials.length === 0) return NOTHING;
  const sum = (key: "calls" | "ok") => trials.reduce((total, each) => total + each[key], 0);
  const isGood = trials.every(({ hasPassed }) => hasPassed);
  return `${sum("ok")}/${sum("calls")}${isGood ? "" : " FAILED"}`;
}

function cellTrials(
  outcomes: readonly Outcome[],
  peer: PeerName,
  protocol: Protocol,
  column: Column,
): Outcome[] {
  return outcomes.filter((each) =>
    each.peer === peer && each.protocol === protocol && each.cells.includes(column)
  );
}

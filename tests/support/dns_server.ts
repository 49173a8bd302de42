/**
 * A name server in the test's own process, on loopback: over UDP for resolvers of the runtime, and as
 * what an HTTP server answers with for DNS over HTTPS.
 *
 * @module
 */
import type {
  NaptrRecord,
  ResolverTable,
  SrvRecord,
} from "@strowger/sip/transports/resolver_table";

const TYPES: Readonly<Record<number, keyof ResolverTable>> = {
  1: "a",
  28: "aaaa",
  33: "srv",
  35: "naptr",
};
const encoder = new TextEncoder();

const word = (value: number): number[] => [value >> 8 & 255, value & 255];
const text = (value: string): number[] => [value.length, ...encoder.encode(value)];
const name = (value: string): number[] => [
  ...value.replace(/\.$/, "").split(".").filter((label) => label !== "").flatMap(text),
  0,
];

/** What a test may set. */
export interface Zone extends ResolverTable {
  /** The time to live of everything; 60 seconds by default. */
  readonly ttl?: number;
  /** What is answered to everything, a server failure (2) say. */
  readonly rcode?: number;
}

/** The answer to one question. */
export function answerTo(question: Uint8Array, zone: Zone): Uint8Array<ArrayBuffer> {
  let pos = 12;
  const labels: string[] = [];
  for (let length = question[pos] ?? 0; length > 0; length = question[pos] ?? 0) {
    labels.push(new TextDecoder().decode(question.subarray(pos + 1, pos + 1 + length)));
    pos += length + 1;
  }
  const type = (question[pos + 1] ?? 0) * 256 + (question[pos + 2] ?? 0);
  const kind = TYPES[type];
  const asked = labels.join(".").toLowerCase();
  const data = kind === undefined ? [] : (zone[kind]?.[asked] ?? []).map(rdata);
  const ttl = zone.ttl ?? 60;
  const answers = data.flatMap((each) => [
    // A pointer to the name in the question.
    ...[0xc0, 12, ...word(type), 0, 1],
    ...[...word(ttl >>> 16), ...word(ttl), ...word(each.length), ...each],
  ]);
  const soa = [
    ...name("ns.test"),
    ...name("admin.test"),
    ...[1, 2, 3, 4].flatMap(() => [0, 0, 0, 9]),
  ];
  const serial = [...soa, 0, 0, 0, 7];
  const authority = data.length > 0
    ? []
    : [0, ...word(6), 0, 1, 0, 0, 0, 30, ...word(serial.length), ...serial];
  const flags = [0x81, 0x80 | (zone.rcode ?? 0)];
  const counts = [0, 1, ...word(data.length), 0, data.length > 0 ? 0 : 1, 0, 0];
  const asIs = question.subarray(12, pos + 5);
  return new Uint8Array([
    ...question.subarray(0, 2),
    ...flags,
    ...counts,
    ...asIs,
    ...answers,
    ...authority,
  ]);
}

function rdata(record: unknown): number[] {
  if (typeof record === "string") {
    if (!record.includes(":")) return record.split(".").map(Number);
    const [head = "", tail = ""] = record.split("::");
    const groups = (part: string) => part.split(":").filter((each) => each !== "");
    const zeros = 8 - groups(head).length - groups(tail).length;
    const all = [...groups(head), ...Array.from({ length: zeros }, () => "0"), ...groups(tail)];
    return all.flatMap((group) => word(parseInt(group, 16)));
  }
  const each = record as Partial<SrvRecord & NaptrRecord>;
  const numbers = each.target === undefined
    ? [each.order, each.preference]
    : [each.priority, each.weight, each.port];
  const texts = each.target === undefined ? [each.flags, each.services, each.regexp] : [];
  return [
    ...numbers.flatMap((number) => word(number ?? 0)),
    ...texts.flatMap((each) => text(each ?? "")),
    ...name(each.target ?? each.replacement ?? ""),
  ];
}

/** Serves a zone over UDP until it is disposed of. */
export class DnsServer implements AsyncDisposable {
  zone: Zone;
  readonly port: number;
  /** How many questions came. */
  asked = 0;
  readonly #socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<void>;

  constructor(zone: Zone) {
    this.zone = zone;
    this.port = (this.#socket.addr as Deno.NetAddr).port;
    this.#serving = this.#serve();
  }

  async #serve(): Promise<void> {
    for await (const [question, from] of this.#socket) {
      this.asked++;
      await this.#socket.send(answerTo(question, this.zone), from);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#serving;
  }
}

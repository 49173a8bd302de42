/**
 * A recording as JSON Lines: a header, and one line for each entry. `docs/recording.md` describes the
 * format.
 *
 * @module
 */
import type { StateValue } from "xstate";
import { InvalidArgumentError } from "../messages/errors.ts";
import type { Edge, Emission, Endpoint, Entry, NewEntry } from "./entry.ts";
import { merged } from "./flights.ts";
import { plainData, type PlainObject } from "./plain_data.ts";
import { type RecordedCall, Recording, type RecordingLimits } from "./recording.ts";

/** What the header says. */
const FORMAT = "strowger-recording";
const VERSION = 1;
/** States within states: no machine comes near it. */
const MAX_DEPTH = 32;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * The lines of a recording, each with its line feed, in order of time.
 *
 * @example
 * ```ts
 * import { fromJsonLines, toJsonLines } from "@strowger/sip/inspector/json_lines";
 * import { Recorder } from "@strowger/sip/inspector/recorder";
 *
 * const recorder = new Recorder();
 * recorder.add({ kind: "delegate", callId: "a84b4c76e66710", time: 0, method: "onAccept" });
 * const text = [...toJsonLines(recorder.calls)].join("");
 * console.assert(fromJsonLines(text).call("a84b4c76e66710")?.entries.length === 1);
 * ```
 */
export function* toJsonLines(calls: Iterable<RecordedCall>): Generator<string> {
  yield `${JSON.stringify({ format: FORMAT, version: VERSION })}\n`;
  for (const entry of merged(calls)) yield `${JSON.stringify(toPlain(entry))}\n`;
}

/** Text where it is UTF-8, which nearly every message is; base64 where it is not. */
function toPlain(entry: Entry): unknown {
  if (entry.kind !== "message") return entry;
  const { octets, ...rest } = entry;
  try {
    return { ...rest, text: decoder.decode(octets) };
  } catch {
    const characters = Array.from(octets, (octet) => String.fromCharCode(octet)).join("");
    return { ...rest, base64: btoa(characters) };
  }
}

/**
 * Reads a recording again. Kinds of entries that are not known, and members that are not, are passed
 * over, so that later versions may have more of them.
 *
 * @param text The whole of it, or its lines one by one.
 * @param limits What is kept of it.
 * @throws `InvalidArgumentError` for what is no such recording; it says in which line.
 */
export function fromJsonLines(
  text: string | Iterable<string>,
  limits: RecordingLimits = {},
): Recording {
  const recording = new Recording(limits);
  let number = 0;
  for (const line of typeof text === "string" ? linesOf(text) : text) {
    number++;
    if (number > 1 && line.trim() === "") continue;
    const reader = new LineReader(number, line);
    if (number === 1) reader.header();
    else {
      const entry = reader.entry();
      if (entry !== undefined) recording.add(entry);
    }
  }
  if (number === 0) throw new InvalidArgumentError("line 1", `a header of ${FORMAT}`, "nothing");
  return recording;
}

/** One at a time: a file may have millions. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    yield text.slice(start, end === -1 ? undefined : end);
    if (end === -1) return;
    start = end + 1;
  }
}

type Plain = Readonly<Record<string, unknown>>;

class LineReader {
  readonly #number: number;
  readonly #values: Plain;

  constructor(number: number, line: string) {
    this.#number = number;
    this.#values = this.#parse(line);
  }

  header(): void {
    const { format, version } = this.#values;
    if (format !== FORMAT) this.#refuse("format", `"${FORMAT}"`, format);
    if (version !== VERSION) this.#refuse("version", `${VERSION}`, version);
  }

  entry(): (NewEntry & { n: number }) | undefined {
    const { core } = this.#values;
    const base = {
      callId: this.#text("callId"),
      n: this.#count("n"),
      time: this.#numeric("time"),
      ...(core === undefined ? {} : { core: this.#text("core") }),
    };
    const kind = this.#text("kind");
    switch (kind) {
      case "message":
        return { kind, ...base, ...this.#message() };
      case "start":
        return {
          kind,
          ...base,
          ...this.#actor(),
          state: this.#state(),
          ...this.#data("input"),
          ...this.#emitted(),
        };
      case "event":
        return {
          kind,
          ...base,
          ...this.#actor(),
          event: this.#text("event"),
          ...this.#status(),
          ...this.#data("data"),
        };
      case "transition":
        return {
          kind,
          ...base,
          ...this.#actor(),
          edges: this.#edges(),
          state: this.#state(),
          ...this.#emitted(),
        };
      case "timer":
        return { kind, ...base, ...this.#actor(), timer: this.#text("timer"), ...this.#delay() };
      case "delegate":
        return { kind, ...base, method: this.#text("method") };
      case "error":
        return { kind, ...base, code: this.#text("code"), message: this.#text("message") };
      default:
        return undefined;
    }
  }

  #parse(line: string): Plain {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      this.#refuse("", "a JSON object", line);
    }
    return this.#record("", value);
  }

  #message() {
    const { direction } = this.#values;
    if (direction !== undefined && direction !== "in" && direction !== "out") {
      this.#refuse("direction", '"in" or "out"', direction);
    }
    return {
      ...(direction === undefined ? {} : { direction } as { direction: "in" | "out" }),
      protocol: this.#text("protocol"),
      source: this.#endpoint("source"),
      destination: this.#endpoint("destination"),
      octets: this.#octets(),
    };
  }

  #octets(): Uint8Array {
    const { text, base64 } = this.#values;
    if (typeof text === "string") return encoder.encode(text);
    if (typeof base64 !== "string") this.#refuse("text", "a string, or base64", text);
    try {
      return Uint8Array.from(atob(base64 as string), (each) => each.charCodeAt(0));
    } catch {
      return this.#refuse("base64", "base64", base64);
    }
  }

  #endpoint(name: string): Endpoint {
    const { host, port } = this.#record(name, this.#values[name]);
    if (typeof host !== "string") return this.#refuse(`${name}.host`, "a string", host);
    if (port === undefined) return { host };
    if (typeof port === "number" && Number.isInteger(port) && port >= 0 && port <= 65_535) {
      return { host, port };
    }
    return this.#refuse(`${name}.port`, "0 to 65535", port);
  }

  #actor(): { actor: string; machine: string } {
    return { actor: this.#text("actor"), machine: this.#text("machine") };
  }

  #status(): { status?: number } {
    return this.#values.status === undefined ? {} : { status: this.#numeric("status") };
  }

  #delay(): { delay?: number } {
    return this.#values.delay === undefined ? {} : { delay: this.#numeric("delay") };
  }

  #data<Name extends string>(name: Name): { readonly [name in Name]?: PlainObject } {
    const value = this.#values[name];
    if (value === undefined) return {};
    return { [name]: plainData(this.#record(name, value)) } as { [name in Name]: PlainObject };
  }

  #emitted(): { emitted?: Emission[] } {
    const { emitted } = this.#values;
    if (emitted === undefined) return {};
    if (!Array.isArray(emitted)) return this.#refuse("emitted", "an array", emitted);
    const each = emitted.map((emission) => {
      const { type, ...data } = plainData(this.#record("emitted", emission));
      if (typeof type !== "string") return this.#refuse("emitted.type", "a string", type);
      return { ...data, type };
    });
    return { emitted: each };
  }

  #edges(): Edge[] {
    const { edges } = this.#values;
    if (!Array.isArray(edges)) return this.#refuse("edges", "an array", edges);
    return edges.map((each) => {
      const { source, index, event, targets } = this.#record("edges", each);
      const isEdge = typeof source === "string" && typeof index === "number" &&
        typeof event === "string" && Array.isArray(targets) &&
        targets.every((target) => typeof target === "string");
      return isEdge
        ? { source, index, event, targets }
        : this.#refuse("edges", "source, index, event and targets", JSON.stringify(each));
    });
  }

  #state(): StateValue {
    const { state } = this.#values;
    return isState(state, 0) ? state : this.#refuse("state", "the value of a state", state);
  }

  #text(name: string): string {
    const value = this.#values[name];
    return typeof value === "string" ? value : this.#refuse(name, "a string", value);
  }

  #numeric(name: string): number {
    const value = this.#values[name];
    return typeof value === "number" ? value : this.#refuse(name, "a number", value);
  }

  #count(name: string): number {
    const value = this.#numeric(name);
    const isCount = Number.isSafeInteger(value) && value >= 0 && value < Number.MAX_SAFE_INTEGER;
    return isCount ? value : this.#refuse(name, "a whole number from 0", value);
  }

  #record(name: string, value: unknown): Plain {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Plain;
    return this.#refuse(name, name === "" ? "a JSON object" : "an object", value);
  }

  #refuse(name: string, expected: string, found: unknown): never {
    const where = `line ${this.#number}${name === "" ? "" : `, ${name}`}`;
    throw new InvalidArgumentError(where, expected, `${found}`.slice(0, 60));
  }
}

function isState(value: unknown, depth: number): value is StateValue {
  if (typeof value === "string") return true;
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return false;
  return Object.values(value).every((child) => isState(child, depth + 1));
}

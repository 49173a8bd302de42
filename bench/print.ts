/**
 * What it costs to print a message until it is octets: the 200 with SDP to an INVITE that was
 * parsed, and an INVITE with SDP from nothing.
 *
 * @module
 */
import { parseMessage } from "../messages/mod.ts";
import { compare, median, printComparison, ratios, type Subject, WARM_UP_MS } from "./measure.ts";
import { jsSipPrinter } from "./jssip_printer.ts";
import { CALLS, type Printer, strowgerPrinter } from "./printer.ts";
import { sipJsPrinter } from "./sip_js_printer.ts";
import { sipPrinter } from "./sip_printer.ts";

const encoder = new TextEncoder();

/** One encoder for all who print text: the fastest that there is. */
function octetsOf(printed: string | Uint8Array): Uint8Array {
  return typeof printed === "string" ? encoder.encode(printed) : printed;
}

/** All that a message says, whatever the order of its headers and the white space in them. */
function factsOf(octets: Uint8Array): string {
  const message = parseMessage(octets);
  if (message.kind === "fault") throw new Error(message.toString());
  const [head = "", body] = new TextDecoder().decode(octets).split("\r\n\r\n");
  const [start, ...lines] = head.split("\r\n").map((line) => line.replaceAll(/\s/g, ""));
  return JSON.stringify([start, lines.toSorted(), body]);
}

/** One of the two messages that every printer makes. */
type What = "ok" | "invite";

function checkAgreement(printers: readonly Printer[], what: What): void {
  const [ours, ...others] = printers;
  for (let call = 0; call < CALLS; call++) {
    const expected = ours && factsOf(octetsOf(ours[what](call)));
    for (const printer of others) {
      const found = factsOf(octetsOf(printer[what](call)));
      if (found !== expected) {
        throw new Error(`${printer.name} printed ${found} where we printed ${expected}`);
      }
    }
  }
}

/** The last thing that was printed: whoever can see this cannot leave the printing out. */
export let kept: Uint8Array | undefined;

function subjectOf(printer: Printer, what: What): Subject {
  let call = 0;
  return {
    name: printer.name,
    warmUpMs: WARM_UP_MS,
    run(times) {
      for (let i = 0; i < times; i++) {
        kept = octetsOf(printer[what](call));
        call = (call + 1) % CALLS;
      }
    },
  };
}

async function bench(what: What, title: string): Promise<void> {
  const printers = [strowgerPrinter(), sipPrinter(), jsSipPrinter(), sipJsPrinter()];
  checkAgreement(printers, what);
  console.log(`Print: ${title}, of ${octetsOf(strowgerPrinter()[what](0)).length} octets\n`);
  const measurements = await compare(printers.map((printer) => subjectOf(printer, what)));
  printComparison("µs a message", measurements);
  const [ours, sip] = measurements;
  if (ours === undefined || sip === undefined) throw new Error("nothing was measured");
  console.log(`\n  ours / ${sip.name}: ${median(ratios(ours, sip)).toFixed(2)}\n`);
}

if (import.meta.main) {
  await bench("ok", "a 200 with SDP to an INVITE that was parsed");
  await bench("invite", "an INVITE with SDP");
}

/**
 * What it costs to parse a message and to read what routing needs of it: From, To, Via, CSeq and
 * Contact. The mean of the four kinds of message in a call.
 *
 * Every parser gets the messages as its own transports hand them over: octets, or text. What is
 * read is compared before anything is measured, and kept while it is.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import sip from "sip";
import jssipParser from "jssip/lib/Parser.js";
import { LoggerFactory, Parser } from "sip.js/lib/core/index.js";
import { parseMessage } from "../messages/mod.ts";
import { CParser, LIBRARIES } from "./c_parser.ts";
import {
  compare,
  median,
  printComparison,
  ratios,
  SIP_JS_WARM_UP_MS,
  type Subject,
  WARM_UP_MS,
} from "./measure.ts";
import { messagesOfCall } from "./messages.ts";

/** How many calls the messages are of. */
const CALLS = 64;

/** What is read of a message; URIs as the parser has them. */
export interface Reading {
  fromUri: unknown;
  fromTag: string | undefined;
  toUri: unknown;
  toTag: string | undefined;
  viaHost: string;
  viaBranch: string | undefined;
  sequence: number;
  method: string;
  contactUri: unknown;
}

const octets = Array.from({ length: CALLS }, (_, call) => messagesOfCall(call))
  .flat().map((text) => new TextEncoder().encode(text));
const texts = octets.map((each) => new TextDecoder().decode(each));
const buffers = octets.map((each) => Buffer.from(each));

function readByStrowger(index: number): Reading {
  const message = parseMessage(octets[index] ?? new Uint8Array());
  if (message.kind === "fault") throw new Error(message.toString());
  const contact = message.parseHeader("Contact");
  return {
    fromUri: message.from.uri,
    fromTag: message.fromTag,
    toUri: message.to.uri,
    toTag: message.toTag,
    viaHost: message.via.host,
    viaBranch: message.via.branch,
    sequence: message.cseq,
    method: message.method,
    contactUri: Array.isArray(contact) ? contact[0]?.uri : undefined,
  };
}

/** `sip` parses every header, and leaves URIs as text until `parseUri`. */
function readBySip(index: number, uri: (text: string) => unknown): Reading {
  const { headers } = sip.parse(buffers[index]);
  const [contact] = headers.contact ?? [];
  return {
    fromUri: uri(headers.from.uri),
    fromTag: headers.from.params.tag,
    toUri: uri(headers.to.uri),
    toTag: headers.to.params.tag,
    viaHost: headers.via[0].host,
    viaBranch: headers.via[0].params.branch,
    sequence: headers.cseq.seq,
    method: headers.cseq.method,
    contactUri: contact === undefined ? undefined : uri(contact.uri),
  };
}

function readByJsSip(index: number): Reading {
  const message = jssipParser.parseMessage(texts[index], {});
  return {
    fromUri: message.from.uri,
    fromTag: message.from_tag,
    toUri: message.to.uri,
    toTag: message.to_tag,
    viaHost: message.via.host,
    viaBranch: message.via_branch,
    sequence: message.cseq,
    method: message.method,
    contactUri: message.parseHeader("contact")?.uri,
  };
}

const silence = new LoggerFactory();
silence.builtinEnabled = false;
const logger = silence.getLogger("bench");

function readBySipJs(index: number): Reading {
  const message = Parser.parseMessage(texts[index] ?? "", logger);
  if (message === undefined) throw new Error("SIP.js could not parse a message");
  return {
    fromUri: message.from.uri,
    fromTag: message.fromTag,
    toUri: message.to.uri,
    toTag: message.toTag,
    viaHost: message.via.host,
    viaBranch: message.viaBranch,
    sequence: message.cseq,
    method: message.method,
    contactUri: message.parseHeader("contact")?.uri,
  };
}

/** A parser: what the table calls it, and how it reads message number `index`. */
type Parse = [name: string, read: (index: number) => Reading, warmUpMs?: number];

/** Strowger. */
export const ours: Parse = ["Strowger", readByStrowger];
/** The fastest peer in JavaScript, and how it is fastest. */
export const sipAsText: Parse = [
  "sip 0.0.6, URIs left as text",
  (index) => readBySip(index, (text) => text),
];
const parsers: Parse[] = [
  ours,
  sipAsText,
  ["sip 0.0.6, URIs parsed too", (index) => readBySip(index, sip.parseUri)],
  ["JsSIP 3.13.8", readByJsSip],
  ["SIP.js 0.21.2", readBySipJs, SIP_JS_WARM_UP_MS],
];

/** What was read, as one text that is the same for every parser that has understood it. */
function factsOf(reading: Reading): string {
  const uri = (value: unknown): string => {
    if (value === undefined || typeof value === "string") return `${value}`;
    return Object.getPrototypeOf(value) === Object.prototype ? sip.stringifyUri(value) : `${value}`;
  };
  return JSON.stringify(reading, (name, value) => name.endsWith("Uri") ? uri(value) : value);
}

/** Throws where somebody has read anything else of a message than we have. */
function checkAgreement(name: string, readings: readonly Reading[]): void {
  readings.forEach((reading, index) => {
    const expected = factsOf(readByStrowger(index));
    const found = factsOf(reading);
    if (found !== expected) throw new Error(`${name} read ${found} where we read ${expected}`);
  });
}

/** The last thing that was read: whoever can see this cannot leave the reading out. */
export let kept: Reading | undefined;

/** A parser to measure, which has to read what we read. */
export function subjectOf([name, read, warmUpMs = WARM_UP_MS]: Parse): Subject {
  checkAgreement(name, octets.map((_, index) => read(index)));
  let index = 0;
  return {
    name,
    warmUpMs,
    run(times) {
      for (let i = 0; i < times; i++) {
        kept = read(index);
        index = (index + 1) % octets.length;
      }
    },
  };
}

/** The parsers in C that are there. */
async function startCParsers(scope: AsyncDisposableStack): Promise<CParser[]> {
  const parsers: CParser[] = [];
  for (const library of LIBRARIES) {
    const parser = await CParser.start(library, octets);
    if (parser === undefined) {
      console.log(`  ${library.name} is not here: it takes cc and Debian's ${library.package}`);
      continue;
    }
    parsers.push(scope.use(parser));
    checkAgreement(parser.name, await parser.readAll());
  }
  return parsers;
}

/** What C needs to warm up: its caches. */
const C_WARM_UP_MS = 500;

if (import.meta.main) {
  const sizes = texts.slice(0, 4).map((text) => text.length).join(", ");
  console.log(`Parse: the mean of INVITE, 180, 200 and BYE, of ${sizes} octets\n`);
  await using scope = new AsyncDisposableStack();
  const inC = (await startCParsers(scope)).map((parser): Subject => ({
    name: parser.name,
    warmUpMs: C_WARM_UP_MS,
    run: (times) => parser.run(times),
  }));
  const measurements = await compare([...parsers.map(subjectOf), ...inC]);
  printComparison("µs a message", measurements);
  const [first, ...others] = measurements;
  if (first === undefined) throw new Error("nothing was measured");
  console.log();
  for (const { name, rounds } of others.filter(({ name }) => /^(sip|sofia)/.test(name))) {
    const figure = median(ratios(first, { name, rounds })).toFixed(2);
    console.log(`  ours / ${name}: ${figure}`);
  }
  console.log();
}

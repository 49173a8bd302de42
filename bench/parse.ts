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
interface Reading {
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

type Parse = [name: string, read: (index: number) => Reading, warmUpMs?: number];

const strowger: Parse = ["Strowger", readByStrowger];
const parsers: Parse[] = [
  strowger,
  ["sip 0.0.6, URIs left as text", (index) => readBySip(index, (text) => text)],
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
  const { fromUri, toUri, contactUri, ...others } = reading;
  return JSON.stringify([uri(fromUri), uri(toUri), uri(contactUri), ...Object.values(others)]);
}

function checkAgreement(): void {
  for (let index = 0; index < octets.length; index++) {
    const expected = factsOf(strowger[1](index));
    for (const [name, read] of parsers) {
      const found = factsOf(read(index));
      if (found !== expected) throw new Error(`${name} read ${found} where we read ${expected}`);
    }
  }
}

/** The last thing that was read: whoever can see this cannot leave the reading out. */
export let kept: Reading | undefined;

function subjectOf([name, read, warmUpMs = WARM_UP_MS]: Parse): Subject {
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

if (import.meta.main) {
  checkAgreement();
  const sizes = texts.slice(0, 4).map((text) => text.length).join(", ");
  console.log(`Parse: the mean of INVITE, 180, 200 and BYE, of ${sizes} octets\n`);
  const measurements = await compare(parsers.map(subjectOf));
  printComparison("µs a message", measurements);
  const [ours, sipAsText] = measurements;
  if (ours === undefined || sipAsText === undefined) throw new Error("nothing was measured");
  console.log(`\n  ours / sip: ${median(ratios(ours, sipAsText)).toFixed(2)}\n`);
}

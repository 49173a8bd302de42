import { assert, assertEquals } from "@std/assert";
import {
  equivalentURI,
  type IncomingMessage,
  type NameAddrHeader,
  OutgoingRequestMessage,
  parseMessage,
} from "../../messages/mod.ts";
import { type Address, Grammar, type Hop } from "./grammar.ts";
import { join, nameAddr, plain, randomSource } from "./support.ts";

/** A message as it is meant. */
interface Meaning {
  start: { method: string; uri: string } | { status: number; reason: string };
  vias: Hop[];
  from: Address;
  to: Address;
  callId: string;
  cseq: number;
  method: string;
  contacts: Address[];
  subject: string;
  body: Uint8Array;
}

/** A well-formed message, with its lines in any order and written in any way. */
function generate(grammar: Grammar): { bytes: Uint8Array; meaning: Meaning } {
  const method = grammar.token();
  const isRequest = grammar.chance(60);
  const reason = grammar.chance(30) ? "" : "Schön \u{1f4de}; 100% (ok)";
  const start = isRequest
    ? { method, uri: grammar.chance(85) ? grammar.sipUri(false) : "tel:+1-201;ext=5" }
    : { status: 100 + grammar.below(600), reason };
  const several = <T>(make: (i: number) => T) =>
    Array.from({ length: 1 + grammar.below(4) }, (_, i) => make(i));
  const vias = several((i) => grammar.via(`z9hG4bK${i}${grammar.token()}`));
  const from = grammar.address(grammar.token());
  const to = grammar.address(grammar.chance(50) ? grammar.token() : undefined);
  const contacts = several(() => grammar.address());
  const callId = grammar.callId();
  const cseq = grammar.below(2 ** 31);
  const subject = `${grammar.token()} é ${grammar.token()}`;
  const body = Uint8Array.from({ length: grammar.below(300) }, () => grammar.below(256));
  // The order of lines of different names is not significant; that within one name is.
  const groups = [
    grammar.lines("Via", "v", vias.map(({ text }) => text)),
    [grammar.line("From", "f", from.text)],
    [grammar.line("To", "t", to.text)],
    [grammar.line("Call-ID", "i", callId)],
    [grammar.line("CSeq", undefined, `${cseq}${grammar.lws()}${method}`)],
    grammar.lines("Contact", "m", contacts.map(({ text }) => text)),
    [grammar.line("Subject", "s", subject.replaceAll(" ", () => grammar.pick([" ", "\r\n\t"])))],
    grammar.chance(70) ? [grammar.line("Content-Length", "l", `${body.length}`)] : [],
    [`X-${grammar.token()}: ${grammar.token()}`],
  ].sort(() => grammar.below(3) - 1);
  const startLine = isRequest
    ? `${method} ${"uri" in start ? start.uri : ""} ${grammar.anyCase("SIP")}/2.0`
    : `SIP/2.0 ${"status" in start ? start.status : ""} ${reason}`;
  const head = `${grammar.pick(["", "", "\r\n\r\n"])}${[startLine, ...groups.flat()].join("\r\n")}`;
  const means = <T>(pieces: { means: T }[]) => pieces.map((piece) => piece.means);
  return {
    bytes: join(`${head}\r\n\r\n`, body),
    meaning: {
      start,
      vias: means(vias),
      from: from.means,
      to: to.means,
      callId,
      cseq,
      method,
      contacts: means(contacts),
      subject,
      body,
    },
  };
}

function told(header: NameAddrHeader): Address {
  return {
    display: header.displayName,
    uri: header.uri.toString(),
    parameters: plain(header.parameters),
  };
}

/** Asserts that a message says what is meant. */
function check(message: IncomingMessage, meaning: Omit<Meaning, "start" | "body">): void {
  const { vias, from, to, contacts } = meaning;
  assertEquals(told(message.from), from);
  assertEquals(told(message.to), to);
  assertEquals(message.fromTag, from.parameters["tag"] ?? undefined);
  assertEquals(message.toTag, to.parameters["tag"] ?? undefined);
  assertEquals([message.callId, message.cseq, message.method], [
    meaning.callId,
    meaning.cseq,
    meaning.method,
  ]);
  assertEquals(message.hasMoreVias, vias.length > 1);
  assertEquals(message.getHeaders("Via").length, vias.length);
  const parsedVias = message.parseHeader("Via");
  assert(Array.isArray(parsedVias), `${parsedVias}`);
  assertEquals(
    parsedVias.map(({ transport, host, port, parameters }) => {
      return { transport, host, port, parameters: plain(parameters) };
    }),
    vias,
  );
  const parsedContacts = message.parseHeader("Contact");
  assert(Array.isArray(parsedContacts), `${parsedContacts}`);
  assertEquals(parsedContacts.map(told), contacts);
  assertEquals(message.getHeader("Subject"), meaning.subject);
}

/** A request made from the parsed parts of a message. */
function printAgain(message: IncomingMessage): Uint8Array {
  const { from, to } = message;
  const ruri = message.to.uri.clone();
  ruri.clearHeaders();
  const again = new OutgoingRequestMessage(message.method, ruri, from.uri, to.uri, {
    callId: message.callId,
    cseq: message.cseq,
  });
  again.setHeader("From", `${from}`);
  again.setHeader("To", `${to}`);
  again.setHeader("Via", message.getHeaders("Via"));
  const contacts = message.parseHeader("Contact");
  assert(Array.isArray(contacts));
  again.setHeader("Contact", contacts.map(String));
  again.setHeader("Subject", message.getHeader("Subject") ?? "");
  const { bodyBytes: content } = message;
  again.body = { contentType: "application/octet-stream", contentDisposition: "", content };
  return again.toBytes();
}

/** CR, LF and NUL go onto the wire from no program, in a quoted string either. */
function printable(meaning: Meaning): boolean {
  return !JSON.stringify([meaning.vias, meaning.from, meaning.to, meaning.contacts]).includes(
    "\\u0000",
  );
}

Deno.test("a message of the grammar says what is meant, and so does what is printed from it", () => {
  const seed = 3261;
  const grammar = new Grammar(randomSource(seed));
  let printed = 0;
  for (let i = 0; i < 3_000; i++) {
    const { bytes, meaning } = generate(grammar);
    try {
      const message = parseMessage(bytes);
      assert(message.kind !== "fault", `${message}`);
      check(message, meaning);
      assertEquals(message.bodyBytes, meaning.body);
      const { start } = meaning;
      if ("uri" in start) {
        assert(message.kind === "request");
        assertEquals(message.ruri.toString(), start.uri);
      } else {
        assert(message.kind === "response");
        assertEquals([message.statusCode, message.reasonPhrase], [start.status, start.reason]);
      }
      if (!printable(meaning)) continue;
      const again = parseMessage(printAgain(message));
      assert(again.kind === "request", `${again}`);
      check(again, meaning);
      assertEquals(again.bodyBytes, meaning.body);
      printed++;
    } catch (error) {
      const text = JSON.stringify(new TextDecoder().decode(bytes));
      throw new Error(`message ${i} of seed ${seed}: ${text}`, { cause: error });
    }
  }
  assert(printed > 1_000, `${printed}`);
});

Deno.test("an address of the grammar prints to one that says the same, NUL and all", () => {
  const grammar = new Grammar(randomSource(822));
  for (let i = 0; i < 3_000; i++) {
    const { text, means } = grammar.address();
    const header = nameAddr(text);
    assertEquals(told(header), means, JSON.stringify(text));
    assertEquals(told(nameAddr(`${header}`)), means, JSON.stringify(`${header}`));
    assertEquals(told(header.clone()), means);
    assertEquals(equivalentURI(header.uri, nameAddr(`${header}`).uri), true);
  }
});

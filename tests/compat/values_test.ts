/**
 * URIs, addresses and parameters say what SIP.js's say, whether they were read or made.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  constructOutgoingResponse,
  equivalentURI,
  IncomingRequestMessage,
  NameAddrHeader,
  Parameters,
  parseMessage,
  parseNameAddr,
  parseUri,
  URI,
} from "@strowger/sip";
import * as sipJs from "sip.js/lib/core/index.js";

/** SIP.js's classes by our types, which have the same members. */
const their = sipJs as unknown as {
  URI: typeof URI;
  NameAddrHeader: typeof NameAddrHeader;
  Parameters: typeof Parameters;
};

/** What a program reads of a URI. */
function read(uri: URI | undefined): unknown {
  if (uri === undefined) return undefined;
  const { scheme, user, host, port, aor } = uri;
  return {
    parts: [scheme, user, host, port, aor],
    parameters: [uri.getParam("transport"), uri.hasParam("LR"), uri.getParam("lr")],
    headers: [uri.getHeader("Subject"), uri.hasHeader("Subject")],
    texts: [uri.toString(), uri.clone().toString()],
  };
}

function ourUri(text: string): URI {
  return URI.parse(text);
}

function theirUri(text: string): URI | undefined {
  return sipJs.Grammar.URIParse(text) as unknown as URI | undefined;
}

Deno.test("compat: a URI is read as SIP.js reads it", () => {
  for (
    const text of [
      "sip:bob@example.com",
      "sip:bob@example.com:5070",
      "sip:bob@192.0.2.1:5060;transport=tcp;lr",
      "sip:bob@[2001:db8::1]:5060",
      "sip:+15551234@example.com;user=phone",
      "sips:bob@example.com",
      "sip:bob@example.com;transport=ws;ob",
      "sip:bob@example.com;x=%41",
      "sip:bob@example.com?Subject=x",
    ]
  ) assertEquals(read(ourUri(text)), read(theirUri(text)), text);
});

/** Texts, what of them differs, and what SIP.js and Strowger say of it. */
const READ_OTHERWISE: readonly [
  text: string,
  why: string,
  see: (uri: URI | undefined) => unknown,
  sipJs: unknown,
  strowger: unknown,
][] = [
  [
    "sip:example.com",
    "there is no user",
    (uri) => uri?.aor,
    "undefined@example.com",
    "example.com",
  ],
  ["sip:b%23b@h", "an escape stays", (uri) => uri?.user, "b#b", "b%23b"],
  ["sip:b@H.com", "the case stays; comparing ignores it", (uri) => uri?.host, "h.com", "H.com"],
  ["sip:b:pw@h", "a password is no part of a user", (uri) => uri?.user, "b:pw", "b"],
  ["sip:b@h;transport=TCP", "the case stays", (uri) => uri?.getParam("transport"), "tcp", "TCP"],
  ["tel:+15551234", "other schemes can be read", (uri) => uri?.scheme, undefined, "tel"],
];

Deno.test("compat: what is read of a URI otherwise", () => {
  for (const [text, why, see, sipJs, strowger] of READ_OTHERWISE) {
    const uri = parseUri(text);
    assertEquals([see(theirUri(text)), see(uri as URI)], [sipJs, strowger], `${text}: ${why}`);
  }
});

/** What a program sees of what it makes itself. */
function made({ URI, NameAddrHeader, Parameters }: typeof their): unknown {
  const uri = new URI("sip", "bob", "example.com", 5060, { transport: "tcp", lr: null }, {
    Subject: ["a"],
  });
  const seen: unknown[] = [uri.toString(), uri.aor, uri.getHeader("Subject"), uri.hasHeader("X")];
  seen.push(uri.deleteHeader("Subject"), uri.toString());
  uri.setParam("Maddr", "192.0.2.1");
  uri.setParam("ttl", 5);
  seen.push(uri.getParam("MADDR"), uri.getParam("ttl"), uri.toString());
  seen.push(uri.deleteParam("ttl"), uri.hasParam("ttl"));
  uri.setHeader("Priority", "urgent");
  seen.push(uri.toString());
  uri.clearHeaders();
  uri.clearParams();
  uri.port = undefined;
  seen.push(
    uri.toString(),
    new URI("sip", "b b#", "h").toString(),
    new URI(undefined, "b", "h").scheme,
  );
  const header = new NameAddrHeader(new URI("sip", "bob", "h"), "Bob", { tag: "1" });
  seen.push(header.toString(), header.friendlyName, header.displayName, header.getParam("tag"));
  seen.push(header.clone().toString());
  header.displayName = "";
  header.setParam("x", null);
  header.deleteParam("tag");
  seen.push(header.toString(), header.friendlyName);
  const parameters = new Parameters({ A: "x", b: null, c: 5 });
  seen.push({ ...parameters.parameters }, parameters.getParam("a"), parameters.hasParam("B"));
  seen.push(parameters.getParam("d"), parameters.deleteParam("d"), parameters.hasParam("d"));
  return seen;
}

Deno.test("compat: what a program makes is the same", () => {
  assertEquals(made({ URI, NameAddrHeader, Parameters }), made(their));
});

Deno.test("compat: what a program makes, and is not the same", () => {
  const quoted = (lib: typeof their) =>
    new lib.NameAddrHeader(new lib.URI("sip", "b", "h"), 'Bob "B"').toString();
  // RFC 3261 §25.1: a quotation mark within a quoted string needs a backslash.
  assertEquals(quoted(their), '"Bob "B"" <sip:b@h>');
  assertEquals(quoted({ URI, NameAddrHeader, Parameters }), '"Bob \\"B\\"" <sip:b@h>');
  const absent = (lib: typeof their) => new lib.Parameters({ a: undefined }).hasParam("a");
  assertEquals([absent(their), absent({ URI, NameAddrHeader, Parameters })], [true, false]);
});

Deno.test("compat: name-addrs are read the same", () => {
  for (const text of ['"Bob" <sip:bob@h>;tag=1', "Bob <sip:bob@h>", '"B" <sip:bob@h;lr>;x']) {
    const [ours, theirs] = [parseNameAddr(text), sipJs.Grammar.nameAddrHeaderParse(text)].map(
      (each) => {
        const header = each as NameAddrHeader;
        const { displayName, friendlyName, uri } = header;
        return [
          displayName,
          friendlyName,
          `${uri}`,
          header.getParam("tag"),
          header.hasParam("x"),
          `${header}`,
        ];
      },
    );
    assertEquals(ours, theirs, text);
  }
});

Deno.test("compat: RFC 3261 §19.1.4: the same URIs are equivalent", () => {
  for (
    const [a, b] of [
      ["sip:a@b", "sip:a@B"],
      ["sip:a@b", "sip:A@b"],
      ["sip:%61@b", "sip:a@b"],
      ["sip:a@b", "sips:a@b"],
      ["sip:a@b:5060", "sip:a@b"],
      ["sip:a@b?S=1", "sip:a@b"],
      ["sip:a@b;x=1", "sip:a@b"],
      ["sip:a@b;x=1", "sip:a@b;x=2"],
      ["sip:a@b;x=1;y=2", "sip:a@b;y=2;x=1"],
      ["sip:a@b;transport=tcp", "sip:a@b"],
    ] as const
  ) {
    const [first, second] = [theirUri(a), theirUri(b)] as unknown as [sipJs.URI, sipJs.URI];
    const theirs = sipJs.equivalentURI(first, second);
    assertEquals(equivalentURI(URI.parse(a), URI.parse(b)), theirs, `${a} and ${b}`);
  }
});

Deno.test("compat: a response repeats the same of its request", () => {
  const text = [
    "INVITE sip:alice@alice.example SIP/2.0",
    "Via: SIP/2.0/UDP p.example;branch=z9hG4bK2",
    "Via: SIP/2.0/UDP bob.example;branch=z9hG4bK1",
    "Max-Forwards: 69",
    "From: Bob <sip:bob@bob.example>;tag=b",
    "To: <sip:alice@alice.example>",
    "Call-ID: 1@bob.example",
    "CSeq: 7 INVITE",
    "Content-Length: 0",
    "\r\n",
  ].join("\r\n");
  const request = parseMessage(new TextEncoder().encode(text));
  if (!(request instanceof IncomingRequestMessage)) throw new Error("expected a request");
  const logger = new sipJs.LoggerFactory().getLogger("compat");
  const theirs = sipJs.Parser.parseMessage(text, logger) as sipJs.IncomingRequestMessage;
  const options = { statusCode: 486, toTag: "a", extraHeaders: ["X-Reason: x"], userAgent: "u" };
  const lines = (message: string) => message.split("\r\n").toSorted();
  assertEquals(
    lines(
      constructOutgoingResponse(request, options).message.replace("\r\nServer:", "\r\nUser-Agent:"),
    ),
    lines(sipJs.constructOutgoingResponse(theirs, options).message).filter((line) =>
      line !== "Supported: "
    ),
  );
});

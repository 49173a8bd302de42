// What a program passes is checked for CR, LF and NUL where it is passed.
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { InvalidArgumentError, NameAddrHeader, URI } from "@strowger/sip";
import { Exchange, type InviteOptions, sdp } from "../support/exchange.ts";

const BAD = { CR: "a\rb", LF: "a\nb", CRLF: "a\r\nX-Injected: b", NUL: "a\0b" };

function refused(x: Exchange, field: RegExp, run: () => unknown, left = 0) {
  const before = x.peer.received.length;
  const error = assertThrows(run, InvalidArgumentError);
  assertMatch(error.field, field);
  assertEquals([error.code, error.origin], ["invalid-argument", "caller"]);
  assertEquals(x.peer.received.length, before, "nothing is sent");
  assertEquals(x.core.live.entries, left, "nothing is left in the registry");
}

for (const [name, bad] of Object.entries(BAD)) {
  Deno.test(`${name} in an INVITE: refused at the call, with the field named; nothing sent, nothing left`, () => {
    const x = new Exchange();
    const invite = (options: Parameters<Exchange["message"]>[0]) => () =>
      x.invite(x.recorder(), options);
    refused(x, /extraHeaders\[1\]/, invite({ extraHeaders: ["X-Fine: yes", `X-Any: ${bad}`] }));
    refused(x, /display name/, invite({ options: { fromDisplayName: bad } }));
    refused(x, /display name/, invite({ options: { toDisplayName: bad } }));
    refused(x, /callId/i, invite({ options: { callId: bad } }));
    refused(x, /tag/i, invite({ options: { fromTag: bad } }));
    refused(x, /tag/i, invite({ options: { toTag: bad } }));
    refused(x, /Route/i, invite({ options: { routeSet: [`<sip:p.example;lr>${bad}`] } }));
    refused(x, /User-Agent/i, invite({ options: { userAgentString: bad } }));
    refused(x, /Supported/i, invite({ options: { optionTags: [bad] } }));
    refused(x, /Via/i, invite({ options: { viaHost: bad } }));
    refused(x, /contentType/, invite({ body: { ...sdp("x"), contentType: bad } }));
    refused(x, /contentDisposition/, invite({ body: { ...sdp("x"), contentDisposition: bad } }));
    x.finish();
  });

  Deno.test(`${name} in a URI: refused, with the field named`, () => {
    const x = new Exchange();
    const field = (pattern: RegExp, run: () => unknown) => refused(x, pattern, run);
    field(/user/, () => new URI("sip", bad, "bob.example"));
    field(/host/, () => new URI("sip", "bob", bad));
    field(/scheme/, () => new URI(bad, "bob", "bob.example"));
    field(/parameter/, () => new URI("sip", "bob", "bob.example", 5060, { x: bad }));
    field(/parameter/, () => new URI("sip", "bob", "bob.example", 5060, { [bad]: "x" }));
    field(/URI/, () => URI.parse(`sip:${bad}@bob.example`));
    field(/display name/, () => new NameAddrHeader(URI.parse("sip:bob@bob.example"), bad));
    // What is set later is found when the message goes onto the wire.
    const message = x.message();
    message.ruri.user = bad;
    field(/ruri|user|To/, () => x.core.invite(message));
    x.finish();
  });

  Deno.test(`${name} in what is set later on a message: refused by invite()`, () => {
    const x = new Exchange();
    const late = x.message();
    late.extraHeaders.push(`X-Any: ${bad}`);
    refused(x, /extraHeaders\[0\]/, () => x.core.invite(late));
    refused(x, /X-Any/, () => x.message().setHeader("X-Any", bad));
    refused(x, /header name/, () => x.message().setHeader(bad, "x"));
    const withBody = x.message();
    withBody.body = { ...sdp("x"), contentType: bad };
    refused(x, /contentType/, () => x.core.invite(withBody));
    x.finish();
  });

  Deno.test(`${name} in cancel(): refused; the next cancel() works`, () => {
    const x = new Exchange();
    const request = x.invite();
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 180);
    const { entries } = x.core.live;
    refused(x, /reason/, () => request.cancel(bad), entries);
    refused(x, /reason/, () => request.cancel(`SIP;cause=200;text="${bad}"`), entries);
    refused(x, /extraHeaders/, () => request.cancel("", { extraHeaders: [`X: ${bad}`] }), entries);
    const body = { ...sdp("x"), contentType: bad };
    refused(x, /contentType/, () => request.cancel("", { body }), entries);
    assertEquals(x.peer.requests("CANCEL").length, 0);
    request.cancel();
    assertEquals(x.peer.requests("CANCEL").length, 1);
    x.peer.respond(x.peer.request("CANCEL"), 200);
    x.peer.respond(invite, 487);
    x.finish();
  });

  Deno.test(`${name} in ack(), prack() and bye(): refused; nothing is sent, and the next works`, () => {
    const x = new Exchange();
    x.invite(x.recorder({}));
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 180, { headers: ["Require: 100rel", "RSeq: 1"] });
    const options = [
      { extraHeaders: [`X: ${bad}`] },
      { body: { ...sdp("x"), contentType: bad } },
      { body: { ...sdp("x"), contentDisposition: bad } },
    ];
    const field = /extraHeaders|contentType|contentDisposition/;
    const { entries } = x.core.live;
    for (const each of options) refused(x, field, () => x.progressed[0]?.prack(each), entries);
    x.progressed[0]?.prack();
    x.peer.respond(x.peer.request("PRACK"), 200);
    x.clock.advance(5000);
    x.peer.respond(invite, 200);
    const response = x.accepted[0];
    for (const each of options) refused(x, field, () => response?.ack(each), entries);
    response?.ack();
    assertEquals(x.peer.requests("ACK").length, 1);
    for (const each of options) {
      refused(x, field, () => response?.session.bye(undefined, each), entries);
    }
    response?.session.bye();
    x.peer.respond(x.peer.request("BYE"), 200);
    x.finish();
  });

  Deno.test(`${name} in an answer: refused; nothing is sent, and the next works`, () => {
    const x = new Exchange();
    x.takeInvites();
    x.peer.ask("INVITE", { branch: "z9hG4bKa" });
    const request = x.lastInvite();
    const options = [
      { reasonPhrase: bad },
      { extraHeaders: [`X: ${bad}`] },
      { body: { ...sdp("x"), contentType: bad } },
      { toTag: bad },
      { userAgent: bad },
      { supported: [bad] },
    ];
    for (const each of options) {
      const field = new RegExp(
        Object.keys(each)[0] === "body" ? "contentType" : Object.keys(each)[0] ?? "",
      );
      refuse(x, field, () => request.trying({ statusCode: 100, ...each }));
      refuse(x, field, () => request.progress({ statusCode: 180, ...each }));
      refuse(x, field, () => request.accept({ statusCode: 200, ...each }));
      refuse(x, field, () => request.redirect([], { statusCode: 302, ...each }));
      refuse(x, field, () => request.reject({ statusCode: 480, ...each }));
    }
    assertEquals(x.takeEvents(), ["onInvite"]);
    request.reject();
    assertEquals(x.takeEvents(), ["480 INVITE"]);
    x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: x.peer.response("INVITE").toTag ?? "" });
    x.finish();
  });
}

function refuse(x: Exchange, field: RegExp, run: () => unknown) {
  const before = x.peer.received.length;
  const error = assertThrows(run, InvalidArgumentError);
  assertMatch(error.field, field);
  assertEquals(x.peer.received.length, before, "nothing is sent");
}

Deno.test("an accept() that is refused leaves no dialog behind", () => {
  const x = new Exchange();
  x.takeInvites();
  x.peer.ask("INVITE", { branch: "z9hG4bKa" });
  assertThrows(() => x.lastInvite().accept({ statusCode: 200, reasonPhrase: "a\r\nb" }));
  assertEquals(x.core.live.dialogs, 0);
  x.lastInvite().reject();
  x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: x.peer.response("INVITE").toTag ?? "" });
  x.finish();
});

for (const line of ["", "no colon", ": no name", "two words: x", "X-Any\t: fine?\r\n"]) {
  Deno.test(`an extra header that is none (${JSON.stringify(line)}): refused`, () => {
    const x = new Exchange();
    refused(x, /extraHeaders\[0\]/, () => x.invite(x.recorder(), { extraHeaders: [line] }));
    x.finish();
  });
}

for (
  const [what, extraHeaders] of [
    ["Call-ID", ["Call-ID: other"]],
    ["CSeq", ["CSeq: 7 INVITE"]],
    ["From", ["From: <sip:mallory@bob.example>;tag=x"]],
    ["Content-Length", ["Content-Length: 1000"]],
    ["Content-Length in its compact form", ["l: 1000"]],
  ] as const
) {
  Deno.test(`an extra header that the engine sets itself (${what}): refused`, () => {
    const x = new Exchange();
    assertThrows(
      () => x.invite(x.recorder(), { extraHeaders: [...extraHeaders] }),
      InvalidArgumentError,
    );
    assertEquals(x.peer.received.length, 0);
    x.finish();
  });
}

const unreadable: [what: string, field: RegExp, options: InviteOptions][] = [
  ["a broken Contact", /extraHeaders\[0\].*Contact/, { extraHeaders: ["Contact: <<"] }],
  ["two Subjects", /extraHeaders\[1\]/, { extraHeaders: ["Subject: a", "s: b"] }],
  ["a Content-Type", /extraHeaders\[0\]/, { extraHeaders: ["Content-Type: text/plain"] }],
  ["a route that is no address", /routeSet/, { options: { routeSet: ["garbage"] } }],
  ["an option tag of two words", /optionTags/, { options: { optionTags: ["a b"] } }],
];
for (const [what, field, options] of unreadable) {
  Deno.test(`an INVITE with ${what}, which its far end could not read: refused at the call`, () => {
    const x = new Exchange();
    refused(x, field, () => x.message(options));
    const { extraHeaders } = options;
    if (extraHeaders !== undefined) {
      const late = x.message();
      late.extraHeaders.push(...extraHeaders);
      refused(x, field, () => x.core.invite(late));
    }
    x.finish();
  });
}

Deno.test("an answer with a broken Contact: refused; the next works", () => {
  const x = new Exchange();
  x.takeInvites();
  x.peer.ask("INVITE", { branch: "z9hG4bKa" });
  const extraHeaders = ["Contact: garbage <<"];
  const field = /extraHeaders\[0\].*Contact/;
  refuse(x, field, () => x.lastInvite().accept({ statusCode: 200, extraHeaders }));
  assertEquals(x.core.live.dialogs, 0);
  x.lastInvite().reject();
  x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: x.peer.response("INVITE").toTag ?? "" });
  x.finish();
});

for (const contact of ["*", "<tel:+1>", "<sip:a@b>, <sip:c@d>"]) {
  Deno.test(`an INVITE with Contact ${contact}: refused at the call; mended, it goes`, () => {
    const x = new Exchange();
    const message = x.message();
    message.extraHeaders.push(`Contact: ${contact}`);
    refuse(x, /Contact/, () => x.core.invite(message));
    message.extraHeaders.pop();
    x.core.invite(message).dispose();
    assertEquals(x.events, ["INVITE"]);
  });
}

Deno.test("cancel() with a reason whose quote is open: refused; the next works", () => {
  const x = new Exchange();
  const request = x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  refused(x, /reason/, () => request.cancel('SIP;text="a'), x.core.live.entries);
  request.cancel('SIP;text="a"');
  assertEquals(x.peer.request("CANCEL").getHeader("Reason"), 'SIP;text="a"');
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  x.finish();
});

Deno.test("an extra header Via in an INVITE: refused, or not the topmost", () => {
  const x = new Exchange();
  try {
    x.invite(x.recorder(), { extraHeaders: ["Via: SIP/2.0/UDP other.example;branch=z9hG4bKx"] });
  } catch (error) {
    assert(error instanceof InvalidArgumentError);
    return;
  }
  assertStringIncludes(x.peer.request("INVITE").getHeaders("Via")[0] ?? "", "alice.example");
});

Deno.test("a status code of another kind: refused", () => {
  const x = new Exchange();
  x.takeInvites();
  x.peer.ask("INVITE", { branch: "z9hG4bKa" });
  const request = x.lastInvite();
  refuse(x, /statusCode/, () => request.accept({ statusCode: 180 }));
  refuse(x, /statusCode/, () => request.accept({ statusCode: 300 }));
  refuse(x, /statusCode/, () => request.progress({ statusCode: 100 }));
  refuse(x, /statusCode/, () => request.progress({ statusCode: 200 }));
  refuse(x, /statusCode/, () => request.trying({ statusCode: 101 }));
  refuse(x, /statusCode/, () => request.redirect([], { statusCode: 400 }));
  refuse(x, /statusCode/, () => request.reject({ statusCode: 200 }));
  refuse(x, /statusCode/, () => request.reject({ statusCode: 700 }));
  refuse(x, /statusCode/, () => request.reject({ statusCode: 480.5 }));
  refuse(x, /statusCode/, () => request.reject({ statusCode: NaN }));
  request.reject();
  x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: x.peer.response("INVITE").toTag ?? "" });
  x.finish();
});

Deno.test("invite() with a message that is no INVITE: refused", () => {
  const x = new Exchange();
  const bob = URI.parse("sip:bob@bob.example");
  const message = x.core.makeOutgoingRequestMessage("OPTIONS", bob, bob, bob);
  refused(x, /message/, () => x.core.invite(message));
  x.finish();
});

Deno.test("invite() without a message: refused", () => {
  const x = new Exchange();
  refused(x, /^message$/, () => x.core.invite(undefined as never));
  x.finish();
});

Deno.test("invite() twice with one message: refused, and the first is not harmed", () => {
  const x = new Exchange();
  const message = x.message();
  x.core.invite(message, x.recorder());
  refused(x, /^message$/, () => x.core.invite(message), x.core.live.entries);
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 486);
  // §17.1.1.3: the ACK's Via is that of the request which the response answers.
  assertEquals(x.peer.request("ACK").viaBranch, invite.viaBranch);
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "onReject 486"]);
  x.finish();
});

Deno.test("a display name with quotes, and a user that has to be escaped", () => {
  const x = new Exchange();
  const to = new URI("sip", "bob @home", "bob.example", 5060);
  const message = x.core.makeOutgoingRequestMessage("INVITE", to, to, to, {
    toDisplayName: 'Bob "the \\ builder" Ünïcode',
  });
  x.core.invite(message, x.recorder());
  const invite = x.peer.request("INVITE");
  assertEquals(invite.to.displayName, 'Bob "the \\ builder" Ünïcode');
  assertEquals(invite.ruri.decodedUser, "bob @home");
  x.peer.respond(invite, 486);
  x.finish();
});

Deno.test("a body with CR, LF and NUL in it goes through to the octet", () => {
  const x = new Exchange();
  x.invite(x.recorder(), { body: sdp("v=0\r\n\r\n\0ü") });
  const invite = x.peer.request("INVITE");
  assertEquals(invite.body, "v=0\r\n\r\n\0ü");
  assertEquals(invite.getHeader("Content-Length"), "10");
  x.peer.respond(invite, 486);
  x.finish();
});

Deno.test("a text where a URI is expected: refused, with the field named", () => {
  const { core } = new Exchange();
  const uri = URI.parse("sip:bob@bob.example");
  const text = "sip:bob@bob.example" as unknown as URI;
  const fields = { ruri: [text, uri, uri], fromURI: [uri, text, uri], toURI: [uri, uri, text] };
  for (const [field, [ruri = uri, from = uri, to = uri]] of Object.entries(fields)) {
    const make = () => core.makeOutgoingRequestMessage("INVITE", ruri, from, to);
    assertThrows(make, InvalidArgumentError, `${field}: expected a URI, found string`);
  }
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { URI, UserAgentCore } from "@strowger/sip";
import { UdpTransport } from "@strowger/sip/transports/udp";
import { Program } from "./program.ts";

type Kind = "udp" | "tcp";

/** `answer.ts` on a free port, and the address at which it takes calls. */
async function startAnswering(kind: Kind, ...args: string[]): Promise<[Program, string]> {
  const program = Program.start("answer", ["--transport", kind, "--port", "0", ...args]);
  const [, port] = await program.line(/^listening on 127\.0\.0\.1:(\d+) \((?:UDP|TCP)\)/);
  return [program, `sip:bob@127.0.0.1:${port}`];
}

for (const kind of ["udp", "tcp"] as const) {
  Deno.test(`${kind}: a call that is answered, and that the caller ends`, async () => {
    const [answering, bob] = await startAnswering(kind, "--ring-for", "100ms");
    await using _ = answering;
    const dialed = await Program.run("dial", [bob, "--transport", kind, "--hang-up-after", "0.1"]);
    assertEquals(dialed.err, []);
    assertEquals(dialed.code, 0);
    assertMatch(dialed.out[0] ?? "", RegExp(`^calling ${bob} by ${kind.toUpperCase()} from 127`));
    assertEquals(dialed.out.slice(1), [
      "180 Ringing",
      "200 OK: the call is up; no media is sent",
      "hanging up",
      "the call is over",
    ]);
    answering.interrupt();
    const answered = await answering.ended;
    assertEquals(answered.err, []);
    assertEquals(answered.code, 0);
    assertEquals(answered.out.slice(1), [
      "call 1: from me@127.0.0.1",
      "call 1: ringing",
      "call 1: answered",
      "call 1: up; no media is sent",
      "call 1: the caller hung up",
      "ending all calls",
    ]);
  });

  Deno.test(`${kind}: a call that the callee ends`, async () => {
    const [answering, bob] = await startAnswering(
      kind,
      "--ring-for=0",
      "--hang-up-after=100ms",
    );
    await using _ = answering;
    const { code, out } = await Program.run("dial", [bob, "--transport", kind]);
    assertEquals(code, 0);
    assertEquals(out.at(-1), "the far end hung up");
    // Its BYE was answered.
    await answering.line(/^call 1: over$/);
  });

  Deno.test(`${kind}: a call that is cancelled while it rings`, async () => {
    const [answering, bob] = await startAnswering(kind, "--ring-for", "30");
    await using _ = answering;
    const { code, out } = await Program.run("dial", [
      bob,
      "--cancel-after=100ms",
      "--transport",
      kind,
    ]);
    assertEquals(code, 0);
    assertEquals(out.slice(-2), ["cancelling", "487 Request Terminated: the call is cancelled"]);
    await answering.line(/^call 1: the caller gave up$/);
  });

  Deno.test(`${kind}: a busy callee`, async () => {
    const [answering, bob] = await startAnswering(kind, "--reject", "486");
    await using _ = answering;
    const { code, err } = await Program.run("dial", [bob, "--transport", kind]);
    assertEquals(err, ["dial: refused: 486 Busy Here"]);
    assertEquals(code, 3);
    await answering.line(/^call 1: refused with 486$/);
  });

  Deno.test(`${kind}: Ctrl-C cancels a call that rings`, async () => {
    const [answering, bob] = await startAnswering(kind, "--ring-for", "30");
    await using _ = answering;
    await using dialing = Program.start("dial", [bob, "--transport", kind]);
    await dialing.line(/^180 Ringing$/);
    dialing.interrupt();
    const { code, out, err } = await dialing.ended;
    assertEquals([code, err], [0, []]);
    assertEquals(out.slice(-2), ["cancelling", "487 Request Terminated: the call is cancelled"]);
    await answering.line(/^call 1: the caller gave up$/);
  });

  Deno.test(`${kind}: Ctrl-C hangs up a call that is up`, async () => {
    const [answering, bob] = await startAnswering(kind, "--ring-for", "0");
    await using _ = answering;
    await using dialing = Program.start("dial", [bob, "--transport", kind]);
    await dialing.line(/^200 OK/);
    dialing.interrupt();
    const { code, out, err } = await dialing.ended;
    assertEquals([code, err], [0, []]);
    assertEquals(out.slice(-2), ["hanging up", "the call is over"]);
    await answering.line(/^call 1: the caller hung up$/);
  });

  Deno.test(`${kind}: Ctrl-C at the callee hangs up, and refuses what rings`, async () => {
    const [answering, bob] = await startAnswering(kind, "--ring-for", "1.5");
    await using _ = answering;
    await using up = Program.start("dial", [bob, "--transport", kind]);
    await up.line(/^200 OK/);
    await using ringing = Program.start("dial", [bob, "--transport", kind]);
    await ringing.line(/^180 Ringing$/);
    answering.interrupt();
    const { code, err } = await answering.ended;
    assertEquals(err, []);
    assertEquals(code, 0);
    assertEquals((await up.ended).out.at(-1), "the far end hung up");
    assertEquals((await up.ended).code, 0);
    assertEquals((await ringing.ended).err, ["dial: refused: 503 Service Unavailable"]);
    assertEquals((await ringing.ended).code, 3);
  });
}

/** An engine on a UDP port of its own. */
async function engine(): Promise<[UserAgentCore, URI]> {
  const transport = await UdpTransport.listen();
  const core = new UserAgentCore({ transports: [transport] });
  return [core, URI.parse(`sip:bob@127.0.0.1:${transport.local.port}`)];
}

Deno.test("a redirection says where to call instead", async () => {
  const [core, bob] = await engine();
  await using _ = core;
  core.delegate.onInvite = (request) => void request.redirect([URI.parse("sip:carol@127.0.0.2")]);
  const { code, err } = await Program.run("dial", [`${bob}`]);
  assertEquals(err, ["dial: refused: 302 Moved Temporarily, try <sip:carol@127.0.0.2>"]);
  assertEquals(code, 3);
});

Deno.test("what the far end says cannot steer the terminal", async () => {
  const [core, bob] = await engine();
  await using _ = core;
  core.delegate.onInvite = (request) => {
    request.progress({ statusCode: 180, reasonPhrase: "Ring\x1b[2Jing" });
    request.reject({ statusCode: 486, reasonPhrase: "Busy\x9b2J \u202ehere" });
  };
  const { out, err } = await Program.run("dial", [`${bob}`]);
  assertEquals(out.at(-1), "180 Ring?[2Jing");
  assertEquals(err, ["dial: refused: 486 Busy?2J ?here"]);
});

/** Calls `answer.ts` with an offer, or with none, and says what comes of it. */
async function callWith(offer: string | undefined): Promise<string> {
  const [answering, bob] = await startAnswering("udp", "--ring-for=0");
  await using _ = answering;
  const [core] = await engine();
  await using _core = core;
  const body = offer === undefined
    ? undefined
    : { contentDisposition: "session", contentType: "application/sdp", content: offer };
  const alice = URI.parse("sip:alice@127.0.0.1");
  const to = URI.parse(bob);
  const invite = core.makeOutgoingRequestMessage("INVITE", to, alice, to, {}, [], body);
  return await new Promise((resolve) =>
    core.invite(invite, {
      onAccept: (response) => {
        response.ack();
        resolve(response.message.body);
      },
      onReject: ({ message }) => resolve(`${message.statusCode}`),
    })
  );
}

Deno.test("the answer to an offer has a line for each stream, and one of them inactive", async () => {
  const answer = await callWith([
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "c=IN IP4 127.0.0.1",
    "t=12 34",
    "m=video 4000 RTP/AVP 96",
    "m=audio 4002 RTP/AVP 0 8",
    "a=sendrecv",
    "m=audio 4004 RTP/AVP 0",
    "",
  ].join("\r\n"));
  assertMatch(answer, /^v=0\r\no=- \d+ 1 IN IP4 127\.0\.0\.1\r\ns=-\r\nc=IN IP4 127\.0\.0\.1\r\n/);
  // RFC 3264 §6: "The "t=" line in the answer MUST equal that of the offer", and "For each "m="
  // line in the offer, there MUST be a corresponding "m=" line in the answer."
  assert(answer.endsWith([
    "t=12 34",
    "m=video 0 RTP/AVP 96",
    "m=audio 9 RTP/AVP 0 8",
    "a=inactive",
    "m=audio 0 RTP/AVP 0",
    "",
  ].join("\r\n")));
});

Deno.test("an INVITE without an offer is answered with one", async () => {
  // RFC 3261 §13.2.1: "If the initial offer is not in an INVITE, the first reliable non-failure
  // message" has it.
  assertMatch(
    await callWith(undefined),
    /m=audio 9 RTP\/AVP 0\r\na=rtpmap:0 PCMU\/8000\r\na=inactive/,
  );
});

Deno.test("an offer without audio is refused with 488", async () => {
  assertEquals(await callWith("v=0\r\nm=video 4000 RTP/AVP 96\r\n"), "488");
  assertEquals(await callWith("m=audio"), "488");
});

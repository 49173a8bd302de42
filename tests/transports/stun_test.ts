import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "@strowger/sip";
import { UdpTransport } from "@strowger/sip/transports/udp";
import { bindingRequest, readBindingResponse, StunClient } from "../../transports/stun.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** Octets from hexadecimal digits. */
function octets(text: string): Uint8Array {
  return Uint8Array.from(
    text.replaceAll(/\s/g, "").match(/../g) ?? [],
    (each) => parseInt(each, 16),
  );
}

const ID = "b7e7a701bc34d686fa87dfae";

/** RFC 5769 §2.2 and §2.3, without SOFTWARE, MESSAGE-INTEGRITY and FINGERPRINT. */
const IPV4 = `0101 000c 2112a442 ${ID} 0020 0008 0001 a147 e112a643`;
const IPV6 = `0101 0018 2112a442 ${ID} 0020 0014 0002 a147 0113a9faa5d3f179bc25f4b5bed2b9d9`;

Deno.test("STUN: a Binding request is the header and nothing else", () => {
  assertEquals(bindingRequest(octets(ID)), octets(`0001 0000 2112a442 ${ID}`));
});

Deno.test("STUN: the mapped address is that of RFC 5769, in either family", () => {
  assertEquals(readBindingResponse(octets(IPV4)), { id: ID, mapped: "192.0.2.1:32853" });
  const mapped = "[20010db8123456780011223344556677]:32853";
  assertEquals(readBindingResponse(octets(IPV6)), { id: ID, mapped });
});

Deno.test("STUN: the octets may be a part of something longer", () => {
  const whole = octets(`ffffff ${IPV4} ffff`);
  const part = whole.subarray(3, whole.length - 2);
  assertEquals(readBindingResponse(part)?.mapped, "192.0.2.1:32853");
});

Deno.test("STUN: the older MAPPED-ADDRESS is read where there is no other", () => {
  const old = `0101 000c 2112a442 ${ID} 0001 0008 0001 8055 c0000201`;
  assertEquals(readBindingResponse(octets(old))?.mapped, "192.0.2.1:32853");
  const both = `0101 0018 2112a442 ${ID} 0020 0008 0001 a147 e112a643 0001 0008 0001 0001 7f000001`;
  assertEquals(readBindingResponse(octets(both))?.mapped, "192.0.2.1:32853");
});

Deno.test("STUN: who refuses a Binding request is there", () => {
  const error = `0111 0008 2112a442 ${ID} 0009 0004 00000414`;
  assertEquals(readBindingResponse(octets(error)), { id: ID, mapped: undefined });
});

for (
  const [what, text] of [
    ["nothing", ""],
    ["half a header", "0101 000c 2112a442"],
    ["a request", `0001 0000 2112a442 ${ID}`],
    ["another cookie", `0101 0000 2112a443 ${ID}`],
    ["a length that is none", `0101 0010 2112a442 ${ID} 0020 0008 0001 a147 e112a643`],
    ["an attribute that goes on", `0101 000c 2112a442 ${ID} 0020 0028 0001 a147 e112a643`],
    ["an address of no family", `0101 000c 2112a442 ${ID} 0020 0008 0003 a147 e112a643`],
    ["an address that is too short", `0101 0008 2112a442 ${ID} 0020 0004 0001 a147`],
    ["an attribute without an address", `0101 0004 2112a442 ${ID} 0020 0000`],
    ["an attribute that has to be understood", `0101 0008 2112a442 ${ID} 0021 0004 00000000`],
  ] as const
) {
  Deno.test(`STUN: ${what} is no answer`, () => {
    assertEquals(readBindingResponse(octets(text)), undefined);
  });
}

Deno.test("STUN: any change of any octet is an answer, or is none, and never an exception", () => {
  for (const text of [IPV4, IPV6]) {
    const whole = octets(text);
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const changed = whole.slice();
        changed[at] = value;
        readBindingResponse(changed);
        readBindingResponse(changed.subarray(0, at));
      }
    }
  }
});

/** A client on a virtual clock, whose requests are answered by `answer`. */
function client(answer: (id: string, sent: number) => string | undefined) {
  const clock = new VirtualClock();
  const sent: number[] = [];
  let count = 0;
  const stun: StunClient = new StunClient({
    clock,
    random: (into) => into.fill(++count),
    send: (bytes) => {
      sent.push(clock.now());
      const id = [...bytes.subarray(8, 20)].map((each) => each.toString(16).padStart(2, "0")).join(
        "",
      );
      const text = answer(id, sent.length);
      if (text !== undefined) stun.receive(octets(text));
      return Promise.resolve();
    },
  });
  return { clock, sent, stun };
}

const TO = { host: "192.0.2.9", port: 5060 };
const answered = (id: string, port = "a147"): string =>
  `0101 000c 2112a442 ${id} 0020 0008 0001 ${port} e112a643`;

Deno.test("STUN: a request goes seven times, and fails after 39.5 seconds (RFC 5389 §7.2.1)", async () => {
  const { clock, sent, stun } = client(() => undefined);
  const failed = assertRejects(() => stun.ping(TO), TransportError, "192.0.2.9:5060");
  clock.advance(39_499);
  assertEquals(clock.pending, 1);
  clock.advance(1);
  await failed;
  assertEquals(sent, [0, 500, 1500, 3500, 7500, 15_500, 31_500]);
  assertEquals(clock.pending, 0);
});

Deno.test("STUN: what is lost is sent again", async () => {
  const { clock, stun } = client((id, sent) => sent < 3 ? undefined : answered(id));
  const done = stun.ping(TO);
  clock.advance(1500);
  await done;
  assertEquals(clock.pending, 0);
});

Deno.test("STUN: two pings at a time to one destination are one", async () => {
  const { sent, stun, clock } = client(() => undefined);
  const first = stun.ping(TO);
  assert(stun.ping({ ...TO }) === first);
  const other = assertRejects(() => stun.ping({ ...TO, port: 5061 }), TransportError, "closed");
  const closed = assertRejects(() => first, TransportError, "closed");
  stun.close();
  await Promise.all([closed, other]);
  assertEquals([sent.length, clock.pending], [2, 0]);
});

Deno.test("STUN: another mapped address is a failure, once", async () => {
  const ports = ["a147", "a147", "a148", "a148"];
  const { stun } = client((id, sent) => answered(id, ports[sent - 1]));
  await stun.ping(TO);
  await stun.ping(TO);
  await assertRejects(() => stun.ping(TO), TransportError, "192.0.2.1:32858");
  await stun.ping(TO);
});

Deno.test("STUN: an answer to nobody changes nothing", async () => {
  const { stun } = client((id, sent) => answered(sent === 1 ? ID : id));
  const done = stun.ping(TO);
  stun.receive(octets(answered("000000000000000000000000")));
  assert(await Promise.race([done.then(() => "answered"), Promise.resolve("waits")]) === "waits");
  stun.close();
  await assertRejects(() => done, TransportError);
});

Deno.test("STUN: what cannot be sent fails at once", async () => {
  const clock = new VirtualClock();
  const stun = new StunClient({
    clock,
    random: () => {},
    send: () => Promise.reject(new Error("no network")),
  });
  await assertRejects(() => stun.ping(TO), TransportError, "192.0.2.9:5060");
  assertEquals(clock.pending, 0);
});

Deno.test("STUN over a UDP socket: an answer, then another address, and SIP goes on", async () => {
  const server = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = server.addr as Deno.NetAddr;
  const udp = await UdpTransport.listen();
  const messages: string[] = [];
  udp.attach({
    receive: (bytes) => messages.push(new TextDecoder().decode(bytes)),
    fault: () => {},
    disconnected: () => {},
  });
  const serve = async (mapped: string): Promise<void> => {
    const [request, from] = await server.receive();
    await server.send(new TextEncoder().encode("OPTIONS"), from);
    const id = [...request.subarray(8, 20)].map((each) => each.toString(16).padStart(2, "0")).join(
      "",
    );
    await server.send(octets(answered(id, mapped)), from);
  };
  const to = { host: "127.0.0.1", port };
  await Promise.all([serve("a147"), udp.ping(to)]);
  await Promise.all([
    serve("a148"),
    assertRejects(() => udp.ping(to), TransportError, "no longer"),
  ]);
  assertEquals(messages, ["OPTIONS", "OPTIONS"]);
  await udp.close();
  server.close();
});

Deno.test("STUN: closing a UDP socket ends its pings", async () => {
  const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  const udp = await UdpTransport.listen();
  const failed = assertRejects(() => udp.ping({ host: "127.0.0.1", port }), TransportError);
  await udp.close();
  await failed;
  silent.close();
});

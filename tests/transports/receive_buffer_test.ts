/** What the system keeps until it is read, where it was asked to keep more. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { InvalidArgumentError, TransportError } from "../../messages/errors.ts";
import { UdpTransport } from "../../transports/udp.ts";
import { encode, LOOPBACKS, message, Recorder } from "./recorder.ts";

const isLinux = Deno.build.os === "linux";

/** More than Linux keeps by default, even of datagrams this small. */
const BURST = 600;

/** Sends a burst to somebody who reads only then; returns how much of it there still is. */
async function keptOfBurst(bob: UdpTransport): Promise<number> {
  const alice = await UdpTransport.listen({ host: bob.local.host });
  for (let i = 0; i < BURST; i++) await alice.send(encode(message(i)), bob.local);
  const toBob = new Recorder();
  bob.attach(toBob);
  // While there is no room, the end is lost, too.
  while (!toBob.texts.includes("end")) {
    await alice.send(encode("end"), bob.local);
    await new Promise((resolve) => setTimeout(resolve));
  }
  await Promise.all([alice.close(), bob.close()]);
  return toBob.texts.indexOf("end");
}

Deno.test("what does not fit into the system's own buffer is lost", async () => {
  assertEquals(await keptOfBurst(await UdpTransport.listen()) < BURST, isLinux);
});

for (const host of LOOPBACKS) {
  Deno.test({
    name: `more of it waits to be read where that was asked for, over ${host}`,
    ignore: !isLinux,
    async fn() {
      // A listener of TCP at the same port is not what is meant.
      using stream = Deno.listen({ hostname: host, port: 0 });
      const { port } = stream.addr as Deno.NetAddr;
      const bob = await UdpTransport.listen({ host, port, receiveBuffer: 2_000_000 });
      assertEquals(await keptOfBurst(bob), BURST);
    },
  });
}

/** The most that this machine grants. */
const most = isLinux ? Number(Deno.readTextFileSync("/proc/sys/net/core/rmem_max")) : 0;

Deno.test({
  name: "less than was asked for is refused with what would be granted, and the port is free again",
  ignore: !isLinux || most > 1_000_000_000,
  async fn() {
    const first = await UdpTransport.listen();
    const { port } = first.local;
    await first.close();
    const asked = { port, receiveBuffer: most + 1000 };
    const error = await assertRejects(() => UdpTransport.listen(asked), TransportError);
    assertMatch(error.message, new RegExp(`^cannot listen on 127.0.0.1:${port}: expected .*`));
    assertMatch(error.message, new RegExp(`${most + 1000} octets.* grants ${most}: .*rmem_max`));
    await (await UdpTransport.listen({ port, receiveBuffer: most })).close();
  },
});

Deno.test({
  name: "without the permission it is refused in one line that names the flag",
  ignore: !isLinux,
  permissions: { net: true, ffi: false },
  async fn() {
    const asked = { receiveBuffer: 1_000_000 };
    const error = await assertRejects(() => UdpTransport.listen(asked), TransportError);
    assertMatch(error.message, /^cannot listen on 127.0.0.1:0: .*--allow-ffi[^\n]*$/);
    await (await UdpTransport.listen()).close();
  },
});

Deno.test("a size that means nothing is refused at the call", async () => {
  for (const receiveBuffer of [0, -1, 1.5, NaN, 2 ** 31]) {
    const listening = () => UdpTransport.listen({ receiveBuffer });
    assertEquals((await assertRejects(listening, InvalidArgumentError)).field, "receiveBuffer");
  }
});

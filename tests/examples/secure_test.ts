import { assertEquals, assertMatch } from "@std/assert";
import { Authority } from "../support/certificates.ts";
import { Program } from "./program.ts";

const NETWORK = "--allow-net=127.0.0.1";
/** What a WebSocket server needs besides. */
const ENVIRONMENT = "--allow-env=WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE";

/** Certificates as files, for the length of a test. */
async function certified(
  test: (files: Record<"ca" | "cert" | "key", string>, permissions: string[]) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    const authority = await Authority.make();
    const { cert, key } = await authority.issue({ names: ["IP:127.0.0.1"] });
    const files = {
      ca: `${directory}/ca.pem`,
      cert: `${directory}/cert.pem`,
      key: `${directory}/key.pem`,
    };
    await Deno.writeTextFile(files.ca, authority.cert);
    await Deno.writeTextFile(files.cert, cert);
    await Deno.writeTextFile(files.key, key);
    await test(files, [NETWORK, `--allow-read=${directory}`]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** `answer.ts` on a free port, which it says. */
async function startAnswering(
  kind: string,
  args: string[],
  permissions: string[],
): Promise<[Program, string]> {
  const options = ["--transport", kind, "--port", "0", "--ring-for", "0", ...args];
  const program = Program.start("answer", options, permissions);
  const [, port = ""] = await program.line(/^listening on 127\.0\.0\.1:(\d+) \(\w+\)/);
  return [program, port];
}

Deno.test("tls: a call to a SIPS URI, which the callee ends", () =>
  certified(async ({ ca, cert, key }, permissions) => {
    const args = ["--cert", cert, "--key", key, "--hang-up-after", "100ms"];
    const [answering, port] = await startAnswering("tls", args, permissions);
    await using _ = answering;
    const bob = `sips:bob@127.0.0.1:${port}`;
    const dialed = await Program.run("dial", [bob, "--ca", ca], permissions);
    assertEquals([dialed.err, dialed.code, dialed.out.at(-1)], [[], 0, "the far end hung up"]);
    await answering.line(/^call 1: over$/);
  }));

Deno.test("tls: who is not believed is told which", () =>
  certified(async ({ cert, key }, permissions) => {
    const args = ["--cert", cert, "--key", key];
    const [answering, port] = await startAnswering("tls", args, permissions);
    await using _ = answering;
    const bob = `sip:bob@127.0.0.1:${port}`;
    const { err, code } = await Program.run("dial", [bob, "--transport", "tls"]);
    assertMatch(err.join(), /^dial: cannot send to 127\.0\.0\.1:\d+: .*(certificate|issuer)/);
    assertEquals(code, 5);
  }));

Deno.test("ws: a call that the callee ends, by the WebSocket that it came by", async () => {
  const [answering, port] = await startAnswering("ws", ["--hang-up-after", "100ms"], [
    NETWORK,
    ENVIRONMENT,
  ]);
  await using _ = answering;
  const { code, out, err } = await Program.run("dial", [
    "sip:bob@example.com",
    "--transport=ws",
    `--ws-url=ws://127.0.0.1:${port}/`,
  ]);
  assertEquals(err, []);
  assertEquals(out.slice(1), [
    "180 Ringing",
    "200 OK: the call is up; no media is sent",
    "the far end hung up",
  ]);
  assertEquals(code, 0);
  await answering.line(/^call 1: over$/);
});

Deno.test("wss: it listens with its certificate", () =>
  certified(async ({ cert, key }, permissions) => {
    const args = ["--cert", cert, "--key", key];
    const [answering] = await startAnswering("wss", args, [...permissions, ENVIRONMENT]);
    await using _ = answering;
    answering.interrupt();
    assertEquals((await answering.ended).code, 0);
  }));

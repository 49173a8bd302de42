import { assert, assertEquals, assertMatch } from "@std/assert";
import { TcpTransport } from "@strowger/sip/transports/tcp";
import { UdpTransport } from "@strowger/sip/transports/udp";
import { Program, type Result } from "./program.ts";

/** One line on the standard error, nothing more, and the exit code. */
function assertOneLine({ code, err }: Result, expectedCode: number, line: RegExp): void {
  assertEquals(err.length, 1, err.join("\n"));
  assertMatch(err[0] ?? "", line);
  assertEquals(code, expectedCode);
}

/** A port at which nobody listens. */
async function deadPort(): Promise<number> {
  const transport = await TcpTransport.listen();
  const { port = 0 } = transport.local;
  await transport.close();
  return port;
}

const BOB = "sip:bob@127.0.0.1";

const WRONG_USAGE: [program: string, args: string[], line: RegExp][] = [
  ["dial", [], /^dial: expected one address to call, found 0$/],
  ["dial", [BOB, BOB], /^dial: expected one address to call, found 2$/],
  ["dial", ["bob"], /^dial: "bob" is no address such as sip:bob@127.0.0.1:5060: expected .* at 3/],
  ["dial", ["sip:bob@[::1"], /^dial: "sip:bob@\[::1" is no address .*: expected .*'\]' at 12/],
  ["dial", ["tel:+441"], /^dial: "tel:\+441" is no sip: or sips: address$/],
  ["dial", [BOB, "--from", "me"], /^dial: "me" is no address/],
  ["dial", [BOB, "--loud"], /^dial: there is no option --loud$/],
  ["dial", [BOB, "-x"], /^dial: there is no option -x$/],
  ["dial", [BOB, "--transport", "sctp"], /^dial: --transport: .*udp, tcp, tls, ws, found "sctp"$/],
  ["dial", [`${BOB};transport=sctp`], /^dial: .*asks for sctp; there are udp, tcp, tls and ws$/],
  ["dial", ["sips:bob@127.0.0.1", "--transport=tcp"], /^dial: sips:.* asks for tls, .* for tcp$/],
  ["dial", [BOB, "--transport=tls", "--ca=none.pem"], /^dial: cannot read none.pem: /],
  ["answer", ["--transport", "tls"], /^answer: --transport tls needs --cert and --key$/],
  ["dial", [`${BOB};transport=tcp`, "--transport=udp"], /^dial: .* asks for tcp, .* for udp$/],
  ["dial", [BOB, "--transport", "ws"], /^dial: --transport ws needs --ws-url/],
  ["dial", [BOB, "--ws-url", "ws://127.0.0.1/"], /^dial: --ws-url is for --transport ws/],
  ["dial", [BOB, "--transport=ws", "--ws-url=http://127.0.0.1"], /^dial: url: expected ws:/],
  ["dial", [BOB, "--cancel-after"], /^dial: --cancel-after: expected a time such as 2s/],
  ["dial", [BOB, "--cancel-after", "soon"], /^dial: --cancel-after: expected .* found "soon"$/],
  ["answer", ["me"], /^answer: expected options only, found "me"$/],
  ["answer", ["--port", "65536"], /^answer: --port: expected a number from 0 to 65535, found/],
  ["answer", ["--reject", "200"], /^answer: --reject: expected a number from 400 to 699, found/],
];

for (const [program, args, line] of WRONG_USAGE) {
  Deno.test(`wrong usage: ${program} ${args.join(" ")}`, async () => {
    assertOneLine(await Program.run(program, args), 2, line);
  });
}

for (const program of ["dial", "answer"]) {
  Deno.test(`${program} --help says how it is used, and what its exit codes mean`, async () => {
    const { code, out, err } = await Program.run(program, ["--help"]);
    assertEquals([code, err], [0, []]);
    assertMatch(out[0] ?? "", RegExp(`^Usage: deno run .* examples/${program}\\.ts`));
    assertMatch(out.join("\n"), /Exit code: 0 done; 2 wrong usage; 3 refused by the far end/);
    for (const text of out) assert(text.length <= 80, text);
  });
}

Deno.test("a TCP connection that is refused", async () => {
  const port = await deadPort();
  const result = await Program.run("dial", [`${BOB}:${port};transport=tcp`]);
  assertOneLine(result, 5, RegExp(`^dial: cannot send to 127\\.0\\.0\\.1:${port}: .*refused`, "i"));
});

Deno.test("a WebSocket that is refused", async () => {
  const url = `ws://127.0.0.1:${await deadPort()}/`;
  const result = await Program.run("dial", [BOB, "--transport", "ws", "--ws-url", url]);
  assertOneLine(result, 5, /^dial: cannot connect to ws:\/\/127\.0\.0\.1:\d+\/: /);
});

for (const [kind, Transport] of [["udp", UdpTransport], ["tcp", TcpTransport]] as const) {
  Deno.test(`${kind}: a port that is in use`, async () => {
    const transport = await Transport.listen();
    const { port } = transport.local;
    const result = await Program.run("answer", ["--transport", kind, "--port", `${port}`]);
    await transport.close();
    assertOneLine(
      result,
      5,
      RegExp(`^answer: cannot listen on 127\\.0\\.0\\.1:${port}: .*in use`, "i"),
    );
  });
}

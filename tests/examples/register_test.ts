import { assertEquals, assertMatch } from "@std/assert";
import { DigestAuthenticator, URI, UserAgentCore } from "@strowger/sip";
import { TcpTransport } from "@strowger/sip/transports/tcp";
import { UdpTransport } from "@strowger/sip/transports/udp";
import { Program } from "./program.ts";

const PERMISSIONS = ["--allow-net=127.0.0.1", "--allow-env=SIP_PASSWORD"];

for (const Transport of [UdpTransport, TcpTransport]) {
  Deno.test(`register.ts takes calls at the address that it registers: ${Transport.name}`, async () => {
    const transport = await Transport.listen();
    const contacts: string[] = [];
    const registrar = new UserAgentCore({ transports: [transport] }, {
      onRegister: (request) => {
        const { message } = request;
        const [contact = ""] = message.getHeaders("Contact");
        contacts.push(`${contact} for ${message.getHeader("Expires")}`);
        request.accept({ statusCode: 200, extraHeaders: [`Contact: ${contact};expires=60`] });
      },
    });
    const { protocol, local: { port } } = transport;
    await using program = Program.start("register", [
      "sip:alice@127.0.0.1",
      `--registrar=sip:127.0.0.1:${port}`,
      `--transport=${protocol.toLowerCase()}`,
    ], PERMISSIONS);
    await program.line(/^registered as sip:alice@127\.0\.0\.1$/);
    const [, uri = ""] = /<(.*)>/.exec(contacts[0] ?? "") ?? [];
    assertMatch(contacts[0] ?? "", /^<sip:alice@127\.0\.0\.1:\d+.*> for 3600$/);
    const alice = URI.parse(uri);
    registrar.invite(registrar.makeOutgoingRequestMessage("INVITE", alice, alice, alice), {
      onAccept: (response) => void response.ack(),
    });
    await program.line(/^call 1: answered$/);
    program.interrupt();
    const { code, err } = await program.ended;
    assertEquals([code, err], [0, []]);
    // The last thing that it does is to remove the binding.
    assertMatch(contacts.at(-1) ?? "", / for 0$/);
    await registrar.stop();
  });
}

Deno.test("register.ts tells of a password that is not right, and of when it tries again", async () => {
  const transport = await UdpTransport.listen();
  const authenticator = new DigestAuthenticator({ realm: "a.example", lookUp: () => undefined });
  const registrar = new UserAgentCore({ transports: [transport] }, {
    onRegister: (request) => {
      const verdict = authenticator.verify(request.message);
      if (verdict.kind === "challenge") request.reject(verdict.response);
    },
  });
  const args = ["sip:alice@127.0.0.1", `--registrar=sip:127.0.0.1:${transport.local.port}`];
  await using program = Program.start("register", args, PERMISSIONS);
  await program.line(/^not registered: 401 Unauthorized; not again$/);
  program.interrupt();
  assertEquals((await program.ended).code, 0);
  await registrar.stop();
});

for (
  const [args, complaint] of [
    [[], 'register: ADDRESS: expected a SIP URI, found ""'],
    [["alice"], 'register: ADDRESS: expected a SIP URI, found "alice"'],
    [["sip:a@127.0.0.1", "sip:b@127.0.0.1"], "expected one address"],
    [["sip:a@127.0.0.1", "--expires", "0"], "--expires: expected a number from 1"],
    [["sip:a@127.0.0.1", "--instance", "desk"], "instanceId: expected a URN"],
  ] as const
) {
  Deno.test(`register.ts ${args.join(" ")}: wrong usage`, async () => {
    const { code, err } = await Program.run("register", [...args], PERMISSIONS);
    assertEquals(code, 2);
    assertMatch(err.join(), new RegExp(complaint));
  });
}

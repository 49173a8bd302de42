import { assertEquals } from "@std/assert";
import { URI, UserAgentCore } from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { Ladder } from "../../examples/support/ladder.ts";

// Deno 2.9 runs waiting microtasks inside the first call of setTimeout, in the middle of a step.
clearTimeout(setTimeout(() => {}, 0));

/** The ladder of a call that is refused. */
async function draw(columns: number, color: boolean): Promise<string[]> {
  const lines: string[] = [];
  const drawn = Promise.withResolvers<void>();
  const print = (line: string) => {
    lines.push(line);
    if (line.includes("ACK")) drawn.resolve();
  };
  const ladder = new Ladder({ columns, color, print, now: () => 0 });
  const network = new MemoryNetwork();
  await using alice = new UserAgentCore({
    transports: [network.transport({ host: "a.example", port: 5060 })],
    ...ladder.watch("left"),
  });
  await using _bob = new UserAgentCore({
    transports: [network.transport({ host: "b.example", port: 5060 })],
    ...ladder.watch("right"),
  }, { onInvite: (request) => void request.reject({ statusCode: 486 }) });
  const to = URI.parse("sip:bob@b.example");
  const invite = alice.makeOutgoingRequestMessage("INVITE", to, URI.parse("sip:a@a.example"), to);
  ladder.head("alice", "bob");
  alice.invite(invite);
  await drawn.promise;
  return lines;
}

// deno-lint-ignore no-control-regex
const ESCAPES = /\x1b\[\d+m/g;

Deno.test("a ladder fits its terminal, from 80 columns to 120", async () => {
  for (const [columns, width] of [[40, 80], [80, 80], [100, 100], [300, 120]] as const) {
    const lines = await draw(columns, false);
    // The column on the right ends where its text ends: measure to where it begins.
    const lifeline = lines[0]?.lastIndexOf("│") ?? 0;
    assertEquals(lifeline + 2 + "nonInviteServer completed".length, width);
    for (const line of lines) assertEquals(line[lifeline], "│");
  }
});

Deno.test("a ladder says the same with colours and without", async () => {
  const colored = await draw(80, true);
  assertEquals(colored.map((line) => line.replace(ESCAPES, "")), await draw(80, false));
  assertEquals(colored.filter((line) => line.includes("\x1b[31m")).length, 1, "486 in red");
});

Deno.test("a refused call is drawn with the states that it passes through", async () => {
  const lines = await draw(80, false);
  assertEquals(lines.slice(2), [
    "    0       inviteClient calling │───── INVITE ─────▶│ inviteServer proceeding",
    "    0     inviteClient completed │◀─ 486 Busy Here ──│ inviteServer completed",
    "    0     inviteClient completed │────── ACK ───────▶│ inviteServer confirmed",
  ]);
});

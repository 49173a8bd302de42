import { assert, assertEquals, assertMatch } from "@std/assert";
import { Program } from "./program.ts";

Deno.test("the demo draws one call, with the state of each machine after each message", async () => {
  const { code, out, err } = await Program.run("demo", []);
  assertEquals(err, []);
  assertEquals(code, 0);
  // Ports, times and the shafts of the arrows vary.
  const ladder = out.slice(4, -2).map((line) =>
    line.slice(6).replace(/─+/g, "-").replace("▶", ">").replace("◀", "<").replace(/ +/g, " ").trim()
  );
  assertEquals(ladder, [
    "inviteClient calling │- INVITE ->│ inviteServer proceeding",
    "inviteClient proceeding │<- 100 Trying -│ inviteServer proceeding",
    "inviteClient proceeding │<- 180 Ringing -│ inviteServer proceeding",
    "session early │ │ session early",
    "inviteClient accepted │<- 200 OK -│ inviteServer accepted",
    "session accepted │ │ session accepted",
    "session confirmed │- ACK ->│ session confirmed",
    "nonInviteClient trying │- BYE ->│ nonInviteServer trying",
    "session leaving │ │ session terminated",
    "nonInviteClient completed │<- 200 OK (BYE) -│ nonInviteServer completed",
    "session terminated │ │",
  ]);
  assertMatch(out[2] ?? "", /alice 127\.0\.0\.1:\d+ │ +│ bob 127\.0\.0\.1:\d+$/);
  assertEquals(out.at(-1), "The call is over, and both engines are empty again.");
  assert(out.every((line) => line.length <= 80), "it fits a terminal of 80 columns");
  // deno-lint-ignore no-control-regex
  assert(!/\x1b/.test(out.join("")), "colours are for terminals");
});

Deno.test("the demo says in one line what went wrong, and exits with 1", async () => {
  const { code, err } = await Program.run("demo", [], []);
  assertEquals(code, 1);
  assertEquals(err.length, 1);
  assertMatch(err[0] ?? "", /^demo: cannot listen on 127\.0\.0\.1:0: /);
});

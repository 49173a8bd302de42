import { assertEquals } from "@std/assert";
import type { AnyStateMachine } from "xstate";
import {
  inviteClientMachine,
  inviteServerMachine,
  nonInviteClientMachine,
  nonInviteServerMachine,
} from "../../machines/mod.ts";
import { Run, TIMINGS } from "./support.ts";

/** Where each class of RFC 3261 §7.2 begins and ends, and what lies just outside of them all. */
const EDGES = [99, 100, 101, 199, 200, 299, 300, 399, 400, 499, 500, 599, 600, 699, 700];

/** What each edge leads to, alone or after another status: the state, and what is emitted. */
function reactions(machine: AnyStateMachine, type: string, before?: number): string[] {
  return EDGES.map((status) => {
    const events = { it: { type, status }, before: { type, status: before } };
    const run = new Run({ machine, inputs: TIMINGS, events, last: "terminated" }, "reliable");
    if (before !== undefined) run.send("before");
    const emissions = run.send("it");
    return [status, run.state, ...emissions].join(" ");
  });
}

Deno.test("INVITE client: each class of responses, from its first status to its last", () => {
  assertEquals(reactions(inviteClientMachine, "response"), [
    "99 none/calling.waiting",
    "100 possible/proceeding trying",
    "101 possible/proceeding progress",
    "199 possible/proceeding progress",
    "200 done/accepted accept",
    "299 done/accepted accept",
    "300 done/completed acknowledge redirect",
    "399 done/completed acknowledge redirect",
    "400 done/completed acknowledge reject",
    "499 done/completed acknowledge reject",
    "500 done/completed acknowledge reject",
    "599 done/completed acknowledge reject",
    "600 done/completed acknowledge reject",
    "699 done/completed acknowledge reject",
    "700 none/calling.waiting",
  ]);
});

Deno.test("INVITE client: after a 200 every 2xx is taken, after a 404 every final one", () => {
  const taken = (reactions: string[]) => reactions.filter((text) => text.split(" ").length > 2);
  assertEquals(taken(reactions(inviteClientMachine, "response", 200)), [
    "200 done/accepted repeatedAccept",
    "299 done/accepted repeatedAccept",
  ]);
  assertEquals(taken(reactions(inviteClientMachine, "response", 404)), [
    "200 done/completed lateAccept",
    "299 done/completed lateAccept",
    "300 done/completed acknowledge",
    "399 done/completed acknowledge",
    "400 done/completed acknowledge",
    "499 done/completed acknowledge",
    "500 done/completed acknowledge",
    "599 done/completed acknowledge",
    "600 done/completed acknowledge",
    "699 done/completed acknowledge",
  ]);
});

Deno.test("non-INVITE client: each class of responses, from its first status to its last", () => {
  assertEquals(reactions(nonInviteClientMachine, "response"), [
    "99 pending.trying/waiting",
    "100 pending.proceeding/waiting trying",
    "101 pending.proceeding/waiting progress",
    "199 pending.proceeding/waiting progress",
    "200 completed accept",
    "299 completed accept",
    "300 completed redirect",
    "399 completed redirect",
    "400 completed reject",
    "499 completed reject",
    "500 completed reject",
    "599 completed reject",
    "600 completed reject",
    "699 completed reject",
    "700 pending.trying/waiting",
  ]);
});

Deno.test("INVITE server: each class of answers, from its first status to its last", () => {
  assertEquals(reactions(inviteServerMachine, "respond"), [
    "99 proceeding.silent",
    "100 proceeding.trying transmit",
    "101 proceeding.ringing transmit",
    "199 proceeding.ringing transmit",
    "200 accepted transmit",
    "299 accepted transmit",
    "300 completed.waiting transmit",
    "399 completed.waiting transmit",
    "400 completed.waiting transmit",
    "499 completed.waiting transmit",
    "500 completed.waiting transmit",
    "599 completed.waiting transmit",
    "600 completed.waiting transmit",
    "699 completed.waiting transmit",
    "700 proceeding.silent",
  ]);
});

Deno.test("non-INVITE server: each class of answers, from its first status to its last", () => {
  assertEquals(reactions(nonInviteServerMachine, "respond"), [
    "99 trying",
    "100 proceeding transmit",
    "101 proceeding transmit",
    "199 proceeding transmit",
    "200 completed transmit",
    "299 completed transmit",
    "300 completed transmit",
    "399 completed transmit",
    "400 completed transmit",
    "499 completed transmit",
    "500 completed transmit",
    "599 completed transmit",
    "600 completed transmit",
    "699 completed transmit",
    "700 trying",
  ]);
});

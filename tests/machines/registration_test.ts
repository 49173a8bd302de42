import { assert, assertEquals } from "@std/assert";
import { DEFAULT_TIMERS, type RegistrationEvent, registrationMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { emissionsOf, Run } from "./support.ts";

/** RFC 3261 §10.2: the REGISTER that is under way or comes next; after the slash, the binding. */
const TABLE = `
waiting/none  [default]
  register    registering/none         sendRegister
  accept      stays                    nothing
  accept 600  stays                    nothing
  fail        stays                    nothing
  refuse      stays                    nothing
  # There is nothing that the registrar could remove.
  unregister  closed/closed            terminated
  dispose     closed/closed            terminated

registering/none  [default]  register
  # Its flow is gone, and with it the answer: over the next one it goes again.
  register    stays                    sendRegister
  accept      idle/bound.fresh         registered
  accept 600  idle/bound.fresh         registered
  fail        waiting/none             nothing
  refuse      refused/none             nothing
  # "UAs MUST NOT send a new registration ... until they have received a final response".
  unregister  leaving/none             nothing
  dispose     closed/closed            terminated

idle/bound.fresh  [default]  register, accept
  register    registering/bound.fresh  sendRegister
  accept      stays                    nothing
  accept 600  stays                    nothing
  fail        stays                    nothing
  refuse      stays                    nothing
  unregister  unregistering/bound.fresh  sendUnregister
  dispose     closed/closed            terminated

registering/bound.fresh  [default]  register, accept, register
  register    stays                    sendRegister
  accept      idle/bound.fresh         refreshed
  accept 600  idle/bound.fresh         refreshed
  fail        waiting/bound.fresh      nothing
  refuse      refused/bound.fresh      nothing
  unregister  leaving/bound.fresh      nothing
  dispose     closed/closed            terminated

registering/bound.due  [default]  register, accept, +32000
  register    stays                    sendRegister
  accept      idle/bound.fresh         refreshed
  accept 600  idle/bound.fresh         refreshed
  fail        waiting/bound.due        nothing
  refuse      refused/bound.due        nothing
  unregister  leaving/bound.due        nothing
  dispose     closed/closed            terminated

waiting/bound.fresh  [default]  register, accept, register, fail
  register    registering/bound.fresh  sendRegister
  accept      stays                    nothing
  accept 600  stays                    nothing
  fail        stays                    nothing
  refuse      stays                    nothing
  unregister  unregistering/bound.fresh  sendUnregister
  dispose     closed/closed            terminated

waiting/bound.due  [default]  register, accept, +32000, fail
  register    registering/bound.due    sendRegister
  accept      stays                    nothing
  accept 600  stays                    nothing
  fail        stays                    nothing
  refuse      stays                    nothing
  unregister  unregistering/bound.due  sendUnregister
  dispose     closed/closed            terminated

refused/none  [default]  register, refuse
  register    registering/none         sendRegister
  accept      stays                    nothing
  accept 600  stays                    nothing
  fail        stays                    nothing
  refuse      stays                    nothing
  unregister  closed/closed            terminated
  dispose     closed/closed            terminated

refused/bound.fresh  [default]  register, accept, register, refuse
  register    registering/bound.fresh  sendRegister
  accept      stays                    nothing
  accept 600  stays                    nothing
  fail        stays                    nothing
  refuse      stays                    nothing
  unregister  unregistering/bound.fresh  sendUnregister
  dispose     closed/closed            terminated

refused/bound.due  [default]  register, accept, +32000, refuse
  register    registering/bound.due    sendRegister
  accept      stays                    nothing
  accept 600  stays                    nothing
  fail        stays                    nothing
  refuse      stays                    nothing
  unregister  unregistering/bound.due  sendUnregister
  dispose     closed/closed            terminated

leaving/none  [default]  register, unregister
  register    stays                    nothing
  accept      unregistering/none       sendUnregister
  accept 600  unregistering/none       sendUnregister
  fail        closed/closed            terminated
  refuse      closed/closed            terminated
  unregister  stays                    nothing
  dispose     closed/closed            terminated

leaving/bound.fresh  [default]  register, accept, register, unregister
  register    stays                    nothing
  accept      unregistering/bound.fresh  sendUnregister
  accept 600  unregistering/bound.fresh  sendUnregister
  fail        unregistering/bound.fresh  sendUnregister
  refuse      unregistering/bound.fresh  sendUnregister
  unregister  stays                    nothing
  dispose     closed/closed            terminated

leaving/bound.due  [default]  register, accept, +32000, unregister
  register    stays                    nothing
  accept      unregistering/bound.due  sendUnregister
  accept 600  unregistering/bound.due  sendUnregister
  fail        unregistering/bound.due  sendUnregister
  refuse      unregistering/bound.due  sendUnregister
  unregister  stays                    nothing
  dispose     closed/closed            terminated

unregistering/none  [default]  register, unregister, accept
  register    stays                    nothing
  accept      closed/closed            terminated
  accept 600  closed/closed            terminated
  # Nobody answers: it will expire.
  fail        closed/closed            terminated
  refuse      closed/closed            terminated
  unregister  stays                    nothing
  dispose     closed/closed            terminated

unregistering/bound.fresh  [default]  register, accept, unregister
  register    stays                    nothing
  accept      closed/closed            terminated
  accept 600  closed/closed            terminated
  fail        closed/closed            terminated
  refuse      closed/closed            terminated
  unregister  stays                    nothing
  dispose     closed/closed            terminated

unregistering/bound.due  [default]  register, accept, unregister, +32000
  register    stays                    nothing
  accept      closed/closed            terminated
  accept 600  closed/closed            terminated
  fail        closed/closed            terminated
  refuse      closed/closed            terminated
  unregister  stays                    nothing
  dispose     closed/closed            terminated

closed/closed  [default]  dispose
  register    stays                    nothing
  accept      stays                    nothing
  accept 600  stays                    nothing
  fail        stays                    nothing
  refuse      stays                    nothing
  unregister  stays                    nothing
  dispose     stays                    nothing
`;

const TIMELINES = {
  "it is refreshed before it expires": `
    [default]
        0  register    -> sendRegister
       10  accept 600  -> registered
   536010              -> sendRegister
   536020  accept 600  -> refreshed
  1072020              -> sendRegister
  1072030  unregister  -> nothing
  1072040  accept      -> sendUnregister
  1072050  accept      -> terminated`,
  "nobody answers the refresh": `
    [default]
        0  register    -> sendRegister
        0  accept 600  -> registered
   536000              -> sendRegister
   568000  fail        -> nothing
   568000  register    -> sendRegister
   600000              -> lapsed
   600000  fail        -> nothing
   630000  register    -> sendRegister
   630010  accept 600    -> registered
   630010  dispose     -> terminated`,
};

const events: Record<string, RegistrationEvent> = {
  register: { type: "register" },
  accept: { type: "accept", expires: 40 },
  "accept 600": { type: "accept", expires: 600 },
  fail: { type: "fail" },
  refuse: { type: "refuse" },
  unregister: { type: "unregister" },
  dispose: { type: "dispose" },
};

const inputs = { default: DEFAULT_TIMERS, fast: { T1: 100, T2: 1600, T4: 700 } };

const subject = {
  machine: registrationMachine,
  inputs,
  events,
  raised: ["due", "over"],
  last: "terminated",
};

testMachine("registration", subject, {
  table: TABLE,
  timelines: TIMELINES,
  property: (run) => {
    const emissions = emissionsOf(run);
    // What is refreshed or lapses was registered; nothing goes out after the request to remove it.
    let isBound = false;
    for (const emission of emissions) {
      if (emission === "refreshed" || emission === "lapsed") assert(isBound, emission);
      if (emission === "registered") assert(!isBound, "registered twice");
      if (emission === "registered") isBound = true;
      if (emission === "lapsed") isBound = false;
    }
    const left = emissions.indexOf("sendUnregister");
    if (left >= 0) assert(!emissions.slice(left + 1).includes("sendRegister"));
  },
});

for (
  const [expires, input, due] of [
    // Two REGISTERs without an answer, 64*T1 each, would take longer than the binding lasts.
    [60, "default", 30_000],
    [60, "fast", 47_200],
    [200, "default", 136_000],
    // Nine tenths.
    [3600, "default", 3_240_000],
    [1, "default", 1000],
  ] as const
) {
  Deno.test(`registration: a binding of ${expires} s is refreshed after ${due} ms, ${input} timers`, () => {
    const accept = { type: "accept", expires } as const;
    const run = new Run({ ...subject, events: { ...events, accept } }, input);
    run.send("register");
    run.send("accept");
    run.wait(due - 1);
    assertEquals(run.state, "idle/bound.fresh");
    run.wait(1);
    assert(run.state.startsWith("registering/"));
  });
}

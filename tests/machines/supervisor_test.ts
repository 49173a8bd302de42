import { type SupervisorEvent, supervisorMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";

/** The numbers are deadlines, in milliseconds. */
const TABLE = `
running  [any]
  stop 500        draining      drain
  stop 4000       draining      drain
  # Calls that end while nobody stops anything.
  drained         stays         nothing
  dispose         stopped       stopped

draining  [any]  stop 4000
  # The first deadline holds.
  stop 500        stays         nothing
  stop 4000       stays         nothing
  drained         stopped       stopped
  dispose         stopped       stopped

stopped  [any]  stop 4000, drained
  stop 500        stays         nothing
  stop 4000       stays         nothing
  drained         stays         nothing
  dispose         stays         nothing
`;

const TIMELINES = {
  "draining ends with the last call": `
    [any]
      100  stop 4000      -> drain
     2000  drained        -> stopped`,
  "draining ends at its deadline": `
    [any]
      100  stop 4000      -> drain
     4100                 -> stopped`,
  "a second stop does not move the deadline": `
    [any]
      100  stop 4000      -> drain
      200  stop 500       -> nothing
     4100                 -> stopped`,
};

const events: Record<string, SupervisorEvent> = {
  "stop 500": { type: "stop", deadline: 500 },
  "stop 4000": { type: "stop", deadline: 4000 },
  drained: { type: "drained" },
  dispose: { type: "dispose" },
};

testMachine("supervisor", {
  machine: supervisorMachine,
  inputs: { any: undefined },
  events,
  last: "stopped",
}, { table: TABLE, timelines: TIMELINES });

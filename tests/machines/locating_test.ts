import { locatingMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";

const TABLE = `
locating  [any]
  located         terminated    located, terminated
  # RFC 3261 §9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent":
  # here there is not even anything to cancel.
  cancel          terminated    giveUp, terminated
  dispose         terminated    terminated

terminated  [any]  located
  located         stays         nothing
  cancel          stays         nothing
  dispose         stays         nothing
`;

const TIMELINES = {
  "it waits for as long as it takes": `
    [any]
     15000  located       -> located, terminated`,
  "what is cancelled is not sent": `
    [any]
     100  cancel          -> giveUp, terminated
     200  located         -> nothing`,
};

testMachine("locating", {
  machine: locatingMachine,
  inputs: { any: {} },
  events: {
    located: { type: "located" },
    cancel: { type: "cancel" },
    dispose: { type: "dispose" },
  },
  last: "terminated",
}, { table: TABLE, timelines: TIMELINES });

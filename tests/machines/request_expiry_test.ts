import { requestExpiryMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";

const TABLE = `
open  [minute]
  answered        terminated    terminated
  dispose         terminated    terminated

terminated  [minute]  answered
  answered        stays         nothing
  dispose         stays         nothing
`;

const TIMELINES = {
  // RFC 3261 §13.3.1: "When the timer fires, the invitation is considered to be expired."
  "it expires when its time has come": `
    [minute]
    60000                 -> expired, terminated`,
  "not where it was answered by then": `
    [minute]
    59999  answered       -> terminated`,
};

testMachine("request that expires", {
  machine: requestExpiryMachine,
  inputs: { minute: { validity: 60_000 } },
  events: { answered: { type: "answered" }, dispose: { type: "dispose" } },
  last: "terminated",
}, { table: TABLE, timelines: TIMELINES });

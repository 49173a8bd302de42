import { pauseMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";

const TABLE = `
waiting  [any]
  cancel          terminated    giveUp, terminated
  dispose         terminated    terminated

terminated  [any]  cancel
  cancel          stays         nothing
  dispose         stays         nothing
`;

const TIMELINES = {
  // RFC 3261 §14.1: "When the timer fires, the UAC SHOULD attempt the re-INVITE once more, if it
  // still desires for that session modification to take place."
  "the request goes again when its time has come": `
    [any]
     2100                 -> resend, terminated`,
  "not if it was cancelled by then": `
    [any]
     2000  cancel         -> giveUp, terminated`,
};

testMachine("pause between two attempts", {
  machine: pauseMachine,
  inputs: { any: { delay: 2100 } },
  events: { cancel: { type: "cancel" }, dispose: { type: "dispose" } },
  last: "terminated",
}, { table: TABLE, timelines: TIMELINES });

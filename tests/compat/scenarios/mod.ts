/**
 * All scenarios.
 *
 * @module
 */
import type { Scenario } from "../stage.ts";
import { challenges } from "./authentication.ts";
import { cancels } from "./cancel.ts";
import { inDialog } from "./in_dialog.ts";
import { incomingCalls } from "./incoming_call.ts";
import { outOfDialog } from "./out_of_dialog.ts";
import { outgoingCalls } from "./outgoing_call.ts";
import { reliableProvisionals } from "./reliable.ts";

export const SCENARIOS: readonly Scenario[] = [
  ...outgoingCalls,
  ...cancels,
  ...incomingCalls,
  ...inDialog,
  ...outOfDialog,
  ...reliableProvisionals,
  ...challenges,
];

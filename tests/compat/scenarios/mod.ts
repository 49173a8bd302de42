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
import { incomingTrouble } from "./incoming_trouble.ts";
import { outOfDialog } from "./out_of_dialog.ts";
import { outgoingCalls } from "./outgoing_call.ts";
import { outgoingTrouble } from "./outgoing_trouble.ts";
import { reInvites } from "./re_invite.ts";
import { reliableProvisionals } from "./reliable.ts";
import { sessionRequests } from "./session_requests.ts";
import { subscribers } from "./subscription.ts";

export const SCENARIOS: readonly Scenario[] = [
  ...outgoingCalls,
  ...outgoingTrouble,
  ...cancels,
  ...incomingCalls,
  ...incomingTrouble,
  ...inDialog,
  ...sessionRequests,
  ...reInvites,
  ...outOfDialog,
  ...reliableProvisionals,
  ...challenges,
  ...subscribers,
];

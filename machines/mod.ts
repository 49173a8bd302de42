/**
 * The statecharts: what may happen in a transaction, a session and a subscription, without anything that sends,
 * waits or is told.
 *
 * @example Driving a machine by hand
 * ```ts
 * import { createActor } from "xstate";
 * import { DEFAULT_TIMERS, inviteClientMachine } from "@strowger/sip/machines";
 *
 * const actor = createActor(inviteClientMachine, { input: { ...DEFAULT_TIMERS, reliable: true } });
 * actor.start();
 * actor.send({ type: "response", status: 180, toTag: "b" });
 * actor.send({ type: "cancel" });
 * console.assert(actor.getSnapshot().matches({ transaction: "proceeding", cancellation: "sent" }));
 * actor.stop();
 * ```
 *
 * @module
 */
export * from "./events.ts";
export * from "./request_expiry.ts";
export * from "./flow.ts";
export * from "./invite_client.ts";
export * from "./invite_server.ts";
export * from "./locating.ts";
export * from "./non_invite_client.ts";
export * from "./non_invite_server.ts";
export * from "./notifier.ts";
export * from "./notify_wait.ts";
export * from "./pause.ts";
export * from "./registration.ts";
export * from "./reliable_provisional_client.ts";
export * from "./reliable_provisional_server.ts";
export * from "./session.ts";
export * from "./statechart.ts";
export * from "./subscription.ts";
export * from "./timers.ts";
export * from "./supervisor.ts";

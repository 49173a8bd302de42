/**
 * Reliable provisional responses, as a caller (RFC 3262).
 *
 * @module
 */
import { type Scenario, sdp, type Stage } from "../stage.ts";

const reliable = (rseq: number): string[] => ["Require: 100rel", `RSeq: ${rseq}`];

async function placed(stage: Stage, isAcknowledging: boolean): Promise<void> {
  await stage.invite(
    { body: sdp("offer"), extraHeaders: ["Supported: 100rel"] },
    stage.inviteRecorder({
      onProgress: (response) => {
        if (!isAcknowledging) return;
        stage.attempt("prack()", () =>
          // SIP.js leaves RAck to the program.
          response.prack({
            extraHeaders: [`RAck: ${response.message.getHeader("RSeq")} 1 INVITE`],
          }));
      },
    }),
  );
}

export const reliableProvisionals: readonly Scenario[] = [
  {
    name: "a reliable 183 that the program acknowledges",
    play: async (stage) => {
      await placed(stage, true);
      await stage.respond(183, { headers: reliable(7), body: "answer" });
      await stage.respond(200, {}, "PRACK");
      await stage.respond(486);
    },
  },
  {
    name: "two reliable provisionals in order",
    play: async (stage) => {
      await placed(stage, true);
      await stage.respond(183, { headers: reliable(7), body: "answer" });
      await stage.respond(200, {}, "PRACK");
      await stage.respond(180, { headers: reliable(8) });
      await stage.respond(200, {}, "PRACK");
      await stage.respond(486);
    },
  },
  {
    name: "a reliable 183 comes again",
    play: async (stage) => {
      await placed(stage, true);
      await stage.respond(183, { headers: reliable(7), body: "answer" });
      await stage.respond(183, { headers: reliable(7), body: "answer" });
      await stage.respond(200, {}, "PRACK");
      await stage.respond(486);
    },
  },
  {
    name: "a reliable provisional is missing",
    play: async (stage) => {
      await placed(stage, true);
      await stage.respond(183, { headers: reliable(7), body: "answer" });
      await stage.respond(200, {}, "PRACK");
      await stage.respond(180, { headers: reliable(9) });
      await stage.respond(486);
    },
  },
  {
    name: "a reliable 183 that the program acknowledges without a word of RAck",
    play: async (stage) => {
      await stage.invite(
        { body: sdp("offer") },
        stage.inviteRecorder({ onProgress: (response) => void response.prack() }),
      );
      await stage.respond(183, { headers: reliable(7), body: "answer" });
      await stage.respond(200, {}, "PRACK");
      await stage.respond(486);
    },
  },
  {
    name: "a reliable 183 to nobody who listens",
    play: async (stage) => {
      await stage.invite({ body: sdp("offer") }, {});
      await stage.respond(183, { headers: reliable(7), body: "answer" });
      if (stage.peer.requests("PRACK").length > 0) await stage.respond(200, {}, "PRACK");
      await stage.respond(486);
    },
  },
  {
    name: "a reliable 183 that the program does not acknowledge",
    play: async (stage) => {
      await placed(stage, false);
      await stage.respond(183, { headers: reliable(7), body: "answer" });
      if (stage.peer.requests("PRACK").length > 0) await stage.respond(200, {}, "PRACK");
      await stage.respond(486);
    },
  },
  {
    name: "the PRACK is refused",
    play: async (stage) => {
      await placed(stage, true);
      await stage.respond(183, { headers: reliable(7), body: "answer" });
      await stage.respond(481, {}, "PRACK");
      await stage.respond(486);
    },
  },
  ...["Supported", "Require"].map((header): Scenario => ({
    name: `a call comes in with ${header}: 100rel, and rings`,
    play: async (stage) => {
      stage.takeInvites((request) => void request.progress());
      await stage.ask("INVITE", { headers: [`${header}: 100rel`], body: "offer" });
      const ringing = stage.peer.responses("INVITE").findLast(({ statusCode }) =>
        statusCode === 180
      );
      if (ringing?.hasHeader("RSeq")) {
        const headers = [`RAck: ${ringing.getHeader("RSeq")} 1 INVITE`];
        await stage.ask("PRACK", { toTag: ringing.toTag ?? "", cseq: 2, headers });
      }
      stage.attempt("reject()", () => stage.incoming.reject({ statusCode: 486 }));
      await stage.settle();
    },
  })),
];

/**
 * The deliberate differences 1 to 5 (ARCHITECTURE.md): what SIP.js does, and what Strowger does.
 *
 * @module
 */
import { CHALLENGE, differ, lines, sent, target } from "./differ.ts";
import { sdp } from "./stage.ts";

differ(
  "1: cancel() survives a challenge: the callee does not ring on",
  async (stage) => {
    const request = await stage.invite();
    request.cancel();
    await stage.settle();
    await stage.respond(407, CHALLENGE);
    if (sent(stage, "INVITE") === 2) await stage.respond(180);
    await stage.advance(60_000);
  },
  (stage) => [sent(stage, "INVITE"), sent(stage, "CANCEL"), stage.told],
  {
    "SIP.js": [2, 0, ["onProgress 180", "left: clients", "left: dialogs"]],
    Strowger: [1, 0, ["onReject 407"]],
  },
);

differ(
  "1: cancel() is idempotent: one CANCEL on a branch, however often it is asked for",
  async (stage) => {
    const request = await stage.invite();
    await stage.respond(180);
    request.cancel();
    request.cancel();
    await stage.settle();
    await stage.respond(200, {}, "CANCEL");
    await stage.respond(487);
  },
  (stage) => sent(stage, "CANCEL"),
  { "SIP.js": 2, Strowger: 1 },
);

differ(
  '1: RFC 3261 §9.1: without a final response in 64*T1 after the CANCEL, "the client SHOULD then consider the original transaction cancelled"',
  async (stage) => {
    const request = await stage.invite();
    await stage.respond(180);
    request.cancel();
    await stage.settle();
    await stage.respond(200, {}, "CANCEL");
    await stage.advance(64 * 500);
  },
  (stage) => stage.told,
  {
    "SIP.js": ["onProgress 180", "left: clients", "left: dialogs"],
    Strowger: ["onProgress 180", "onReject 408"],
  },
);

differ(
  "1: the CANCEL's own failure is reported",
  async (stage) => {
    const request = await stage.invite();
    await stage.respond(180);
    request.cancel();
    await stage.settle();
    await stage.respond(481, {}, "CANCEL");
    await stage.respond(486);
  },
  (stage) => stage.reported,
  { "SIP.js": [], Strowger: ["ProtocolError"] },
);

differ(
  "2: dispose() releases everything, and nothing reaches the delegate afterwards",
  async (stage) => {
    const request = await stage.invite();
    request.dispose();
    await stage.respond(180);
    await stage.respond(200);
    await stage.advance(1000);
    if (stage.peer.requests("BYE").length > 0) await stage.respond(200, {}, "BYE");
  },
  (stage) => stage.told,
  { "SIP.js": ["onProgress 180", "onAccept 200", "left: dialogs"], Strowger: [] },
);

differ(
  "2: dispose() sends nothing by itself",
  async (stage) => {
    const request = await stage.invite();
    await stage.respond(180);
    request.dispose();
    await stage.advance(60_000);
  },
  (stage) => [stage.wire.map(({ summary }) => summary), stage.told],
  {
    "SIP.js": [["INVITE 1"], ["onProgress 180", "left: clients"]],
    Strowger: [["INVITE 1"], ["onProgress 180"]],
  },
);

for (
  const [missing, script] of [["To-tag", { toTag: null }], ["Contact", { contact: null }]] as const
) {
  differ(
    `3: a provisional response without ${missing} is progress, without a session`,
    async (stage) => {
      await stage.invite();
      await stage.respond(180, script);
      await stage.respond(486);
    },
    (stage) => stage.progressed.map(({ message, session }) => [message.statusCode, session]),
    { "SIP.js": [], Strowger: [[180, undefined]] },
  );

  differ(
    `3: a 2xx without ${missing} is acknowledged, ended, and told as an error`,
    async (stage) => {
      await stage.invite();
      await stage.respond(200, script);
      await stage.advance(500);
      await stage.respond(200, script);
      if (stage.peer.requests("BYE").length > 0) await stage.respond(200, {}, "BYE");
    },
    (stage) => [stage.told, sent(stage, "ACK") > 0, sent(stage, "BYE")],
    { "SIP.js": [[], false, 0], Strowger: [["onReject 500"], true, 1] },
  );
}

differ(
  "4: where a program that listens forgets ack(), a watchdog reports it and acknowledges",
  async (stage) => {
    await stage.invite({ body: sdp("offer") }, stage.inviteRecorder({ onAccept: () => {} }));
    await stage.respond(200, { body: "answer" });
    await stage.advance(31_000);
    stage.session.dispose();
  },
  (stage) => [sent(stage, "ACK"), stage.reported],
  { "SIP.js": [0, []], Strowger: [1, ["InvalidStateError"]] },
);

differ(
  "4: where nobody listens and the 2xx has an offer, it is acknowledged and the call ended",
  async (stage) => {
    await stage.invite({}, {});
    await stage.respond(200, { body: "offer" });
    await stage.askWithin("BYE", 1);
  },
  (stage) => [sent(stage, "ACK"), sent(stage, "BYE")],
  { "SIP.js": [1, 0], Strowger: [1, 1] },
);

for (
  const [who, delegate] of [["where nobody listens", {}], ["where the program forgets ack()", {
    onAccept: () => {},
  }]] as const
) {
  differ(
    `4: the 2xx to a re-INVITE is acknowledged ${who}`,
    async (stage) => {
      const session = await stage.call();
      session.invite(delegate, { body: sdp("offer2") });
      await stage.settle();
      await stage.respond(200, { body: "answer2" });
      await stage.advance(31_000);
      session.dispose();
    },
    (stage) => sent(stage, "ACK 2"),
    { "SIP.js": 0, Strowger: 1 },
  );
}

differ(
  "5: the ACK to a failure carries every Route",
  async (stage) => {
    const routeSet = ["<sip:bob.example:5060;lr>", "<sip:other.example;lr>"];
    await stage.invite({ options: { routeSet } });
    await stage.respond(486);
  },
  (stage) => lines(stage, "ACK", "Route"),
  { "SIP.js": 1, Strowger: 2 },
);

differ(
  '5: RFC 3261 §13.2.2.4: the ACK to a 2xx "MUST contain the same credentials as the INVITE"',
  async (stage) => {
    await stage.invite();
    await stage.respond(407, CHALLENGE);
    await stage.respond(200);
    stage.session.dispose();
  },
  (stage) => lines(stage, "ACK", "Proxy-Authorization"),
  { "SIP.js": 0, Strowger: 1 },
);

differ(
  "5: the ACK to a 2xx goes to the 2xx's Contact, and not to that of a provisional response",
  async (stage) => {
    await stage.invite();
    await stage.respond(180, { contact: "<sip:bob@bob.example:5060;at=desk>" });
    await stage.respond(200, { contact: "<sip:bob@bob.example:5060;at=car>" });
    stage.session.dispose();
  },
  (stage) => target(stage, "ACK"),
  {
    "SIP.js": "to sip:bob@bob.example:5060;at=desk",
    Strowger: "to sip:bob@bob.example:5060;at=car",
  },
);

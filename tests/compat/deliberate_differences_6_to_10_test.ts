/**
 * The deliberate differences 6 to 10 (ARCHITECTURE.md): what SIP.js does, and what Strowger does.
 *
 * @module
 */
import { CHALLENGE, differ, lines, sent, target } from "./differ.ts";
import { sdp } from "./stage.ts";

const RELIABLE = { headers: ["Require: 100rel", "RSeq: 7"], body: "answer" };

differ(
  "6: 401 and 407 on one request are both answered",
  async (stage) => {
    await stage.invite();
    await stage.respond(407, CHALLENGE);
    await stage.respond(401, { headers: ['WWW-Authenticate: Digest realm="example", nonce="n2"'] });
    if (sent(stage, "INVITE") === 3) await stage.respond(486);
  },
  (stage) => [
    sent(stage, "INVITE"),
    lines(stage, "INVITE", "Proxy-Authorization") + lines(stage, "INVITE", "Authorization"),
    stage.told,
  ],
  { "SIP.js": [2, 1, ["onReject 401"]], Strowger: [3, 2, ["onReject 486"]] },
);

differ(
  "6: of several challenges the strongest algorithm wins",
  async (stage) => {
    stage.core.register(stage.request("REGISTER"), stage.recorder());
    await stage.settle();
    const headers = ["MD5", "SHA-512-256", "SHA-256"].map((algorithm) =>
      `WWW-Authenticate: Digest realm="example", nonce="n", qop="auth", algorithm=${algorithm}`
    );
    await stage.respond(401, { headers }, "REGISTER");
    await stage.respond(200, {}, "REGISTER");
  },
  (stage) => stage.wire.at(-1)?.details.join().match(/algorithm=(\S+)/)?.[1],
  { "SIP.js": undefined, Strowger: "SHA-512-256" },
);

differ(
  "6: nc counts for each nonce",
  async (stage) => {
    stage.core.register(stage.request("REGISTER"), stage.recorder());
    await stage.settle();
    for (const nonce of ["n1", "n2, stale=true"]) {
      const [value, stale = ""] = nonce.split(",");
      const headers = [
        `WWW-Authenticate: Digest realm="example", nonce="${value}", qop="auth"${
          stale && `,${stale}`
        }`,
      ];
      await stage.respond(401, { headers }, "REGISTER");
    }
    await stage.respond(200, {}, "REGISTER");
  },
  (stage) => stage.wire.map(({ details }) => details.join().match(/nc=(\S+)/)?.[1]),
  {
    "SIP.js": [undefined, "00000001", "00000002"],
    Strowger: [undefined, "00000001", "00000001"],
  },
);

differ(
  '6: RFC 3261 §12.2.1.1: CSeq "MUST contain monotonically increasing" numbers within a dialog, challenged or not',
  async (stage) => {
    const session = await stage.call();
    session.info(stage.recorder());
    await stage.settle();
    await stage.respond(407, CHALLENGE, "INFO");
    await stage.respond(200, {}, "INFO");
    session.info(stage.recorder());
    await stage.settle();
    await stage.respond(200, {}, "INFO");
    session.dispose();
  },
  (stage) => stage.peer.requests("INFO").map(({ cseq }) => cseq),
  { "SIP.js": [2, 3, 3], Strowger: [2, 3, 4] },
);

for (const status of [408, 481]) {
  differ(
    `7: a re-INVITE that gets ${status} ends the dialog (RFC 5057 §5.1)`,
    async (stage) => {
      const session = await stage.call();
      session.invite(stage.inviteRecorder(), { body: sdp("offer2") });
      await stage.settle();
      await stage.respond(status);
      stage.told.push(session.sessionState);
      session.dispose();
    },
    (stage) => [stage.told.at(-1), sent(stage, "BYE")],
    { "SIP.js": ["Confirmed", 0], Strowger: ["Terminated", 1] },
  );
}

differ(
  "7: a re-INVITE that times out ends the dialog (RFC 5057 §5.1)",
  async (stage) => {
    const session = await stage.call();
    session.invite(stage.inviteRecorder(), { body: sdp("offer2") });
    await stage.advance(64 * 500);
    stage.told.push(session.sessionState);
    session.dispose();
  },
  (stage) => [stage.told.at(-1), sent(stage, "BYE")],
  { "SIP.js": ["Confirmed", 0], Strowger: ["Terminated", 1] },
);

differ(
  "7: a re-INVITE that gets 491 is sent again: after 2.1 to 4 seconds by who owns the Call-ID (RFC 3261 §14.1)",
  async (stage) => {
    const session = await stage.call();
    session.invite(stage.inviteRecorder(), { body: sdp("offer2") });
    await stage.settle();
    await stage.respond(491);
    await stage.advance(2099);
    stage.told.push(`${sent(stage, "INVITE")} INVITEs`);
    await stage.advance(1901);
    if (sent(stage, "INVITE") === 3) await stage.respond(200, { body: "answer2" });
    session.dispose();
  },
  (stage) => stage.told,
  {
    "SIP.js": ["onAccept 200", "onReject 491", "2 INVITEs"],
    Strowger: ["onAccept 200", "2 INVITEs", "onAccept 200"],
  },
);

differ(
  "7: the 2xx to a re-INVITE refreshes the remote target",
  async (stage) => {
    const session = await stage.call();
    session.invite(stage.inviteRecorder(), { body: sdp("offer2") });
    await stage.settle();
    await stage.respond(200, { body: "answer2", contact: "<sip:bob@bob.example:5060;at=car>" });
    session.bye();
    await stage.settle();
    await stage.respond(200, {}, "BYE");
  },
  (stage) => target(stage, "BYE"),
  { "SIP.js": "to sip:bob@bob.example:5060", Strowger: "to sip:bob@bob.example:5060;at=car" },
);
differ(
  "8: prack() adds RAck itself",
  async (stage) => {
    const delegate = stage.inviteRecorder({ onProgress: (response) => void response.prack() });
    await stage.invite({ body: sdp("offer") }, delegate);
    await stage.respond(183, RELIABLE);
    await stage.respond(200, {}, "PRACK");
    await stage.respond(486);
  },
  (stage) => [sent(stage, "PRACK"), lines(stage, "PRACK", "RAck")],
  { "SIP.js": [1, 0], Strowger: [1, 1] },
);

differ(
  "8: a reliable provisional is acknowledged even when nobody listens",
  async (stage) => {
    await stage.invite({ body: sdp("offer") }, {});
    await stage.respond(183, RELIABLE);
    if (stage.peer.requests("PRACK").length > 0) await stage.respond(200, {}, "PRACK");
    await stage.respond(486);
  },
  (stage) => sent(stage, "PRACK"),
  { "SIP.js": 0, Strowger: 1 },
);

differ(
  "9: over UDP, timer A sends an INVITE again, until timer B",
  async (stage) => {
    await stage.invite();
    await stage.advance(64 * 500);
  },
  (stage) => sent(stage, "INVITE"),
  { "SIP.js": 1, Strowger: 7 },
  "UDP",
);

differ(
  "9: over UDP, timer E sends another request again, until timer F",
  async (stage) => {
    stage.core.message(stage.request("MESSAGE"), stage.recorder());
    await stage.advance(64 * 500);
  },
  (stage) => sent(stage, "MESSAGE"),
  { "SIP.js": 1, Strowger: 11 },
  "UDP",
);

differ(
  "9: over UDP, timer G sends a refusal again, until timer H",
  async (stage) => {
    stage.takeInvites((request) => void request.reject({ statusCode: 486 }));
    await stage.ask("INVITE");
    await stage.advance(64 * 500);
  },
  (stage) => sent(stage, "486"),
  { "SIP.js": 1, Strowger: 11 },
  "UDP",
);

differ(
  "9: over UDP, timer J keeps a request that comes again from the program",
  async (stage) => {
    stage.take("onMessage");
    await stage.ask("MESSAGE", { branch: "z9hG4bKagain" });
    await stage.advance(500);
    await stage.ask("MESSAGE", { branch: "z9hG4bKagain" });
  },
  (stage) => [stage.told, sent(stage, "200 MESSAGE")],
  { "SIP.js": [["onMessage", "onMessage"], 2], Strowger: [["onMessage"], 2] },
  "UDP",
);

differ(
  "9: over UDP, timer I keeps an INVITE that comes again from being a new call",
  async (stage) => {
    stage.takeInvites((request) => void request.reject({ statusCode: 486 }));
    await stage.ask("INVITE", { branch: "z9hG4bKagain" });
    const toTag = stage.peer.response("INVITE").toTag ?? "";
    await stage.ask("ACK", { branch: "z9hG4bKagain", toTag });
    await stage.advance(500);
    await stage.ask("INVITE", { branch: "z9hG4bKagain" });
  },
  (stage) => stage.told,
  { "SIP.js": ["onInvite", "onInvite"], Strowger: ["onInvite"] },
  "UDP",
);

differ(
  "10: a timeout is told as 408 and marked as local, and so it can be told from a peer's 408",
  async (stage) => {
    const note = stage.recorder({
      onReject: ({ message }) => void stage.told.push(`local: ${message.local}`),
    });
    stage.core.message(stage.request("MESSAGE"), note);
    await stage.settle();
    await stage.respond(408, {}, "MESSAGE");
    stage.core.message(stage.request("MESSAGE"), note);
    await stage.advance(64 * 500);
  },
  (stage) => stage.told,
  {
    "SIP.js": ["onReject 408", "local: undefined", "onReject 408", "local: undefined"],
    Strowger: ["onReject 408", "local: false", "onReject 408", "local: true"],
  },
);

differ(
  "10: a transport error is told as 503 and marked as local",
  async (stage) => {
    stage.unplug();
    const told = stage.inviteRecorder({
      onReject: ({ message }) => void stage.told.push(`local: ${message.local}`),
    });
    await stage.invite({}, told);
  },
  (stage) => stage.told,
  {
    "SIP.js": ["onReject 503", "local: undefined"],
    Strowger: ["onReject 503", "local: true"],
  },
);

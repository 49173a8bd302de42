/**
 * Calls that are placed: answered, refused, redirected, forked (RFC 3261 §13.2, §17.1.1).
 *
 * @module
 */
import { type Scenario, sdp } from "../stage.ts";

export const outgoingCalls: readonly Scenario[] = [
  {
    name: "answered after 100 and 180; the caller hangs up",
    play: async (stage) => {
      await stage.invite({ body: sdp("offer") });
      await stage.respond(100);
      await stage.respond(180);
      await stage.respond(200, { body: "answer" });
      stage.session.bye(stage.recorder({}, "bye "));
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "answered at once; the callee hangs up",
    play: async (stage) => {
      const session = await stage.call();
      session.delegate = {
        onBye: (request) => {
          stage.told.push("onBye");
          request.accept();
        },
      };
      await stage.askWithin("BYE", 1);
    },
  },
  ...[[404, "not found"], [486, "busy"], [503, "out of service"], [603, "declined"]].map((
    [status, what],
  ): Scenario => ({
    name: `refused: ${what}`,
    play: async (stage) => {
      await stage.invite();
      await stage.respond(Number(status));
    },
  })),
  {
    name: "refused after it rang",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(180);
      await stage.respond(480);
    },
  },
  {
    name: "refused, and refused again",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(486);
      await stage.respond(486);
    },
  },
  {
    name: "redirected",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(302, { contact: "<sip:carol@carol.example>" });
    },
  },
  {
    name: "never answered",
    play: async (stage) => {
      await stage.invite();
      await stage.advance(60_000);
    },
  },
  {
    name: "never answered, over UDP",
    protocol: "UDP",
    play: async (stage) => {
      await stage.invite();
      await stage.advance(60_000);
    },
  },
  {
    name: "rings for three minutes before it is answered",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(180);
      await stage.advance(180_000);
      await stage.respond(200);
      stage.session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "early media: an answer in a 183, and again in the 200",
    play: async (stage) => {
      await stage.invite({ body: sdp("offer") });
      await stage.respond(183, { body: "answer" });
      stage.told.push(`signaling ${stage.progressed[0]?.session?.signalingState}`);
      await stage.respond(200, { body: "answer" });
      stage.told.push(`signaling ${stage.session.signalingState}`);
      stage.session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "without an offer: the 200 has it, the ACK the answer",
    play: async (stage) => {
      await stage.invite(
        {},
        stage.inviteRecorder({
          onAccept: (response) => void response.ack({ body: sdp("answer") }),
        }),
      );
      await stage.respond(200, { body: "offer" });
      stage.told.push(`signaling ${stage.session.signalingState}`);
      stage.session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "a 180 without To-tag",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(180, { toTag: null });
      await stage.respond(486);
    },
  },
  {
    name: "a 180 without Contact",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(180, { contact: null });
      await stage.respond(486);
    },
  },
  {
    name: "a 200 without To-tag",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(200, { toTag: null });
      await stage.advance(10_000);
    },
  },
  {
    name: "a 200 without Contact",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(200, { contact: null });
      await stage.advance(10_000);
      if (stage.peer.requests("BYE").length > 0) await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "the 200 comes again",
    play: async (stage) => {
      const session = await stage.call();
      await stage.respond(200, { body: "answer" });
      session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "the 200 comes again before the program has acknowledged it",
    play: async (stage) => {
      await stage.invite(
        {},
        stage.inviteRecorder({
          onAccept: (response) => void stage.clock.setTimeout(() => response.ack(), 1000),
        }),
      );
      await stage.respond(200);
      await stage.advance(500);
      await stage.respond(200);
      await stage.advance(500);
      stage.session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "the program does not acknowledge the 200",
    play: async (stage) => {
      await stage.invite({ body: sdp("offer") }, stage.inviteRecorder({ onAccept: () => {} }));
      await stage.respond(200, { body: "answer" });
      for (let second = 0; second < 30; second += 2) {
        await stage.advance(2000);
        if (stage.peer.requests("ACK").length === 0) await stage.respond(200, { body: "answer" });
      }
      stage.session.dispose();
    },
  },
  {
    name: "nobody listens, and the call is answered",
    play: async (stage) => {
      await stage.invite({ body: sdp("offer") }, {});
      await stage.respond(200, { body: "answer" });
      await stage.askWithin("BYE", 1);
    },
  },
  {
    name: "nobody listens, and the call is answered with an offer",
    play: async (stage) => {
      await stage.invite({}, {});
      await stage.respond(200, { body: "offer" });
      await stage.askWithin("BYE", 1);
    },
  },
  {
    name: "the delegate is set later",
    play: async (stage) => {
      const request = await stage.invite({}, {});
      request.delegate = stage.inviteRecorder();
      await stage.respond(180);
      await stage.respond(486);
    },
  },
  {
    name: "two branches ring, one answers",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(180, { toTag: "far1" });
      await stage.respond(180, { toTag: "far2" });
      await stage.respond(200, { toTag: "far2" });
      stage.session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "two branches answer",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(200, { toTag: "far1" });
      await stage.respond(200, { toTag: "far2" });
      for (const session of stage.sessions) {
        session.bye();
        await stage.settle();
        await stage.respond(200, {}, "BYE");
      }
    },
  },
  {
    name: "a proxy records its route",
    play: async (stage) => {
      await stage.invite({ body: sdp("offer") });
      const headers = ["Record-Route: <sip:other.example;lr>, <sip:bob.example:5060;lr>"];
      await stage.respond(180, { headers });
      await stage.respond(200, { headers, body: "answer" });
      stage.session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "routes are preloaded, and the call is refused",
    play: async (stage) => {
      const routeSet = ["<sip:bob.example:5060;lr>", "<sip:other.example;lr>"];
      await stage.invite({ options: { routeSet } });
      await stage.respond(486);
    },
  },
  {
    name: "answered over UDP, and every message comes twice",
    protocol: "UDP",
    play: async (stage) => {
      await stage.invite({ body: sdp("offer") });
      for (const status of [100, 100, 180, 180, 200, 200]) await stage.respond(status);
      await stage.askWithin("BYE", 1, { branch: "z9hG4bKbye" });
      await stage.askWithin("BYE", 1, { branch: "z9hG4bKbye" });
    },
  },
  {
    name: "a 100 after the 180",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(180);
      await stage.respond(100);
      await stage.respond(486);
    },
  },
];

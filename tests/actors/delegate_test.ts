// Users' code is a guest: what it throws is reported, and changes nothing in the protocol.
import { assertEquals, assertStrictEquals } from "@std/assert";
import { DelegateError, type OutgoingInviteRequestDelegate } from "@strowger/sip";
import { escaping } from "../support/escaping.ts";
import { Exchange } from "../support/exchange.ts";

const STATUSES = [100, 180, 200] as const;
const CALLBACKS = ["onTrying", "onProgress", "onAccept", "onRedirect", "onReject"] as const;

/** Plays responses to the last INVITE; ends the call where it is up. */
function play(x: Exchange, statuses: readonly number[]) {
  const invite = x.peer.request("INVITE");
  for (const status of statuses) x.peer.respond(invite, status);
}

function endCall(x: Exchange, ...reported: string[]) {
  const { callId, fromTag } = x.peer.request("INVITE");
  x.peer.ask("BYE", { callId, toTag: fromTag ?? "" });
  x.finish(...reported);
}

Deno.test("a delegate that is missing: the call goes its way", () => {
  for (const last of [200, 302, 486]) {
    const x = new Exchange();
    x.core.invite(x.message());
    play(x, [100, 180, last]);
    assertEquals(x.takeEvents(), ["INVITE", "ACK"]);
    if (last === 200) endCall(x);
    else x.finish();
  }
});

Deno.test("a delegate without methods: the call goes its way", () => {
  for (const last of [200, 302, 486]) {
    const x = new Exchange();
    x.invite({});
    play(x, [100, 180, last]);
    assertEquals(x.takeEvents(), ["INVITE", "ACK"]);
    if (last === 200) endCall(x);
    else x.finish();
  }
});

Deno.test("a delegate that is set later: it hears from then on", () => {
  const x = new Exchange();
  const request = x.core.invite(x.message());
  play(x, [100]);
  request.delegate = x.recorder();
  play(x, [180, 200]);
  assertEquals(x.takeEvents(), ["INVITE", "onProgress 180", "onAccept 200", "ACK"]);
  endCall(x);
});

Deno.test("a delegate that is replaced: the new one hears, the old one does not", () => {
  const x = new Exchange();
  const note = (name: string): OutgoingInviteRequestDelegate => ({
    onTrying: () => void x.events.push(`${name} onTrying`),
    onProgress: () => void x.events.push(`${name} onProgress`),
    onReject: () => void x.events.push(`${name} onReject`),
  });
  const request = x.invite(note("old"));
  play(x, [100]);
  request.delegate = note("new");
  play(x, [180]);
  delete request.delegate;
  play(x, [183]);
  request.delegate = note("newest");
  play(x, [486]);
  assertEquals(x.takeEvents(), [
    "INVITE",
    "old onTrying",
    "new onProgress",
    "ACK",
    "newest onReject",
  ]);
  x.finish();
});

Deno.test("a delegate that is replaced from inside a callback: read at each emission", () => {
  const x = new Exchange();
  const request = x.invite({
    onTrying: () => {
      request.delegate = x.recorder();
    },
  });
  play(x, [100, 180, 486]);
  assertEquals(x.takeEvents(), ["INVITE", "onProgress 180", "ACK", "onReject 486"]);
  x.finish();
});

Deno.test("a delegate's methods are called on the delegate", () => {
  const x = new Exchange();
  const delegate = {
    seen: 0,
    onTrying() {
      this.seen++;
    },
    onProgress() {
      this.seen++;
    },
    onReject() {
      this.seen++;
    },
  };
  x.invite(delegate);
  play(x, [100, 180, 486]);
  assertEquals(delegate.seen, 3);
  x.finish();
});

for (const how of ["throws", "rejects"] as const) {
  Deno.test(`a delegate that ${how}: each time reported, and the call goes its way`, async () => {
    const guest = new Error("a guest's mistake");
    const fail = (): never => {
      throw guest;
    };
    const mistake = how === "throws" ? fail : () => Promise.reject(guest);
    const delegate = () => Object.fromEntries(CALLBACKS.map((name) => [name, mistake]));
    for (const last of [302, 486]) {
      const x = new Exchange();
      x.invite(delegate());
      assertEquals(escaping(() => play(x, [100, 180, last])), []);
      await x.clock.advanceAsync(0);
      assertEquals(x.takeEvents(), ["INVITE", "ACK"]);
      assertEquals(x.errors.length, 3);
      for (const error of x.errors) {
        assertEquals([error.code, error.origin], ["delegate", "caller"]);
        assertStrictEquals(error.cause, guest);
      }
      x.finish("DelegateError", "DelegateError", "DelegateError");
    }
    const x = new Exchange();
    x.invite(delegate());
    assertEquals(escaping(() => play(x, STATUSES)), []);
    await x.clock.advanceAsync(0);
    assertEquals(x.core.live.dialogs, 1);
    x.clock.advance(31_999);
    assertEquals(x.takeEvents(), ["INVITE", "ACK"]);
    endCall(x, "DelegateError", "DelegateError", "DelegateError", "InvalidStateError");
  });

  Deno.test(`onError that ${how}: nothing gets out, and the call goes its way`, async () => {
    const fail = (): void => {
      throw new Error("a mistake about a mistake");
    };
    const onError = how === "throws" ? fail : () => Promise.reject(new Error("later"));
    const x = new Exchange({ configuration: { onError } });
    x.invite({ onTrying: fail, onProgress: fail, onReject: fail });
    const rejections = await unhandled(async () => {
      assertEquals(escaping(() => play(x, [100, 180, 486])), []);
      await x.clock.advanceAsync(0);
    });
    assertEquals(rejections, []);
    assertEquals(x.takeEvents(), ["INVITE", "ACK"]);
    x.finish();
  });

  Deno.test(`onInvite that ${how}: 500, and reported`, async () => {
    const fail = (): void => {
      throw new Error("a guest's mistake");
    };
    const x = new Exchange();
    x.takeInvites(how === "throws" ? fail : () => Promise.reject(new Error("later")));
    x.peer.ask("INVITE", { branch: "z9hG4bKa" });
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["onInvite", "500 INVITE"]);
    x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: x.peer.response("INVITE").toTag ?? "" });
    x.finish("DelegateError");
  });

  Deno.test(`onInvite that ${how} after it has answered: reported, and the answer stands`, async () => {
    const x = new Exchange();
    x.takeInvites((request) => {
      request.accept();
      if (how === "throws") throw new Error("a guest's mistake");
      return Promise.reject(new Error("later"));
    });
    x.peer.ask("INVITE");
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["onInvite", "200 INVITE"]);
    const toTag = x.peer.response("INVITE").toTag ?? "";
    x.peer.ask("ACK", { toTag });
    x.peer.ask("BYE", { toTag, cseq: 2 });
    x.finish("DelegateError");
  });

  Deno.test(`a session's delegate that ${how}: reported, and the BYE is answered`, async () => {
    const x = new Exchange();
    const { session } = x.callOut();
    const fail = () => {
      if (how === "throws") throw new Error("a guest's mistake");
      return Promise.reject(new Error("later"));
    };
    session.delegate = { onBye: fail };
    const { callId, fromTag } = x.peer.request("INVITE");
    x.peer.ask("BYE", { callId, toTag: fromTag ?? "" });
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["200 BYE"]);
    assertEquals(session.sessionState, "Terminated");
    x.finish("DelegateError");
  });
}

async function unhandled(run: () => Promise<void>): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    reasons.push(event.reason);
  };
  addEventListener("unhandledrejection", note);
  try {
    await run();
  } finally {
    removeEventListener("unhandledrejection", note);
  }
  return reasons;
}

Deno.test("without onError, what a delegate throws goes to the logger", () => {
  const lines: string[] = [];
  const logger = { debug: () => {}, warn: (line: string) => void lines.push(line) };
  const x = new Exchange({ configuration: { logger, onError: undefined } });
  x.invite({
    onReject: () => {
      throw new Error("a guest's mistake");
    },
  });
  x.peer.respond(x.peer.request("INVITE"), 486);
  assertEquals(lines.length, 1);
  assertEquals(lines[0]?.includes("a guest's mistake"), true);
  x.finish();
});

for (const guest of ["trace", "logger"] as const) {
  Deno.test(`${guest} that throws changes nothing in the protocol`, () => {
    const fail = (): never => {
      throw new Error("a guest's mistake");
    };
    const configuration = guest === "trace"
      ? { trace: fail }
      : { logger: { debug: fail, warn: fail } };
    const x = new Exchange({ configuration });
    const escaped = escaping(() => {
      x.invite();
      const invite = x.peer.request("INVITE");
      x.peer.send("nonsense");
      x.peer.send(x.peer.write(invite, 180).replaceAll(/branch=\w+/g, "branch=z9hG4bKother"));
      x.peer.respond(invite, 180);
      x.peer.respond(invite, 486);
    });
    assertEquals(escaped, []);
    assertEquals(x.takeEvents(), ["INVITE", "onProgress 180", "ACK", "onReject 486"]);
    x.clock.advance(100_000);
    x.assertSound();
    x.assertEmpty();
  });
}

Deno.test("a call from inside a callback to another call: both go their way", () => {
  const x = new Exchange();
  const first = x.invite(x.recorder({
    onProgress: () => {
      x.invite(x.recorder({ onReject: () => first.cancel() }));
    },
  }));
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  const second = x.peer.request("INVITE");
  x.peer.respond(second, 486);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  assertEquals(x.takeEvents(), [
    "INVITE",
    "onProgress 180",
    "INVITE",
    "ACK",
    "onReject 486",
    "CANCEL",
    "ACK",
    "onReject 487",
  ]);
  x.finish();
});

Deno.test("DelegateError is exported, so that onError can tell it", () => {
  assertEquals(new DelegateError("x").code, "delegate");
});

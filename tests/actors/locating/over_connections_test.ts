/** Calls over TLS and WebSocket: who cannot be called, and `sips:` all the way. */
import { setImmediate } from "node:timers";
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  type IncomingMessageRequest,
  type Session,
  type Transport,
  URI,
  UserAgentCore,
} from "@strowger/sip";
import { TcpTransport } from "../../../transports/tcp.ts";
import { TlsTransport } from "../../../transports/tls.ts";
import { WebSocketTransport } from "../../../transports/websocket.ts";
import { WebSocketServerTransport } from "../../../transports/websocket_server.ts";
import { Authority } from "../../support/certificates.ts";

const ALICE = URI.parse("sip:alice@example.com");

/** A core that answers every call, and notes what goes over the wire. */
class Phone {
  readonly core: UserAgentCore;
  /** The start line and Contact of each message that it has sent. */
  readonly sent: string[] = [];
  readonly contacts: string[] = [];
  readonly sessions: Session[] = [];
  #waiting: (() => void)[] = [];

  constructor(...transports: Transport[]) {
    this.core = new UserAgentCore({
      transports,
      logger: { debug: () => {}, warn: () => {} },
      trace: ({ direction, bytes }) => {
        if (direction === "in") return;
        const text = new TextDecoder().decode(bytes);
        this.sent.push(text.slice(0, text.indexOf("\r\n")));
        this.contacts.push(/^Contact: (.*)\r$/m.exec(text)?.[1] ?? "");
      },
    }, {
      onInvite: (request) => {
        const { session } = request.accept();
        this.sessions.push(session);
        session.delegate = { onAck: () => this.#wake(), onBye: () => this.#wake() };
      },
    });
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The last call that came in, when it is in a state. */
  async session(state: Session["sessionState"]): Promise<Session> {
    for (;;) {
      const session = this.sessions.at(-1);
      if (session?.sessionState === state) return session;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Calls; the session, or the status code. */
  call(target: string): Promise<Session | number> {
    const uri = URI.parse(target);
    const message = this.core.makeOutgoingRequestMessage("INVITE", uri, ALICE, uri);
    return new Promise((resolve) => {
      this.core.invite(message, {
        onAccept: (response) => {
          response.ack();
          resolve(response.session);
        },
        onReject: ({ message }) => resolve(message.statusCode ?? 0),
      });
    });
  }
}

/** Hangs up; the status code of the answer. */
function hangUp(session: Session): Promise<number> {
  return new Promise((resolve) => {
    const done = ({ message }: { message: { statusCode?: number | undefined } }) =>
      resolve(message.statusCode ?? 0);
    session.bye({ onAccept: done, onReject: done });
  });
}

function upIn(found: Session | number): Session {
  if (typeof found === "number") throw new Error(`refused with ${found}`);
  return found;
}

function stop(...phones: Phone[]): Promise<void[]> {
  return Promise.all(phones.map(({ core }) => core.stop({ deadline: 200 })));
}

async function webSockets(): Promise<[Phone, Phone, string]> {
  const server = await WebSocketServerTransport.listen();
  const url = `ws://127.0.0.1:${server.local.port}/`;
  const client = await WebSocketTransport.connect(url);
  const target = `sip:bob@127.0.0.1:${server.local.port};transport=ws`;
  return [new Phone(client), new Phone(server), target];
}

// RFC 7118 §5: nobody can connect to the Contact of a WebSocket's client.
Deno.test("who was called over WebSocket hangs up by the WebSocket that the call came by", async () => {
  const [alice, bob, target] = await webSockets();
  upIn(await alice.call(target));
  assertEquals(await hangUp(await bob.session("Confirmed")), 200);
  assertMatch(bob.sent.at(-1) ?? "", /^BYE sip:alice@[a-z0-9]{12}\.invalid;transport=ws SIP/);
  await stop(alice, bob);
});

Deno.test("a client of the WebSocket is called where it said that it is, and is gone when its WebSocket is", async () => {
  const [alice, bob, target] = await webSockets();
  upIn(await alice.call(target));
  const { remoteTarget } = await bob.session("Confirmed");
  const session = upIn(await bob.call(`${remoteTarget}`));
  await alice.session("Confirmed");
  assertEquals(await hangUp(session), 200);
  await alice.core.stop({ deadline: 200 });
  assertEquals(await bob.call(`${remoteTarget}`), 503);
  await stop(bob);
});

Deno.test("a host that is nobody's stays with who has said it first", async () => {
  const server = await WebSocketServerTransport.listen();
  const bob = new Phone(server);
  const url = `ws://127.0.0.1:${server.local.port}/`;
  const random = (octets: Uint8Array) => void octets.fill(7);
  const [one, two] = [
    await WebSocketTransport.connect(url, { random }),
    await WebSocketTransport.connect(url, { random }),
  ];
  assertEquals(one.local, two.local);
  const [alice, mallory] = [new Phone(one), new Phone(two)];
  const target = `sip:bob@127.0.0.1:${server.local.port};transport=ws`;
  upIn(await alice.call(target));
  const session = await bob.session("Confirmed");
  upIn(await mallory.call(target));
  await bob.session("Confirmed");
  assertEquals(await hangUp(session), 200);
  assertEquals(alice.sent.at(-1), "SIP/2.0 200 OK");
  await stop(alice, mallory, bob);
});

Deno.test("over TLS, too, who does not listen is reached by the connection that it has opened", async () => {
  const authority = await Authority.make();
  const certified = await authority.issue({ names: ["IP:127.0.0.1"] });
  const server = await TlsTransport.listen(certified);
  const alice = new Phone(TlsTransport.client({ ca: authority.cert }));
  const bob = new Phone(server);
  upIn(await alice.call(`sip:bob@127.0.0.1:${server.local.port};transport=tls`));
  assertEquals(await hangUp(await bob.session("Confirmed")), 200);
  await stop(alice, bob);
});

// RFC 3261 §8.1.1.8, §12.1.1: where the Request-URI is a SIPS URI, Contact is one.
for (const parameter of ["", ";transport=tcp", ";transport=tls"]) {
  Deno.test(`sips: with "${parameter}" goes by TLS, and has a Contact that does`, async () => {
    const authority = await Authority.make();
    const certified = await authority.issue({ names: ["IP:127.0.0.1"] });
    const tls = { ...certified, ca: authority.cert };
    const server = await TlsTransport.listen(tls);
    const own = await TlsTransport.listen(tls);
    const [alice, bob] = [
      new Phone(await TcpTransport.listen(), own),
      new Phone(await TcpTransport.listen(), server),
    ];
    upIn(await alice.call(`sips:bob@127.0.0.1:${server.local.port}${parameter}`));
    const session = await bob.session("Confirmed");
    assertEquals(alice.contacts[0], `<sips:alice@127.0.0.1:${own.local.port}>`);
    assertEquals(bob.contacts.at(-1), `<sips:bob@127.0.0.1:${server.local.port}>`);
    assertEquals(await hangUp(session), 200);
    assertEquals(bob.sent.at(-1), `BYE sips:alice@127.0.0.1:${own.local.port} SIP/2.0`);
    await stop(alice, bob);
  });
}

// RFC 3261 §18.2.2: if the connection is gone, "the server SHOULD open a connection to the IP address in
// the "received" parameter", at sent-by's port; RFC 5922 §7.3 asks who is there.
Deno.test("an answer whose connection is gone goes to who can prove to be sent-by's host", async () => {
  const authority = await Authority.make();
  const ca = authority.cert;
  const server = await TlsTransport.listen({
    ...await authority.issue({ names: ["IP:127.0.0.1"] }),
    ca,
  });
  const own = await TlsTransport.listen({
    ...await authority.issue({ names: ["URI:sip:atlanta.com"] }),
    ca,
    advertise: { host: "atlanta.com" },
  });
  const bob = new UserAgentCore({ transports: [server] });
  const alice = new UserAgentCore({ transports: [own] });
  const asked = Promise.withResolvers<IncomingMessageRequest>();
  bob.delegate = { onMessage: (request) => asked.resolve(request) };
  const target = URI.parse(`sip:bob@127.0.0.1:${server.local.port};transport=tls`);
  const heard = new Promise<string>((resolve) => {
    own.attach({
      receive: (bytes) => resolve(new TextDecoder().decode(bytes)),
      fault: () => {},
      disconnected: () => {},
    });
  });
  alice.message(alice.makeOutgoingRequestMessage("MESSAGE", target, ALICE, target));
  const request = await asked.promise;
  own.disconnect();
  while (server.counts.incoming > 0) await new Promise((resolve) => setImmediate(resolve));
  request.accept();
  assertMatch(await heard, /^SIP\/2.0 200 OK/);
  await Promise.all([alice.dispose(), bob.dispose()]);
});

Deno.test("sips: goes by nothing but TLS", async () => {
  const bob = new Phone(await TcpTransport.listen());
  const alice = new Phone(await TcpTransport.listen());
  const { port } = bob.core.configuration.transports[0]?.local ?? {};
  for (const parameter of ["", ";transport=tcp"]) {
    assertEquals(await alice.call(`sips:bob@127.0.0.1:${port}${parameter}`), 503);
  }
  assert(alice.sent.length === 0);
  await stop(alice, bob);
});

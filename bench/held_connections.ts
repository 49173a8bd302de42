/**
 * 1,000 idle TCP connections and 1,000 idle WebSockets, held by other processes: what they cost, and
 * whether a request on another connection is still answered in the same time. Then as many that say
 * nothing, or half a message: they have to be gone when their time is over.
 *
 * @module
 */
import { type Transport, URI, UserAgentCore } from "@strowger/sip";
import { type ConnectionCounts, TcpTransport } from "../transports/tcp.ts";
import { WebSocketServerTransport } from "../transports/websocket_server.ts";
import { heapUsed, median, printTable, processorTime } from "./measure.ts";
import { OtherProcess } from "./other_process.ts";

const HELD = 1_000;
const ROUND_TRIPS = 1_000;
/** How many times as many before anything counts. */
const WARM_UP = 4;
const CYCLES = 3;
const MESSAGE_TIMEOUT = 3_000;
const HOST = "127.0.0.1";
/** The collector needs a moment to see that a closed socket is gone. */
const SETTLE_MS = 500;

interface Server {
  readonly tcp: TcpTransport;
  readonly ws: WebSocketServerTransport;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Opens connections in another process, which holds them until it is disposed of. */
async function hold(kind: string, { local }: Transport, how: string): Promise<OtherProcess> {
  const options = [kind, HOST, `${local.port}`, `${HELD}`, how];
  const holder = OtherProcess.deno("connection_holder.ts", ...options);
  await holder.line();
  return holder;
}

/** Waits for something that comes about by itself. */
async function until(isSo: () => boolean, ms: number): Promise<number> {
  const start = performance.now();
  while (!isSo()) {
    if (performance.now() - start > ms) throw new Error(`not within ${ms} ms: ${isSo}`);
    await pause(5);
  }
  return performance.now() - start;
}

/** Requests and their answers, in microseconds. */
interface Answers {
  /** Processor time of both ends for each. */
  readonly processor: number;
  /** From the request to its answer, half of them in less. */
  readonly median: number;
}

/** Requests, one at a time over one connection. */
async function roundTrips(caller: UserAgentCore, { local }: Transport): Promise<Answers> {
  const target = URI.parse(`sip:bob@${HOST}:${local.port};transport=tcp`);
  const from = URI.parse("sip:alice@example.com");
  const times: number[] = [];
  const begin = processorTime();
  for (let i = 0; i < ROUND_TRIPS; i++) {
    const start = performance.now();
    await new Promise<void>((resolve) => {
      const message = caller.makeOutgoingRequestMessage("OPTIONS", target, from, target);
      const done = () => resolve();
      caller.request(message, { onAccept: done, onRedirect: done, onReject: done });
    });
    times.push((performance.now() - start) * 1000);
  }
  return { processor: (processorTime() - begin) / ROUND_TRIPS, median: median(times) };
}

/** Resident memory and heap, in octets. */
async function memory(): Promise<{ resident: number; heap: number }> {
  await pause(SETTLE_MS);
  const heap = heapUsed();
  return { heap, resident: Deno.memoryUsage().rss };
}

const perConnection = (octets: number): string => (octets / (2 * HELD) / 1024).toFixed(1);

/** Answers while nothing, and while everything is held; and what holding costs. */
async function holdIdle(server: Server, caller: UserAgentCore): Promise<void> {
  for (let i = 0; i < WARM_UP; i++) await roundTrips(caller, server.tcp);
  const ratios: number[] = [];
  const rows: string[][] = [["", "processor, µs", "median, µs", "heap, KB", "resident, KB"]];
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    const before = await memory();
    const none = await roundTrips(caller, server.tcp);
    const holders = await Promise.all([
      hold("TCP", server.tcp, "idle"),
      hold("WS", server.ws, "idle"),
    ]);
    await until(() => server.tcp.counts.incoming + server.ws.counts.incoming > 2 * HELD, 5_000);
    const with2000 = await memory();
    const held = await roundTrips(caller, server.tcp);
    const heap = with2000.heap - before.heap;
    const resident = with2000.resident - before.resident;
    const cells = ({ processor, median }: Answers) =>
      [processor, median].map((each) => each.toFixed(0));
    rows.push(
      [`${cycle}: none held`, ...cells(none), "", ""],
      [
        `${cycle}: ${HELD} TCP, ${HELD} WebSocket`,
        ...cells(held),
        perConnection(heap),
        perConnection(resident),
      ],
    );
    ratios.push(held.processor / none.processor);
    await Promise.all(holders.map((holder) => holder[Symbol.asyncDispose]()));
    await until(() => server.tcp.counts.incoming === 1 && server.ws.counts.incoming === 0, 5_000);
  }
  console.log(`Answers to OPTIONS over TCP, one at a time, and memory a connection that is held\n`);
  printTable(rows);
  console.log(
    `\n  processor time, held / none: ${ratios.map((each) => each.toFixed(2)).join(", ")}\n`,
  );
}

/** Those who say nothing, or too little. */
async function holdSilent(server: Server): Promise<void> {
  const rows: string[][] = [["", "all gone after, ms", "ended by a deadline"]];
  for (const how of ["silent", "half"]) {
    for (const [kind, transport] of [["TCP", server.tcp], ["WS", server.ws]] as const) {
      const counts = (): ConnectionCounts => transport.counts;
      const { incoming, expired } = counts();
      // A frame of a WebSocket is whole, whatever is in it.
      if (kind === "WS" && how === "half") continue;
      await using _ = await hold(kind, transport, how);
      const took = await until(() => counts().incoming === incoming, 3 * MESSAGE_TIMEOUT);
      const ended = counts().expired - expired;
      rows.push([`${kind}, ${how}`, took.toFixed(0), `${ended}`]);
      if (ended !== HELD) Deno.exitCode = 1;
    }
  }
  console.log(
    `${HELD} connections without a whole message, which have ${MESSAGE_TIMEOUT} ms each\n`,
  );
  printTable(rows);
}

if (import.meta.main) {
  const limits = {
    maxConnections: 3 * HELD,
    maxConnectionsPerAddress: 3 * HELD,
    messageTimeout: MESSAGE_TIMEOUT,
  };
  const server = {
    tcp: await TcpTransport.listen(limits),
    ws: await WebSocketServerTransport.listen(limits),
  };
  const logger = { debug: () => {}, warn: () => {} };
  const callee = new UserAgentCore({ transports: [server.tcp, server.ws], logger });
  const caller = new UserAgentCore({ transports: [await TcpTransport.listen()], logger });
  await holdIdle(server, caller);
  await holdSilent(server);
  const heap = await memory();
  const left = [callee, caller].flatMap(({ live }) => Object.values(live));
  console.log(`\n  left: ${left.reduce((a, b) => a + b)} entries, ${heap.heap >> 20} MB of heap\n`);
  await Promise.all([caller.stop(), callee.stop()]);
}

/**
 * Serves the page that shows a recording, while it grows or as a player plays it.
 *
 * Events go out a few times a second, with what has changed by then, so that the cost of a page does
 * not depend on how much happens between two of them.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ActorList, type Control } from "./actor_list.ts";
import { callView } from "./call_view.ts";
import { EventStream } from "./event_stream.ts";
import { MACHINES } from "../machine_index.ts";
import { messageView } from "./message_view.ts";
import { type Access, checkAccess, cookieFor, refusal } from "./page_access.ts";
import { pageFile } from "./page_files.ts";
import type { Player, PlayerRequest } from "./player.ts";
import type { Recording } from "../recording.ts";
import { svgOf } from "../drawing/svg.ts";

/** What is shown, and to whom. */
export interface PageOptions extends Access {
  /** The port to listen at; 0 for any that is free. */
  port?: number;
  /** What is shown. */
  recording: Recording;
  /** What plays it, if it is played. */
  player?: Player;
  /** What the page may do. */
  allow?: readonly Control[];
  /** Ends a call; says whether there was one. */
  endCall?: (callId: string) => boolean;
}

/** A page that is served. */
export interface Page extends AsyncDisposable {
  /** Where it is. */
  readonly url: string;
  /** Ends it: whoever looks is let go. */
  close(): Promise<void>;
}

/** So often a page is told what has changed, in milliseconds. */
const INTERVAL = 250;
const MAX_STREAMS = 64;
const MAX_BODY = 4_096;

/**
 * Serves the page.
 *
 * @throws `InvalidArgumentError` for a host that others can reach where no token is given.
 */
export async function servePage(options: PageOptions): Promise<Page> {
  checkAccess(options);
  const { host = "127.0.0.1", port = 0, token } = options;
  const server = new PageServer(options);
  const at = await server.listen(port, host);
  const shown = host.includes(":") ? `[${host}]` : host;
  const url = `http://${shown}:${at}/${token === undefined ? "" : `?token=${token}`}`;
  const close = () => server.close();
  return { url, close, [Symbol.asyncDispose]: close };
}

class PageServer {
  readonly #options: PageOptions;
  readonly #server: Server;
  readonly #list = new ActorList();
  readonly #lists = new Set<EventStream>();
  /** Who looks at which call. */
  readonly #calls = new Map<EventStream, string>();
  /** The calls of which something has happened. */
  readonly #stirred = new Set<string>();
  readonly #unsubscribe: () => void;
  readonly #diagrams = new Map<string, Promise<string>>();
  #dropped = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PageOptions) {
    this.#options = options;
    const { recording, player } = options;
    for (const call of recording.calls) for (const entry of call.entries) this.#list.add(entry);
    this.#unsubscribe = recording.subscribe((entry) => {
      this.#list.add(entry);
      this.#stirred.add(entry.callId);
      this.#soon();
    });
    if (player !== undefined) {
      player.onRewind = () => {
        this.#list.sweep(recording);
        for (const callId of this.#calls.values()) this.#stirred.add(callId);
      };
      player.onMove = () => {
        this.#broadcast("player", player.position);
        this.#soon();
      };
    }
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#options.player?.stop();
    clearTimeout(this.#timer);
    for (const each of [...this.#lists, ...this.#calls.keys()]) each.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Whatever goes wrong with one request is told to that one. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { token } = this.#options;
      const why = refusal(request, this.#options);
      if (why !== undefined) return answer(response, 403, { error: why });
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://page");
      if (token !== undefined && searchParams.has("token")) {
        response.setHeader("set-cookie", cookieFor(token));
      }
      const parts = pathname.slice(1).split("/").map(decodeURIComponent);
      if (request.method === "POST") await this.#post(parts, request, response);
      else if (request.method === "GET") await this.#get(parts, response);
      else answer(response, 405, { error: "expected GET or POST" });
    } catch (cause) {
      if (response.headersSent) response.destroy();
      else answer(response, 400, { error: cause instanceof Error ? cause.message : `${cause}` });
    }
  }

  async #get(parts: readonly string[], response: ServerResponse): Promise<void> {
    const [kind = "", name = "", what = "", n = ""] = parts;
    if (kind === "events") return this.#actors(response);
    if (kind === "calls" && what === "events") return this.#call(name, response);
    if (kind === "calls" && what === "messages") return this.#message(name, Number(n), response);
    if (kind === "machines") return await this.#diagram(name.replace(/\.svg$/, ""), response);
    const file = await pageFile(parts.join("/"));
    if (file === undefined) return answer(response, 404, { error: "there is no such page" });
    send(response, file.type, file.text);
  }

  async #post(
    parts: readonly string[],
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const [kind = "", callId = "", control = ""] = parts;
    const { player } = this.#options;
    if (kind === "player" && player !== undefined) {
      player.request(JSON.parse(await bodyOf(request)) as PlayerRequest);
      return answer(response, 200, player.position);
    }
    if (kind === "calls" && (control === "cancel" || control === "hangUp")) {
      return this.#control(callId, control, response);
    }
    answer(response, 404, { error: "there is nothing to be done there" });
  }

  #control(callId: string, control: Control, response: ServerResponse): void {
    const { allow = [], endCall } = this.#options;
    if (endCall === undefined || !allow.includes(control)) {
      return answer(response, 403, { error: `${control} is not allowed here` });
    }
    if (!this.#list.controlsOf(callId).includes(control)) {
      return answer(response, 409, { error: "the call is in no state for that" });
    }
    if (!endCall(callId)) return answer(response, 404, { error: "the call is gone" });
    response.writeHead(204).end();
  }

  #actors(response: ServerResponse): void {
    if (this.#isCrowded(response)) return;
    // Others are told first, so that all of them know the same.
    this.#flush();
    const stream = new EventStream(response, () => this.#lists.delete(stream));
    this.#lists.add(stream);
    const { allow = [], player } = this.#options;
    stream.send("hello", { mode: player === undefined ? "live" : "replay", allow });
    stream.send("actors", { reset: true, actors: this.#list.rows, removed: [] });
    if (player !== undefined) stream.send("player", player.position);
  }

  #call(callId: string, response: ServerResponse): void {
    if (this.#isCrowded(response)) return;
    const stream = new EventStream(response, () => this.#calls.delete(stream));
    this.#calls.set(stream, callId);
    this.#sendCall(stream, callId);
  }

  #isCrowded(response: ServerResponse): boolean {
    if (this.#lists.size + this.#calls.size < MAX_STREAMS) return false;
    answer(response, 503, { error: `${MAX_STREAMS} pages look already` });
    return true;
  }

  #message(callId: string, n: number, response: ServerResponse): void {
    const entry = this.#options.recording.call(callId)?.entries.find((each) => each.n === n);
    if (entry?.kind !== "message") {
      return answer(response, 404, { error: "there is no such message" });
    }
    answer(response, 200, messageView(entry.octets));
  }

  async #diagram(id: string, response: ServerResponse): Promise<void> {
    const machine = MACHINES.get(id);
    if (machine === undefined) return answer(response, 404, { error: "there is no such machine" });
    const svg = this.#diagrams.get(id) ?? svgOf(machine);
    this.#diagrams.set(id, svg);
    send(response, "image/svg+xml", await svg);
  }

  /** Also where nobody looks, since what has changed would pile up. */
  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, INTERVAL);
  }

  #flush(): void {
    const { recording } = this.#options;
    // A recording tells of what it adds, and not of what it forgets.
    if (recording.droppedCalls !== this.#dropped) {
      this.#dropped = recording.droppedCalls;
      this.#list.sweep(recording);
    }
    const changes = this.#list.takeChanges();
    if (changes.actors.length + changes.removed.length > 0) this.#broadcast("actors", changes);
    for (const [stream, callId] of this.#calls) {
      if (this.#stirred.has(callId)) this.#sendCall(stream, callId);
    }
    this.#stirred.clear();
  }

  #broadcast(name: string, data: unknown): void {
    for (const each of this.#lists) each.send(name, data);
  }

  #sendCall(stream: EventStream, callId: string): void {
    const call = this.#options.recording.call(callId) ?? { callId, entries: [], dropped: 0 };
    const now = this.#options.player?.position.time ?? Date.now();
    stream.send("call", { ...callView(call), now });
  }
}

const SECURITY = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

function send(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { ...SECURITY, "content-type": `${type}; charset=utf-8` }).end(text);
}

function answer(response: ServerResponse, status: number, data: unknown): void {
  response.writeHead(status, { ...SECURITY, "content-type": "application/json; charset=utf-8" })
    .end(JSON.stringify(data));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of request) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MAX_BODY) throw new RangeError(`expected at most ${MAX_BODY} characters`);
  }
  return text;
}

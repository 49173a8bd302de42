/**
 * Who is there to take a message: by branch and method, by dialog, by Call-ID. Every look-up is one
 * in a `Map`, so it costs the same with ten calls and with ten thousand.
 *
 * @module
 */
import {
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  MAGIC_COOKIE,
} from "../messages/mod.ts";
import type { Transport } from "../transports/transport.ts";
import { boundedSet } from "./bounded_map.ts";
import type {
  Call,
  ClientEntry,
  ConnectionUser,
  DialogEntry,
  InvitedCall,
  NotifyWaitEntry,
  RegistrationEntry,
  ServerEntry,
} from "./registry_entries.ts";

export type * from "./registry_entries.ts";

/** How many given-up INVITEs, and how many ended calls, are remembered. */
const MAX_REMEMBERED = 1000;

/** A Via's sent-by as one text in lower case, for comparing. */
function sentByOf(via: { host: string; port: number | undefined }): string {
  const host = via.host.toLowerCase();
  return via.port === undefined ? host : `${host}:${via.port}`;
}

/**
 * What names a server transaction (RFC 3261 §17.2.3): branch, sent-by and method where the branch
 * has the magic cookie; else, for RFC 2543 clients, what that RFC compared. An ACK and a CANCEL are
 * looked up as the INVITE that they belong to, by passing that method.
 */
export function serverKey(request: IncomingRequestMessage, method: string): string {
  const { via } = request;
  const sentBy = sentByOf(via);
  // The cookie alone is no branch: RFC 4475 §3.2.1.
  if (via.branch?.startsWith(MAGIC_COOKIE) && via.branch.length > MAGIC_COOKIE.length) {
    return `${method} ${sentBy} ${via.branch}`;
  }
  // "The INVITE request matches a transaction if the Request-URI, To tag, From tag, Call-ID, CSeq,
  // and top Via header field match". The To tag is left out, as an ACK has one and its INVITE has
  // none; CSeq and Call-ID tell INVITEs apart without it.
  const { ruri, fromTag = "", callId, cseq } = request;
  return `${method} ${sentBy} ${via.branch ?? ""} ${ruri} ${fromTag} ${callId} ${cseq}`;
}

/** A Call-ID alone will not do: it is the same in the next try after a redirect (§8.1.3.4). */
function callKey(call: { callId: string; fromTag: string | undefined; cseq: number }): string {
  return `${call.cseq} ${call.fromTag} ${call.callId}`;
}

export function mergedKey({ method, cseq, fromTag = "", callId }: IncomingRequestMessage): string {
  return `${method} ${cseq} ${fromTag} ${callId}`;
}

/** What names a dialog on this side (RFC 3261 §12). */
export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`;
}

/** What names the NOTIFYs of a request before there is a dialog (RFC 6665 §4.4.1). */
function notifyKey(callId: string, localTag: string): string {
  return `${callId} ${localTag}`;
}

/** Holds everything that lives, and nothing that does not. */
export class Registry {
  private readonly clients = new Map<string, ClientEntry>();
  private readonly servers = new Map<string, ServerEntry>();
  private readonly dialogs = new Map<string, DialogEntry>();
  /** Server transactions by what a merged request has in common with them. */
  private readonly merged = new Map<string, ServerEntry>();
  private readonly notifyWaits = new Map<string, NotifyWaitEntry>();
  private readonly calls = new Map<string, { readonly call: Call; holders: number }>();
  private readonly abandoned = new Map<string, Call>();
  private readonly ended = new Map<string, true>();
  private readonly registrations = new Set<RegistrationEntry>();
  /** Client transactions by the connection that they were sent over; and flows that are kept. */
  private readonly connections = new Map<string, Set<ConnectionUser>>();

  /** How many transactions and dialogs there are. */
  get size(): number {
    return this.clients.size + this.servers.size + this.dialogs.size + this.calls.size +
      this.merged.size + this.connections.size + this.notifyWaits.size + this.registrations.size;
  }

  /** Called when no dialog and no unsettled transaction is left. */
  onQuiet: () => void = () => {};
  private unsettled = 0;

  /** Whether nothing is left that somebody waits for; transactions may still absorb repetitions. */
  get isQuiet(): boolean {
    return this.unsettled === 0 && this.dialogs.size === 0;
  }

  /** Counts a transaction whose outcome is open. */
  unsettle(): void {
    this.unsettled++;
  }

  /** The counterpart of `unsettle`: the outcome is there. */
  settle(): void {
    this.unsettled--;
    if (this.isQuiet) this.onQuiet();
  }

  /** How many of each there are. */
  get counts(): { clients: number; servers: number; dialogs: number } {
    return {
      clients: this.clients.size,
      servers: this.servers.size,
      dialogs: this.dialogs.size,
    };
  }

  /** Enters a client transaction, before it first sends. */
  addClient(
    branch: string,
    method: string,
    connection: string | undefined,
    entry: ClientEntry,
  ): void {
    this.clients.set(`${branch} ${method}`, entry);
    this.joinConnection(connection, entry);
  }

  /** Notes that something depends on a connection: see `connectionKey`. */
  joinConnection(connection: string | undefined, user: ConnectionUser): void {
    if (connection === undefined) return;
    const users = this.connections.get(connection);
    if (users === undefined) this.connections.set(connection, new Set([user]));
    else users.add(user);
  }

  /** Forgets a client transaction. */
  removeClient(branch: string, method: string): void {
    this.clients.delete(`${branch} ${method}`);
  }

  /** The counterpart of `joinConnection`. */
  leaveConnection(connection: string | undefined, user: ConnectionUser): void {
    if (connection === undefined) return;
    const users = this.connections.get(connection);
    users?.delete(user);
    if (users?.size === 0) this.connections.delete(connection);
  }

  /**
   * The client transaction of a response. RFC 3261 §17.1.3: by branch and the method in CSeq;
   * §18.1.2: "If the value of the "sent-by" parameter in that header field value does not correspond
   * to a value that the client transport is configured to insert into requests, the response MUST
   * be silently discarded."
   */
  clientOf(response: IncomingResponseMessage): ClientEntry | undefined {
    const entry = this.clients.get(`${response.viaBranch} ${response.method}`);
    return entry?.sentBy.toLowerCase() === sentByOf(response.via) ? entry : undefined;
  }

  /** What depends on a connection. */
  usersOf(connection: string): ConnectionUser[] {
    return [...this.connections.get(connection) ?? []];
  }

  /** Enters a server transaction; the keys are from `serverKey` and `mergedKey`. */
  addServer(key: string, merged: string, entry: ServerEntry): void {
    this.servers.set(key, entry);
    if (!this.merged.has(merged)) this.merged.set(merged, entry);
  }

  /** Forgets a server transaction. */
  removeServer(key: string, merged: string, entry: ServerEntry): void {
    this.servers.delete(key);
    if (this.merged.get(merged) === entry) this.merged.delete(merged);
  }

  /**
   * Whether a request without a transaction is one that has come already by another way. RFC 3261
   * §8.2.2.2: "If the request has no tag in the To header field, the UAS core MUST check the request
   * against ongoing transactions. If the From tag, Call-ID, and CSeq exactly match those associated
   * with an ongoing transaction, but the request does not match that transaction ... the UAS core
   * SHOULD generate a 482 (Loop Detected) response".
   */
  isMerged(request: IncomingRequestMessage): boolean {
    return request.toTag === undefined && this.merged.has(mergedKey(request));
  }

  /** The server transaction with a key from `serverKey`. */
  server(key: string): ServerEntry | undefined {
    return this.servers.get(key);
  }

  /** Enters a dialog. */
  addDialog(key: string, entry: DialogEntry): void {
    this.dialogs.set(key, entry);
  }

  /** Forgets a dialog. */
  removeDialog(key: string, entry: DialogEntry): void {
    if (this.dialogs.get(key) !== entry) return;
    this.dialogs.delete(key);
    if (this.isQuiet) this.onQuiet();
  }

  /** The dialog with a key from `dialogKey`. */
  dialog(key: string): DialogEntry | undefined {
    return this.dialogs.get(key);
  }

  /**
   * Notes that the call of a dialog has ended: who wants to replace it is told so. Of bounded number,
   * and no part of `size`.
   */
  noteEnded(key: string): void {
    boundedSet(this.ended, key, true, MAX_REMEMBERED);
  }

  /** Whether the dialog with this key had a call lately that has ended. */
  hasEnded(key: string): boolean {
    return this.ended.has(key);
  }

  /** Enters what waits for the NOTIFYs of a request. */
  addNotifyWait(request: { callId: string; fromTag: string }, entry: NotifyWaitEntry): void {
    this.notifyWaits.set(notifyKey(request.callId, request.fromTag), entry);
  }

  /** Forgets it. */
  removeNotifyWait(request: { callId: string; fromTag: string }, entry: NotifyWaitEntry): void {
    const key = notifyKey(request.callId, request.fromTag);
    if (this.notifyWaits.get(key) === entry) this.notifyWaits.delete(key);
  }

  /** What waits for a NOTIFY. */
  notifyWait({ callId, toTag = "" }: IncomingRequestMessage): NotifyWaitEntry | undefined {
    return this.notifyWaits.get(notifyKey(callId, toTag));
  }

  /** Enters a registration. */
  addRegistration(entry: RegistrationEntry): void {
    this.registrations.add(entry);
  }

  /** Forgets a registration. */
  removeRegistration(entry: RegistrationEntry): void {
    this.registrations.delete(entry);
  }

  /** The calls that have a dialog. */
  get invitedCalls(): InvitedCall[] {
    return [...this.dialogs.values()].flatMap(({ call }) => call === undefined ? [] : [call]);
  }

  /** The client transactions that go by a transport. */
  clientsBy(transport: Transport): ClientEntry[] {
    return [...this.clients.values()].filter((client) => client.transport === transport);
  }

  /** Notes that something of an outgoing call lives, so that its late branches are known. */
  holdCall(call: Call): void {
    const key = callKey(call);
    const held = this.calls.get(key);
    if (held === undefined) this.calls.set(key, { call, holders: 1 });
    else held.holders++;
  }

  /** The counterpart of `holdCall`. */
  releaseCall(call: Call): void {
    const key = callKey(call);
    const held = this.calls.get(key);
    if (held !== undefined && --held.holders === 0) this.calls.delete(key);
  }

  /**
   * Notes that an INVITE was given up, or has failed: should a 2xx come yet, the call it announces
   * has to be ended. Of bounded number, and no part of `size`.
   */
  abandonCall(call: Call): void {
    boundedSet(this.abandoned, callKey(call), call, MAX_REMEMBERED);
  }

  /** The INVITE of ours that a response without a transaction answers. */
  callOf(response: IncomingResponseMessage): Call | undefined {
    const key = callKey(response);
    const call = this.calls.get(key)?.call ?? this.abandoned.get(key);
    return call?.sentBy.toLowerCase() === sentByOf(response.via) ? call : undefined;
  }

  /** What a call consists of; asks everything that lives. */
  ofCall(callId: string): { end(): void }[] {
    return [this.clients, this.servers, this.dialogs].flatMap((entries) =>
      [...entries.values()].filter((entry) => entry.callId === callId)
    );
  }

  /** Everything that lives. */
  all(): { end(): void; dispose(): void }[] {
    return [
      ...this.clients.values(),
      ...this.servers.values(),
      ...this.dialogs.values(),
      ...this.notifyWaits.values(),
      ...this.registrations,
    ];
  }
}

/**
 * The dialogs of one Call-ID as they follow from its messages (RFC 3261 §12, RFC 6665 §4.4.1), to
 * compare the engine's requests with.
 */
import { addresses, contact, header, sequence, tag } from "./logged_header.ts";
import type { LoggedMessage } from "./message_log.ts";

/** What is known of one dialog. */
export interface DialogRecord {
  /** Where the peer wants its requests. */
  target: string | undefined;
  /** The Route values of a request within it. */
  routes: readonly string[];
  /** The highest CSeq of the engine's requests. */
  sequence: number | undefined;
}

/** Names a dialog by the engine's tag and the peer's. */
export function dialogKey(engineTag: string | undefined, peerTag: string | undefined): string {
  return `${engineTag} ${peerTag}`;
}

const MAKES_DIALOG = ["INVITE", "SUBSCRIBE", "REFER"];
/** Requests that replace the remote target (RFC 3261 §12.2, RFC 3311, RFC 6665 §4.4.1). */
const REFRESHES_TARGET = ["INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"];

/** See the module. */
export class DialogRecords {
  private readonly records = new Map<string, DialogRecord>();

  get(key: string): DialogRecord | undefined {
    return this.records.get(key);
  }

  /** Takes one message in; `request` is itself, or what it answers. */
  take(message: LoggedMessage, request: LoggedMessage | undefined): void {
    if (request === undefined) return;
    if (message.status !== undefined) this.takeResponse(message, message.status, request);
    else if (message.isPeers) this.takePeersRequest(message);
    else this.takeOwnRequest(message);
  }

  private takeOwnRequest(request: LoggedMessage): void {
    if (request.method === "ACK" || request.method === "CANCEL") return;
    const record = this.get(dialogKey(tag(request, "from"), tag(request, "to")));
    if (record !== undefined) record.sequence = sequence(request);
  }

  private takePeersRequest(request: LoggedMessage): void {
    // RFC 6665 §4.4.1: a NOTIFY makes the dialog of a subscription where no 2xx has yet.
    const key = dialogKey(tag(request, "to"), tag(request, "from"));
    if (request.method !== "NOTIFY" || tag(request, "to") === undefined || this.records.has(key)) {
      return;
    }
    this.records.set(key, {
      target: contact(request),
      routes: addresses(request, "record-route"),
      sequence: undefined,
    });
  }

  private takeResponse(response: LoggedMessage, status: number, request: LoggedMessage): void {
    const { method = "" } = request;
    const isProgress = method === "INVITE" && status > 100 && status < 200;
    const isSuccess = status >= 200 && status < 300;
    if (tag(response, "to") === undefined || !(isProgress || isSuccess)) return;
    const isPeersResponse = response.isPeers;
    const key = isPeersResponse
      ? dialogKey(tag(response, "from"), tag(response, "to"))
      : dialogKey(tag(response, "to"), tag(response, "from"));
    const record = this.records.get(key);
    const source = isPeersResponse ? response : request;
    if (tag(request, "to") === undefined && MAKES_DIALOG.includes(method)) {
      const routes = addresses(source, "record-route");
      this.records.set(key, {
        target: contact(source) ?? record?.target,
        routes: isPeersResponse ? routes.reverse() : routes,
        sequence: record?.sequence ?? (isPeersResponse ? sequence(request) : undefined),
      });
    } else if (record !== undefined && isSuccess && REFRESHES_TARGET.includes(method)) {
      if (header(source, "contact") !== "") record.target = contact(source);
    }
  }
}

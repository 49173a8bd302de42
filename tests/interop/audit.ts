/**
 * Looks at every message of the engine as it went over the wire. A peer follows a call by its Call-ID
 * and by what it expects next, and hardly looks at the rest; this does.
 */
import { dialogKey, type DialogRecord, DialogRecords } from "./dialog_records.ts";
import { branch, contact, header, sequence, tag } from "./logged_header.ts";
import type { LoggedMessage } from "./message_log.ts";

/** What is wrong with the engine's messages in one call, and how many of them were repetitions. */
export interface Audit {
  readonly complaints: string[];
  readonly repeated: number;
}

/** Audits the messages of one Call-ID, in the order in which they went. */
export function auditCall(messages: readonly LoggedMessage[]): Audit {
  const call = new Call();
  const seen = new Set<string>();
  const complaints: string[] = [];
  let repeated = 0;
  for (const message of messages) {
    if (message.isPeers) {
      call.take(message);
      continue;
    }
    if (seen.has(message.text)) {
      repeated++;
      continue;
    }
    seen.add(message.text);
    const checks = message.method === undefined
      ? checkResponse(message, call)
      : checkRequest(message, message.method, call);
    const name = message.method ?? `${message.status} to ${header(message, "cseq")}`;
    for (const [what, found, expected] of [...checks, ...checkAny(message)]) {
      if (found !== expected) complaints.push(`${name}: ${what} ${found}, expected ${expected}`);
    }
    call.take(message);
  }
  return { complaints, repeated };
}

type Check = readonly [what: string, found: unknown, expected: unknown];

/** What a message is compared with: those that went before. */
class Call {
  readonly dialogs: DialogRecords = new DialogRecords();
  private readonly messages: LoggedMessage[] = [];

  take(message: LoggedMessage): void {
    this.messages.push(message);
    this.dialogs.take(message, message.method === undefined ? this.requestOf(message) : message);
  }

  /** The request that a response answers (RFC 3261 §17.1.3). */
  requestOf(response: LoggedMessage): LoggedMessage | undefined {
    return this.messages.find((each) =>
      each.isPeers !== response.isPeers && each.method !== undefined &&
      branch(each) === branch(response) && header(each, "cseq") === header(response, "cseq")
    );
  }

  /**
   * The INVITE of the engine that a CANCEL or an ACK is about: the one with its branch, or the last one;
   * it has gone to several servers where some were dead (RFC 3263 §4.3).
   */
  inviteOf(request: LoggedMessage): LoggedMessage | undefined {
    const invites = this.messages.filter((each) =>
      !each.isPeers && each.method === "INVITE" && sequence(each) === sequence(request)
    );
    return invites.find((each) => branch(each) === branch(request)) ?? invites.at(-1);
  }

  /** The peer's last words on that INVITE. */
  finalResponsesTo(invite: LoggedMessage): LoggedMessage[] {
    return this.messages.filter((each) =>
      each.isPeers && (each.status ?? 0) >= 200 && branch(each) === branch(invite) &&
      header(each, "cseq") === header(invite, "cseq")
    );
  }

  /** Whether no request before had the branch of this one (RFC 3261 §8.1.1.7). */
  hasOwnBranch(request: LoggedMessage): boolean {
    return !this.messages.some((each) =>
      !each.isPeers && each.method !== undefined && branch(each) === branch(request)
    );
  }

  /** The To tag of an earlier response to the same request. */
  tagGivenTo(request: LoggedMessage): string | undefined {
    return this.messages.filter((each) =>
      !each.isPeers && each.method === undefined && this.requestOf(each) === request
    ).map((each) => tag(each, "to")).find((each) => each !== undefined);
  }

  isAckToFailure(request: LoggedMessage): boolean {
    const invite = this.inviteOf(request);
    if (request.method !== "ACK" || invite === undefined) return false;
    return !this.finalResponsesTo(invite).some(({ status = 0 }) => status < 300);
  }

  /** RFC 3262 §7.2: whether RAck names a reliable response that came. */
  isReliable(rack: string): boolean {
    return this.messages.some((each) =>
      each.isPeers && header(each, "rseq") !== "" &&
      `${header(each, "rseq")} ${header(each, "cseq")}` === rack
    );
  }
}

/** RFC 3261 §20.14: "any Content-Length greater than or equal to zero is a valid value", if true. */
function checkAny(message: LoggedMessage): Check[] {
  const hasBody = message.body !== "";
  return [
    ["Content-Length", header(message, "content-length"), `${message.body.length}`],
    // §7.4.1: "The Content-Type header field MUST be present if the body is not empty", §20.15.
    ["a Content-Type", hasBody && header(message, "content-type") === "", false],
  ];
}

/** Requests that make dialogs or refresh their targets, and so need a Contact (§8.1.1.8, §12.2). */
const WITH_CONTACT = ["INVITE", "UPDATE", "SUBSCRIBE", "REFER", "NOTIFY"];

function checkRequest(request: LoggedMessage, method: string, call: Call): Check[] {
  const checks: Check[] = [
    ["Max-Forwards", header(request, "max-forwards"), "70"],
    ["magic cookie", branch(request)?.slice(0, 7), "z9hG4bK"],
    ["CSeq's method", header(request, "cseq").split(" ")[1], method],
    ["a From tag", tag(request, "from") !== undefined, true],
  ];
  if (WITH_CONTACT.includes(method)) {
    checks.push(["a Contact", contact(request) !== undefined, true]);
  }
  if (method === "CANCEL" || call.isAckToFailure(request)) {
    return [...checks, ...checkSibling(request, method, call)];
  }
  checks.push(["a branch of its own", call.hasOwnBranch(request), true]);
  if (method === "ACK") checks.push(...checkAck(request, call));
  if (method === "PRACK") {
    checks.push(["a response that RAck names", call.isReliable(header(request, "rack")), true]);
  }
  const remoteTag = tag(request, "to");
  if (remoteTag === undefined) return checks;
  const dialog = call.dialogs.get(dialogKey(tag(request, "from"), remoteTag));
  if (dialog === undefined) return [...checks, ["To tag", remoteTag, "one of the peer's"]];
  return [...checks, ...checkWithin(request, method, dialog)];
}

/** §9.1, §17.1.1.3: a CANCEL, and the ACK to a failure, look like the INVITE. */
function checkSibling(request: LoggedMessage, method: string, call: Call): Check[] {
  const invite = call.inviteOf(request);
  if (invite === undefined) return [["an INVITE with its CSeq", false, true]];
  const names = method === "CANCEL" ? ["from", "to", "route"] : ["from", "route"];
  const refusal = call.finalResponsesTo(invite).at(0);
  return [
    ["branch", branch(request), branch(invite)],
    ["Request-URI", request.ruri, invite.ruri],
    ...names.map((name): Check => [name, header(request, name), header(invite, name)]),
    ...(method === "ACK"
      ? [["to", header(request, "to"), header(refusal, "to")] satisfies Check]
      : []),
  ];
}

/** §13.2.2.4: the ACK to a 2xx has the CSeq and the credentials of its INVITE. */
function checkAck(ack: LoggedMessage, call: Call): Check[] {
  const invite = call.inviteOf(ack);
  return [
    ["an INVITE with its CSeq", invite !== undefined, true],
    ...["authorization", "proxy-authorization"].map((name): Check => [
      name,
      header(ack, name),
      header(invite, name),
    ]),
  ];
}

/** §12.2.1.1. */
function checkWithin(request: LoggedMessage, method: string, dialog: DialogRecord): Check[] {
  const checks: Check[] = [
    ["Request-URI", request.ruri, dialog.target],
    ["Route", header(request, "route"), dialog.routes.join(", ")],
  ];
  if (method === "ACK") return checks;
  const isHigher = dialog.sequence === undefined || sequence(request) > dialog.sequence;
  return [...checks, ["a CSeq above those before", isHigher, true]];
}

/** What a response of some kinds has to have besides (§20.5, §20.44, RFC 6665 §8.3.2 and so on). */
const REQUIRED: { readonly [status: number]: string } = {
  401: "www-authenticate",
  405: "allow",
  407: "proxy-authenticate",
  420: "unsupported",
  422: "min-se",
  423: "min-expires",
  489: "allow-events",
};

/** What Via was before `received` and the value of `rport` came into the first one (RFC 3581 §4). */
function withoutSource(via: string): string {
  const [first = "", ...others] = via.split(/(?=,)/);
  const plain = first.replace(/;received=[^;\s]+/, "").replace(/;rport=\d+/, ";rport");
  return plain + others.join("");
}

/** §8.2.6.2, §12.1.1. */
function checkResponse(response: LoggedMessage, call: Call): Check[] {
  const request = call.requestOf(response);
  if (request === undefined) return [["a request that it answers", false, true]];
  const { status = 0 } = response;
  const checks: Check[] = ["from", "call-id", "cseq"].map((name) => [
    name,
    header(response, name),
    header(request, name),
  ]);
  checks.push(["via", withoutSource(header(response, "via")), header(request, "via")]);
  const own = tag(response, "to");
  const isNew = tag(request, "to") === undefined;
  // §8.2.6.2: "the same tag MUST be used for all responses to that request".
  const given = call.tagGivenTo(request) ?? own;
  const added = isNew && own !== undefined ? `;tag=${given}` : "";
  checks.push(["To", header(response, "to"), header(request, "to") + added]);
  if (status > 100) checks.push(["a To tag", own !== undefined, true]);
  const required = REQUIRED[status];
  if (required !== undefined) {
    checks.push([`a ${required}`, header(response, required) !== "", true]);
  }
  const isSuccess = status >= 200 && status < 300;
  const { method = "" } = request;
  const mayProgress = method === "INVITE" && status > 100 && status < 200;
  if (mayProgress || (isSuccess && ["INVITE", "UPDATE", "SUBSCRIBE", "REFER"].includes(method))) {
    checks.push(["a Contact", contact(response) !== undefined, true]);
    // §12.1.1: "the UAS MUST copy all Record-Route header field values from the request into the
    // response".
    if (isNew) {
      checks.push([
        "Record-Route",
        header(response, "record-route"),
        header(request, "record-route"),
      ]);
    }
  }
  if (header(response, "rseq") !== "") {
    const options = `${header(request, "supported")},${header(request, "require")}`;
    // RFC 3262 §3: not "unless the initial request contained a Supported or Require header field".
    checks.push(["100rel among what the request supports", /\b100rel\b/.test(options), true]);
    checks.push(["Require", /\b100rel\b/.test(header(response, "require")), true]);
  }
  return checks;
}

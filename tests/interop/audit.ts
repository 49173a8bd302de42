/**
 * Looks at every message of the engine as it came to SIPp. SIPp follows a call by its Call-ID and by
 * what it expects next, and hardly looks at the rest; this does.
 */
import type { LoggedMessage } from "./message_log.ts";

/** What is wrong with the engine's messages in one call, and how many of them were repetitions. */
export interface Audit {
  readonly complaints: string[];
  readonly repeated: number;
}

/** Audits one call. */
export function auditCall(messages: readonly LoggedMessage[]): Audit {
  const call = new Call(messages);
  const seen = new Set<string>();
  const complaints: string[] = [];
  let repeated = 0;
  for (const message of messages) {
    if (message.isSipps) continue;
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
  }
  return { complaints, repeated };
}

type Check = readonly [what: string, found: unknown, expected: unknown];

function header(message: LoggedMessage | undefined, name: string): string {
  return message?.headers.get(name) ?? "";
}

function parameter(value: string, name: string): string | undefined {
  return new RegExp(`;${name}=([^;>\\s]+)`).exec(value)?.[1];
}

function branch(message: LoggedMessage | undefined): string | undefined {
  return parameter(header(message, "via"), "branch");
}

function contact(message: LoggedMessage | undefined): string | undefined {
  return /<(.*)>/.exec(header(message, "contact"))?.[1];
}

function sequence(message: LoggedMessage | undefined): number {
  return parseInt(header(message, "cseq"));
}

/** What the messages of a call are compared with. */
class Call {
  readonly invite: LoggedMessage | undefined;
  /** SIPp's last word on the INVITE, where that was the engine's. */
  readonly answer: LoggedMessage | undefined;
  readonly engineTag: string | undefined;
  readonly sippTag: string | undefined;
  /** Where SIPp wants requests within the dialog. */
  readonly sippTarget: string | undefined;
  private readonly messages: readonly LoggedMessage[];

  constructor(messages: readonly LoggedMessage[]) {
    this.messages = messages;
    const isToInvite = (each: LoggedMessage) => header(each, "cseq").endsWith(" INVITE");
    const invite = messages.find((each) => each.method === "INVITE");
    const answers = messages.filter((each) => isToInvite(each) && (each.status ?? 0) > 100);
    this.invite = invite;
    this.answer = answers.find((each) => each.isSipps && (each.status ?? 0) >= 200);
    const callerTag = parameter(header(invite, "from"), "tag");
    const calleeTag = parameter(header(answers[0], "to"), "tag");
    this.engineTag = invite?.isSipps ? calleeTag : callerTag;
    this.sippTag = invite?.isSipps ? callerTag : calleeTag;
    this.sippTarget = contact(invite?.isSipps ? invite : this.answer);
  }

  /** The request of SIPp's that a response of the engine's answers (RFC 3261 §17.1.3). */
  requestOf(response: LoggedMessage): LoggedMessage | undefined {
    return this.messages.find((each) =>
      each.isSipps && each.method !== undefined && branch(each) === branch(response) &&
      header(each, "cseq") === header(response, "cseq")
    );
  }

  /** Whether no other request has the branch of this one (RFC 3261 §8.1.1.7). */
  hasOwnBranch(request: LoggedMessage): boolean {
    return !this.messages.some((each) =>
      each.method !== undefined && each.text !== request.text && branch(each) === branch(request)
    );
  }
}

/** RFC 3261 §20.14: "any Content-Length greater than or equal to zero is a valid value", if true. */
function checkAny(message: LoggedMessage): Check[] {
  return [["Content-Length", header(message, "content-length"), `${message.body.length}`]];
}

function checkRequest(request: LoggedMessage, method: string, call: Call): Check[] {
  const isNew = method === "INVITE" || method === "CANCEL";
  const { invite, answer } = call;
  const common: Check[] = [
    ["Max-Forwards", header(request, "max-forwards"), "70"],
    ["magic cookie", branch(request)?.slice(0, 7), "z9hG4bK"],
    ["CSeq's method", header(request, "cseq").split(" ")[1], method],
    ["From tag", parameter(header(request, "from"), "tag"), call.engineTag],
    ["To tag", parameter(header(request, "to"), "tag"), isNew ? undefined : call.sippTag],
  ];
  // §9.1, §17.1.1.3: a CANCEL, and the ACK to a failure, look like the INVITE.
  const sibling: Check[] = [
    ["branch", branch(request), branch(invite)],
    ["CSeq", sequence(request), sequence(invite)],
    ["Request-URI", request.ruri, invite?.ruri],
  ];
  // §12.2.1.1, §13.2.2.4: whatever is sent within the dialog is a request of its own.
  const within: Check[] = [
    ["a branch of its own", call.hasOwnBranch(request), true],
    ["Request-URI", request.ruri, call.sippTarget],
  ];
  if (method === "INVITE") return common;
  if (method === "CANCEL") return [...common, ...sibling];
  if (method === "BYE") {
    const least = invite?.isSipps ? 0 : sequence(invite) + 1;
    return [...common, ...within, ["CSeq not too low", sequence(request) >= least, true]];
  }
  const isToAccept = answer?.status !== undefined && answer.status < 300;
  if (!isToAccept) return [...common, ...sibling];
  return [...common, ...within, ["CSeq", sequence(request), sequence(invite)]];
}

/** §8.2.6.2, §12.1.1. */
function checkResponse(response: LoggedMessage, call: Call): Check[] {
  const request = call.requestOf(response);
  if (request === undefined) return [["a request that it answers", false, true]];
  const { status = 0 } = response;
  const checks: Check[] = ["via", "from", "call-id", "cseq"].map((name) => [
    name,
    header(response, name),
    header(request, name),
  ]);
  const hasTag = parameter(header(request, "to"), "tag") !== undefined;
  const tag = hasTag || status === 100 ? "" : `;tag=${call.engineTag}`;
  checks.push(["To", header(response, "to"), header(request, "to") + tag]);
  if (request.method === "INVITE" && status > 100 && status < 300) {
    checks.push(["a Contact", contact(response) !== undefined, true]);
  }
  return checks;
}

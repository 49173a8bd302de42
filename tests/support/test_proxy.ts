/**
 * A proxy for tests (RFC 3261 §16): it challenges, records routes, forks, answers CANCEL hop by hop and
 * forwards the best final response. It knows nothing of the engine, and does no more than the flows of
 * the RFCs ask of a proxy.
 *
 * @module
 */
import type { Transport } from "@strowger/sip";
import type { VirtualClock } from "./virtual_clock.ts";
import { WireText } from "./wire_text.ts";

/** What a proxy is asked to do. */
export interface ProxyScript {
  /** Whom to forward a request to that has no Route left: Request-URIs, or none for its own. */
  readonly locate?: (ruri: string) => readonly string[] | undefined;
  /** The realm that credentials are asked for in; what is right for it goes no further (§22.3). */
  readonly realm?: string;
  /** Refuses a request that makes a dialog: the status line, and header lines. */
  readonly refuse?: (request: WireText) => readonly [string, ...string[]] | undefined;
  /** Whether it stays in the way of a dialog's requests (§16.6); true by default. */
  readonly recordsRoute?: boolean;
  /** Whether it takes no notice of anything: a proxy that is out of service. */
  readonly isDead?: boolean;
  /** Repeats an INVITE by timer A, and gives up by timer B. */
  readonly clock?: VirtualClock;
}

/** One request at one next hop. */
interface Branch {
  readonly request: WireText;
  readonly context: Context;
  status: number;
}

/** A request that was forwarded (§16.1: the response context). */
interface Context {
  readonly request: WireText;
  readonly branches: Branch[];
  best: WireText | undefined;
  isDone: boolean;
}

/** See the module. */
export class TestProxy {
  private readonly transport: Transport;
  private readonly script: ProxyScript;
  /** By the branch that a request came with, and the branches that it went on with. */
  private readonly contexts = new Map<string, Context>();
  private readonly branches = new Map<string, Branch>();

  constructor(transport: Transport, script: ProxyScript) {
    this.transport = transport;
    this.script = script;
    transport.attach({
      receive: (bytes) => this.receive(WireText.read(bytes)),
      fault: () => {},
      disconnected: () => {},
    });
  }

  private get route(): string {
    return `<sip:${this.transport.local.host};lr>`;
  }

  private receive(message: WireText): void {
    if (this.script.isDead) return;
    if (message.status > 0) this.takeResponse(message);
    else if (message.method === "CANCEL") this.takeCancel(message);
    else if (message.method === "ACK") this.takeAck(message);
    else if (!this.contexts.has(message.branch)) this.takeRequest(message);
  }

  private takeRequest(request: WireText): void {
    const isFirst = !request.get("To").includes(";tag=");
    const refusal = isFirst ? this.script.refuse?.(request) : undefined;
    const context: Context = { request, branches: [], best: undefined, isDone: false };
    this.contexts.set(request.branch, context);
    if (refusal !== undefined) {
      const [status, ...lines] = refusal;
      context.isDone = true;
      return this.send(this.tagged(request.respond(status, lines)), hopOf(request));
    }
    for (const [i, target] of this.targets(request).entries()) {
      const copy = this.forwarded(request, target, `${i}`);
      if (isFirst && (this.script.recordsRoute ?? true)) copy.push("Record-Route", this.route);
      const branch: Branch = { request: copy, context, status: 0 };
      context.branches.push(branch);
      this.branches.set(copy.branch, branch);
      this.send(copy, nextHopOf(copy));
      if (this.script.clock !== undefined && request.method === "INVITE") this.repeat(branch, 500);
    }
    // §16.7: provisional responses but 100 are passed on, so it says that itself.
    if (request.method === "INVITE") this.send(request.respond("100 Trying"), hopOf(request));
  }

  private repeat(branch: Branch, interval: number): void {
    this.script.clock?.setTimeout(() => {
      if (branch.status > 0) return;
      // Timer B: 64*T1 after the first of them.
      if (interval > 16_000) {
        return this.finish(
          branch,
          this.tagged(branch.request.respond("480 Temporarily Unavailable")),
        );
      }
      this.send(branch.request, nextHopOf(branch.request));
      this.repeat(branch, 2 * interval);
    }, interval > 16_000 ? 500 : interval);
  }

  private takeAck(ack: WireText): void {
    const context = this.contexts.get(ack.branch);
    // The ACK to a failure is for this hop, that to a 2xx has a branch of its own.
    if (context !== undefined) return;
    const [target = ack.ruri] = this.targets(ack);
    const copy = this.forwarded(ack, target, "ack");
    this.send(copy, nextHopOf(copy));
  }

  /** §16.10. */
  private takeCancel(cancel: WireText): void {
    const context = this.contexts.get(cancel.branch);
    this.send(this.tagged(cancel.respond("200 OK")), hopOf(cancel));
    if (context !== undefined) this.cancelRest(context);
  }

  private cancelRest({ branches }: Context): void {
    for (const { request, status } of branches) {
      if (status < 200) this.send(request.sibling("CANCEL"), nextHopOf(request));
    }
  }

  private takeResponse(response: WireText): void {
    const branch = this.branches.get(response.branch);
    // Its own CANCEL was answered, or the 100 that every hop says for itself came.
    if (branch === undefined || response.method !== branch.request.method) return;
    const { status } = response;
    if (branch.status < 200) branch.status = status;
    if (status === 100) return;
    response.pop("Via");
    if (status < 200) return this.send(response, hopOf(response));
    if (status >= 300 && response.method === "INVITE") {
      this.send(branch.request.sibling("ACK", response.get("To")), nextHopOf(branch.request));
    }
    this.finish(branch, response);
  }

  /** §16.7: a 2xx goes on at once, and of the failures the lowest when all have come. */
  private finish(branch: Branch, response: WireText): void {
    const { context } = branch;
    const { status } = response;
    branch.status = status;
    if (status < 300) {
      this.send(response, hopOf(context.request));
      if (!context.isDone) this.cancelRest(context);
      context.isDone = true;
      return;
    }
    if (context.best === undefined || status < context.best.status) context.best = response;
    if (context.isDone || context.branches.some((each) => each.status < 200)) return;
    context.isDone = true;
    const best = context.best.copy();
    best.lines = best.lines.filter((line) => !line.startsWith("Via:"));
    for (const via of context.request.all("Via").toReversed()) best.push("Via", via);
    this.send(best, hopOf(context.request));
  }

  private targets(request: WireText): readonly string[] {
    if (request.get("Route") === this.route) request.pop("Route");
    const isRouted = request.get("Route") !== "";
    return (isRouted ? undefined : this.script.locate?.(request.ruri)) ?? [request.ruri];
  }

  private forwarded(request: WireText, target: string, suffix: string): WireText {
    const copy = request.copy();
    const { host } = this.transport.local;
    const { realm } = this.script;
    if (realm !== undefined) {
      copy.lines = copy.lines.filter((line) =>
        !line.startsWith("Proxy-Authorization:") || !line.includes(`realm="${realm}"`)
      );
    }
    const hops = Number(copy.get("Max-Forwards")) - 1;
    copy.ruri = target;
    copy.pop("Max-Forwards");
    copy.lines.splice(1, 0, `Max-Forwards: ${hops}`);
    const { protocol } = this.transport;
    copy.push("Via", `SIP/2.0/${protocol} ${host}:5060;branch=${request.branch}.${host}.${suffix}`);
    return copy;
  }

  private tagged(response: WireText): WireText {
    const { lines } = response;
    response.lines = lines.map((line) =>
      line.startsWith("To:") && !line.includes(";tag=")
        ? `${line};tag=${this.transport.local.host}`
        : line
    );
    return response;
  }

  private send(message: WireText, host: string): void {
    this.transport.send(message.encode(), { host, port: 5060 }).catch(() => {});
  }
}

/** The host that a response goes to: that of the topmost Via. */
function hopOf(message: WireText): string {
  return /^SIP\/2\.0\/\w+ ([^:;\s]+)/.exec(message.get("Via"))?.[1] ?? "";
}

/** The host that a request goes to. */
function nextHopOf(request: WireText): string {
  const uri = request.get("Route") || request.ruri;
  return /sips?:(?:[^@>]*@)?([^:;>]+)/.exec(uri)?.[1] ?? "";
}

/**
 * What a registrar has granted, as its 2xx says: for how long, by which GRUUs and routes, and whether the
 * flow is to be kept (RFC 3261 §10.2.4, RFC 3608, RFC 5626 §4.2.1, RFC 5627 §4.2).
 *
 * A registrar may say much. No more of it is read than a user agent can have a use for.
 *
 * @module
 */
import {
  equivalentURI,
  Fault,
  type IncomingResponseMessage,
  type NameAddrHeader,
  parseHeaderValue,
  parseUri,
  ProtocolError,
  type URI,
} from "../../messages/mod.ts";
import { DEFAULT_EXPIRES, expiresOf } from "../transactions/expires.ts";
import { hasTag } from "../transactions/option_tags.ts";

/** How many bindings are looked at, and how many routes taken. */
const MAX_BINDINGS = 100;
const MAX_ROUTES = 16;

/** What names this side's binding among those of an address of record. */
export interface OwnBinding {
  readonly uri: URI;
  readonly instanceId: string | undefined;
  readonly regId: number | undefined;
  /** How many seconds were asked for. */
  readonly expires: number;
}

/** See the module. */
export interface Granted {
  /** In seconds. */
  readonly expires: number;
  readonly gruus: { readonly public?: URI; readonly temporary?: URI };
  /** Route values. */
  readonly serviceRoute: readonly string[];
  /** Whether calls come by the flow that the REGISTER has taken. */
  readonly isOutbound: boolean;
  /** Within how many seconds the far end wants a keep-alive, where it says so. */
  readonly flowTimer: number | undefined;
}

/** Reads a 2xx; or says what a registrar must not say. */
export function readGranted(
  response: IncomingResponseMessage,
  own: OwnBinding,
): Granted | ProtocolError {
  const bindings = bindingsIn(response);
  const binding = bindingOf(own, bindings);
  const expires = grantedExpires(response, binding, own);
  if (bindings.length > 0 && binding === undefined && !bindings.some((each) => isLike(each, own))) {
    return new ProtocolError(`expected ${own.uri} among ${bindings.length} bindings, found it not`);
  }
  if (expires === 0) return new ProtocolError("expected a binding, found one of 0 seconds");
  const serviceRoute = serviceRouteOf(response);
  if (serviceRoute instanceof ProtocolError) return serviceRoute;
  const publicGruu = gruuIn(binding, "pub-gruu");
  const temporary = gruuIn(binding, "temp-gruu");
  return {
    expires,
    gruus: {
      ...(publicGruu === undefined ? {} : { public: publicGruu }),
      ...(temporary === undefined ? {} : { temporary }),
    },
    serviceRoute,
    // §4.2.1: "If the response contains the outbound option-tag in a Require header field", the
    // registrar has taken the flow for it.
    isOutbound: own.regId !== undefined && hasTag(response, "outbound", "Require"),
    flowTimer: flowTimerOf(response),
  };
}

/** The bindings, each line by itself: one that nobody understands must not hide the others. */
function bindingsIn(response: IncomingResponseMessage): NameAddrHeader[] {
  const bindings: NameAddrHeader[] = [];
  for (const line of response.getHeaders("Contact").slice(0, MAX_BINDINGS)) {
    const parsed = parseHeaderValue("Contact", line);
    if (!(parsed instanceof Fault) && parsed !== "*") bindings.push(...parsed);
    if (bindings.length >= MAX_BINDINGS) break;
  }
  return bindings.slice(0, MAX_BINDINGS);
}

/** RFC 5626 §6: by instance and flow where they are known, and else by the URI. */
function bindingOf(own: OwnBinding, bindings: NameAddrHeader[]): NameAddrHeader | undefined {
  const { instanceId, regId, uri } = own;
  const byInstance = instanceId === undefined ? undefined : bindings.find((each) => {
    const flow = each.getParam("reg-id");
    return instanceOf(each) === nameOf(instanceId) &&
      (regId === undefined || flow === undefined || flow === `${regId}`);
  });
  const found = byInstance ??
    bindings.find((each) => !isOther(each, own) && equivalentURI(each.uri, uri));
  if (found !== undefined) return found;
  // What is between may have written another host into it.
  const [first, ...others] = bindings.filter((each) => isLike(each, own));
  return others.length === 0 ? first : undefined;
}

function isLike(binding: NameAddrHeader, own: OwnBinding): boolean {
  return binding.uri.user === own.uri.user && !isOther(binding, own);
}

/** RFC 4122 §3: the UUID of a URN is "case insensitive on input". */
function instanceOf(binding: NameAddrHeader): string | undefined {
  return binding.getParam("+sip.instance")?.toLowerCase();
}

function nameOf(instanceId: string | undefined): string | undefined {
  return instanceId && `<${instanceId.toLowerCase()}>`;
}

/** Whether it says that it is of another device, or of another flow of this one. */
function isOther(binding: NameAddrHeader, { instanceId, regId }: OwnBinding): boolean {
  const instance = instanceOf(binding);
  const flow = binding.getParam("reg-id");
  if (instance && instance !== nameOf(instanceId)) return true;
  return instance !== undefined && Boolean(flow) && regId !== undefined && flow !== `${regId}`;
}

/** §10.2.4: the "expires" of its own Contact, else Expires; §10.2.1.1: a broken one is 3600. */
function grantedExpires(
  response: IncomingResponseMessage,
  binding: NameAddrHeader | undefined,
  own: OwnBinding,
): number {
  const parameter = binding?.getParam("expires");
  if (parameter === undefined) return expiresOf(response) ?? own.expires;
  return /^\d{1,10}$/.test(parameter ?? "") ? Number(parameter) : DEFAULT_EXPIRES;
}

/** RFC 3608 §5: where requests of this address go through. */
function serviceRouteOf(response: IncomingResponseMessage): readonly string[] | ProtocolError {
  const routes = response.parseHeader("Service-Route") ?? [];
  if (routes instanceof Fault) return new ProtocolError(`${routes}`);
  if (routes.length > MAX_ROUTES) {
    return new ProtocolError(`expected at most ${MAX_ROUTES} routes, found ${routes.length}`);
  }
  const strange = routes.find(({ uri }) => uri.scheme !== "sip" && uri.scheme !== "sips");
  if (strange !== undefined) {
    return new ProtocolError(`Service-Route: expected a SIP URI, found ${strange.uri}`);
  }
  return routes.map(({ uri }) => `<${uri}>`);
}

/** RFC 5627 §4.2: a GRUU is a SIP URI with `gr`. */
function gruuIn(binding: NameAddrHeader | undefined, name: string): URI | undefined {
  const text = binding?.getParam(name);
  const uri = text ? parseUri(text) : undefined;
  if (uri === undefined || uri instanceof Fault) return undefined;
  const isSip = uri.scheme === "sip" || uri.scheme === "sips";
  return isSip && uri.hasParam("gr") ? uri : undefined;
}

/** RFC 5626 §10: `Flow-Timer = "Flow-Timer" HCOLON 1*DIGIT`. */
function flowTimerOf(response: IncomingResponseMessage): number | undefined {
  const value = response.getHeader("Flow-Timer")?.trim() ?? "";
  return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

/**
 * At which of its addresses this machine can be reached: what a Contact has to name.
 *
 * @module
 */

/**
 * The address of this machine that a peer can most likely send to. A machine with several networks
 * may need to be told.
 *
 * @param peer The peer's host, as URIs have it; `0.0.0.0` or `::` for anybody.
 */
export function localAddress(peer: string): string {
  const host = peer.replace(/^\[|\]$/g, "");
  if (host === "::1") return "::1";
  if (host === "localhost" || host.startsWith("127.")) return "127.0.0.1";
  const family = host.includes(":") ? "IPv6" : "IPv4";
  const own = Deno.networkInterfaces().find((each) =>
    each.family === family && !/^(127\.|::1$|fe80:)/i.test(each.address)
  );
  return own?.address ?? (family === "IPv6" ? "::1" : "127.0.0.1");
}

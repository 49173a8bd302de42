/**
 * What the trials through a proxy share: two Kamailios, and three phones at one of them.
 */
import { Authority } from "../support/certificates.ts";
import { Baresip, type BaresipOptions } from "./baresip.ts";
import type { Protocol } from "./engine.ts";
import { Kamailio, type KamailioOptions } from "./kamailio.ts";

/** After how many seconds all of it ends by itself. */
const LIFETIME = 240;

interface Place {
  /** A directory of its own. */
  readonly directory: string;
  /** After how many seconds it ends by itself. */
  readonly seconds: number;
}

type Phones = Readonly<Record<"UDP" | "TCP" | "TLS", Baresip>>;

/** See the module. */
export class Stage {
  /** Challenges with MD5. */
  readonly md5: Kamailio;
  /** Challenges with SHA-256, within dialogs, too, and its nonces grow old. */
  readonly sha256: Kamailio;
  /** Phones at the first: Bob's over UDP, Carol's over TCP, Frank's over TLS. */
  readonly phones: Phones;
  private readonly peers: AsyncDisposableStack;

  private constructor(
    peers: AsyncDisposableStack,
    proxies: readonly [Kamailio, Kamailio],
    phones: Phones,
  ) {
    this.peers = peers;
    [this.md5, this.sha256] = proxies;
    this.phones = phones;
  }

  /** Starts everything. */
  static async start(): Promise<Stage> {
    const directory = await Deno.makeTempDir({ prefix: "interop-" });
    const peers = new AsyncDisposableStack();
    peers.defer(() => Deno.remove(directory, { recursive: true }));
    const start = async <T extends { stop(): Promise<void> }>(
      name: string,
      run: (place: Place) => Promise<T>,
    ): Promise<T> => {
      await Deno.mkdir(`${directory}/${name}`);
      const peer = await run({ directory: `${directory}/${name}`, seconds: LIFETIME });
      peers.defer(() => peer.stop());
      return peer;
    };
    const authority = await Authority.make();
    const proxy = (name: string, options: Omit<KamailioOptions, keyof Place | "authority">) =>
      start(name, (place) => Kamailio.start({ ...options, authority, ...place }));
    const phone = (user: string, proxy: Kamailio, protocol: BaresipOptions["protocol"]) => {
      const options = { user, proxyPort: proxy.port(protocol), protocol, authority };
      return start(user, (place) => Baresip.start({ ...options, ...place }));
    };
    try {
      const md5 = await proxy("md5", { algorithm: "MD5", nonceExpire: 300, withinDialogs: false });
      const sha256 = await proxy("sha256", {
        algorithm: "SHA-256",
        nonceExpire: NONCE_EXPIRE,
        withinDialogs: true,
      });
      const phones = {
        UDP: await phone("bob", md5, "UDP"),
        TCP: await phone("carol", md5, "TCP"),
        TLS: await phone("frank", md5, "TLS"),
      };
      return new Stage(peers, [md5, sha256], phones);
    } catch (error) {
      await peers.disposeAsync();
      throw error;
    }
  }

  /** The phone that goes by a transport; the WebSockets' is that of what is below them. */
  phoneOf(protocol: Protocol): Baresip {
    if (protocol === "WS") return this.phones.TCP;
    return protocol === "WSS" ? this.phones.TLS : this.phones[protocol];
  }

  /** What the Kamailios have complained of. */
  get complaints(): string[] {
    return [...this.md5.complaints, ...this.sha256.complaints];
  }

  /** Ends everything, phones first. */
  stop(): Promise<void> {
    return this.peers.disposeAsync();
  }
}

/** How long a nonce of the second Kamailio is good for, in seconds. */
export const NONCE_EXPIRE = 2;

/**
 * What the trials through a proxy share: two Kamailios, and two phones at one of them.
 */
import { Baresip } from "./baresip.ts";
import type { Protocol } from "./engine.ts";
import { Kamailio, type KamailioOptions } from "./kamailio.ts";

/** After how many seconds all of it ends by itself. */
const LIFETIME = 240;

/** See the module. */
export class Stage {
  /** Challenges with MD5. */
  readonly md5: Kamailio;
  /** Challenges with SHA-256, within dialogs, too, and its nonces grow old. */
  readonly sha256: Kamailio;
  /** A phone at the first, over UDP. */
  readonly bob: Baresip;
  /** Another, over TCP. */
  readonly carol: Baresip;
  private readonly peers: AsyncDisposableStack;

  private constructor(
    peers: AsyncDisposableStack,
    proxies: readonly [Kamailio, Kamailio],
    phones: readonly [Baresip, Baresip],
  ) {
    this.peers = peers;
    [this.md5, this.sha256] = proxies;
    [this.bob, this.carol] = phones;
  }

  /** Starts everything. */
  static async start(): Promise<Stage> {
    const directory = await Deno.makeTempDir({ prefix: "interop-" });
    const peers = new AsyncDisposableStack();
    peers.defer(() => Deno.remove(directory, { recursive: true }));
    const start = async <T extends { stop(): Promise<void> }>(
      name: string,
      run: (place: { directory: string; seconds: number }) => Promise<T>,
    ): Promise<T> => {
      await Deno.mkdir(`${directory}/${name}`);
      const peer = await run({ directory: `${directory}/${name}`, seconds: LIFETIME });
      peers.defer(() => peer.stop());
      return peer;
    };
    const proxy = (name: string, options: Omit<KamailioOptions, "directory" | "seconds">) =>
      start(name, (place) => Kamailio.start({ ...options, ...place }));
    const phone = (user: string, proxy: Kamailio, protocol: Protocol) =>
      start(user, (place) => Baresip.start({ user, proxy, protocol, ...place }));
    try {
      const md5 = await proxy("md5", { algorithm: "MD5", nonceExpire: 300, withinDialogs: false });
      const sha256 = await proxy("sha256", {
        algorithm: "SHA-256",
        nonceExpire: NONCE_EXPIRE,
        withinDialogs: true,
      });
      const bob = await phone("bob", md5, "UDP");
      const carol = await phone("carol", md5, "TCP");
      return new Stage(peers, [md5, sha256], [bob, carol]);
    } catch (error) {
      await peers.disposeAsync();
      throw error;
    }
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

/**
 * What the trials through a proxy share: two Kamailios, and phones at one of them.
 */
import { Authority } from "../support/certificates.ts";
import { Baresip } from "./baresip.ts";
import { Kamailio, type KamailioOptions } from "./kamailio.ts";
import { Linphone, type LinphoneOptions } from "./linphone.ts";
import type { Phone, PhoneName, PhoneProtocol } from "./phone.ts";

/** After how many seconds all of it ends by itself. */
const LIFETIME = 470;

interface Place {
  /** A directory of its own. */
  readonly directory: string;
  /** After how many seconds it ends by itself. */
  readonly seconds: number;
}

type Phones = Readonly<Record<PhoneName, Readonly<Record<PhoneProtocol, Phone>>>>;

/** Whose the phones are. */
const USERS: Readonly<Record<PhoneName, Readonly<Record<PhoneProtocol, string>>>> = {
  baresip: { UDP: "bob", TCP: "carol", TLS: "frank" },
  linphone: { UDP: "grace", TCP: "heidi", TLS: "ivan" },
};

/** What starts each. */
export const START_PHONE: Readonly<
  Record<PhoneName, (options: LinphoneOptions) => Promise<Phone>>
> = {
  baresip: (options) => Baresip.start(options),
  linphone: (options) => Linphone.start(options),
};

/** See the module. */
export class Stage {
  /** Challenges with MD5. */
  readonly md5: Kamailio;
  /** Challenges with SHA-256, within dialogs, too, and its nonces grow old. */
  readonly sha256: Kamailio;
  /** Phones at the first. */
  readonly phones: Phones;
  private readonly peers: AsyncDisposableStack;
  /** How many complaints of each were taken. */
  private readonly known = new Map<Kamailio, number>();

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
    const phone = (name: PhoneName, protocol: PhoneProtocol, proxy: Kamailio): Promise<Phone> => {
      const user = USERS[name][protocol];
      const options = { user, proxyPort: proxy.port(protocol), protocol, authority };
      return start<Phone>(user, (place) => START_PHONE[name]({ ...options, ...place }));
    };
    try {
      const md5 = await proxy("md5", { algorithm: "MD5", nonceExpire: 300, withinDialogs: false });
      const sha256 = await proxy("sha256", {
        algorithm: "SHA-256",
        nonceExpire: NONCE_EXPIRE,
        withinDialogs: true,
      });
      const each = async (name: PhoneName) => {
        const [UDP, TCP, TLS] = await Promise.all([
          phone(name, "UDP", md5),
          phone(name, "TCP", md5),
          phone(name, "TLS", md5),
        ]);
        return { UDP, TCP, TLS };
      };
      const phones = { baresip: await each("baresip"), linphone: await each("linphone") };
      return new Stage(peers, [md5, sha256], phones);
    } catch (error) {
      await peers.disposeAsync();
      throw error;
    }
  }

  /** Has the phones forget what nobody has asked them for. */
  drain(): void {
    for (const phone of this.allPhones) phone.drain();
  }

  /** Ends what calls a trial has left behind: who is in one is busy. */
  async hangUp(): Promise<void> {
    // There need be none.
    await Promise.allSettled(this.allPhones.map((phone) => phone.hangUp()));
  }

  private get allPhones(): Phone[] {
    return Object.values(this.phones).flatMap((phones) => Object.values(phones));
  }

  /** What the Kamailios have complained of since they were asked last. */
  takeComplaints(): string[] {
    return [this.md5, this.sha256].flatMap((proxy) => {
      const { complaints } = proxy;
      const known = this.known.get(proxy) ?? 0;
      this.known.set(proxy, complaints.length);
      return complaints.slice(known);
    });
  }

  /** Ends everything, phones first. */
  stop(): Promise<void> {
    return this.peers.disposeAsync();
  }
}

/** How long a nonce of the second Kamailio is good for, in seconds. */
export const NONCE_EXPIRE = 2;

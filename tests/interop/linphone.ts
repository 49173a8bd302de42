/**
 * linphone as a phone: its daemon as a child process, which takes commands from its standard input
 * and writes responses and events to its output.
 */
import type { Authority } from "../support/certificates.ts";
import { EventQueue } from "./event_queue.ts";
import { DOMAIN, passwordOf } from "./kamailio.ts";
import { freePort, HOST, PeerProcess } from "./peer_process.ts";
import type { Phone, PhoneProtocol } from "./phone.ts";

/** What it is started with. */
export interface LinphoneOptions {
  /** The user that it registers. */
  user: string;
  /** At which port it registers, and by what. */
  proxyPort: number;
  protocol: PhoneProtocol;
  /** Whose certificates it believes. */
  authority: Authority;
  /** A directory of its own. */
  directory: string;
  /** After how many seconds it ends by itself. */
  seconds: number;
}

/** What a call of linphone's has come to, as in `IncomingReceived`. */
interface CallState {
  readonly state: string;
  /** Its number of the call. */
  readonly id: string;
}

/** What it says when it takes commands. */
const PROMPT = "daemon-linphone>";
/** How long it may take until then, in milliseconds. */
const START = 20_000;
/** How long it may take to answer a command, in milliseconds. */
const ANSWER = 5000;
/** How long an event may take to come, in milliseconds. */
const EVENT = 8000;
/** What it says: an event, or the first lines of a response. */
const SAID = /Event: LinphoneCall(\w+)\n(?:.*\n)?Id: (\d+)\n|Status: (\w+)\n(?:Reason: (.*)\n)?/g;

/** One linphone at work. */
export class Linphone implements Phone {
  readonly user: string;
  /** It declines. */
  readonly refusal = 603;
  private readonly process: PeerProcess;
  private readonly states = new EventQueue<CallState>("linphone", ({ state }) => state);
  private readonly responses = new EventQueue<string>("linphone", (response) => response);
  /** The proxy's part of a URI. */
  private readonly proxy: string;
  /** What it has said and we have not understood yet. */
  private text = "";
  /** The call that has come in or was placed last. */
  private current = "";

  private constructor({ user, proxyPort, protocol, directory, seconds }: LinphoneOptions) {
    this.user = user;
    this.proxy = `${HOST}:${proxyPort};transport=${protocol.toLowerCase()}`;
    const args = ["--config", `${directory}/linphonerc`, "--disable-stats-events"];
    const env = { HOME: directory };
    const onText = (text: string) => this.read(text);
    this.process = PeerProcess.start("linphone-daemon", args, seconds, { env, onText });
  }

  /** Starts it; resolves when it is registered. */
  static async start(options: LinphoneOptions): Promise<Linphone> {
    const { user, directory, authority } = options;
    await Promise.all([
      Deno.writeTextFile(`${directory}/linphonerc`, configuration(options)),
      Deno.writeTextFile(`${directory}/ca.pem`, authority.cert),
      // Where it keeps its data, which it does not make by itself.
      Deno.mkdir(`${directory}/.local/share/linphone`, { recursive: true }),
    ]);
    const linphone = new Linphone(options);
    await linphone.process.ready(() => linphone.process.output.includes(PROMPT), START);
    const identity = `sip:${user}@${DOMAIN}`;
    const secrets = `${passwordOf(user)} ${user} ${DOMAIN}`;
    await linphone.command(`register ${identity} sip:${linphone.proxy} ${secrets}`);
    await linphone.process.ready(async () => {
      await linphone.command("register-status ALL");
      return linphone.process.output.includes("LinphoneRegistrationOk");
    });
    return linphone;
  }

  async called(): Promise<void> {
    await this.begun("IncomingReceived");
  }

  async accept(): Promise<void> {
    await this.command(`answer ${this.current}`);
  }

  async dial(address: string): Promise<void> {
    // It sends straight to whom it calls, and the domain is in no DNS.
    await this.command(`call ${address.replace(DOMAIN, this.proxy)}`);
    await this.begun("OutgoingInit");
  }

  async ringing(): Promise<void> {
    await this.state("OutgoingRinging");
  }

  async established(): Promise<void> {
    await this.state("StreamsRunning");
  }

  async hold(): Promise<void> {
    await this.command(`call-pause ${this.current}`);
    await this.state("Paused");
  }

  async resume(): Promise<void> {
    await this.command(`call-resume ${this.current}`);
    await this.state("StreamsRunning");
  }

  async isHeld(held: boolean): Promise<void> {
    await this.state(held ? "PausedByRemote" : "StreamsRunning");
  }

  async transfer(address: string): Promise<void> {
    await this.command(`call-transfer ${this.current} ${address}`);
  }

  async hangUp(): Promise<void> {
    await this.command("terminate");
  }

  async closed(): Promise<string> {
    const state = await this.state("End", "Error");
    // Until then it counts the call among those that it has.
    await this.state("Released");
    return state;
  }

  drain(): void {
    this.states.drain();
  }

  stop(): Promise<void> {
    return this.process.stop();
  }

  /** Waits for a call to begin; what others come to is of no interest any more. */
  private async begun(state: string): Promise<void> {
    this.current = (await this.states.take(state, (each) => each.state === state, EVENT)).id;
  }

  /** Waits for one of the states that a call of linphone's may come to. */
  private async state(...states: string[]): Promise<string> {
    const isIt = ({ state, id }: CallState) => id === this.current && states.includes(state);
    return (await this.states.take(states.join(" or "), isIt, EVENT)).state;
  }

  private async command(command: string): Promise<void> {
    await this.process.write(command);
    const response = await this.responses.take(`response to ${command}`, () => true, ANSWER);
    if (response !== "Ok") throw new Error(`linphone: ${command}: ${response}`);
  }

  private read(text: string): void {
    this.text += text;
    let end = 0;
    for (const [all, state, id = "", status, reason] of this.text.matchAll(SAID)) {
      end = this.text.indexOf(all, end) + all.length;
      if (state === undefined) this.responses.put(reason ?? `${status}`);
      else this.states.put({ state, id });
    }
    this.text = this.text.slice(end);
  }
}

function configuration({ user, protocol, directory }: LinphoneOptions): string {
  const portOf = (each: PhoneProtocol) => each === protocol ? freePort() : 0;
  return [
    "[sip]",
    ...[`sip_port=${portOf("UDP")}`, `sip_tcp_port=${portOf("TCP")}`],
    `sip_tls_port=${portOf("TLS")}`,
    `bind_address=${HOST}`,
    // What it calls from.
    `contact=sip:${user}@${DOMAIN}`,
    `root_ca=${directory}/ca.pem`,
    // Its TLS library compares names only, and the proxy goes by its address.
    ...["verify_server_certs=1", "verify_server_cn=0"],
    ...["auto_net_state_mon=0", "register_only_when_network_is_up=0", "guess_hostname=0"],
    "[net]",
    "mtu=1500",
    "[misc]",
    // Who calls while it is in a call is told that it is busy.
    "max_calls=1",
    "[sound]",
    "echocancellation=0",
  ].map((line) => `${line}\n`).join("");
}

/**
 * baresip as a phone, as a child process.
 */
import type { Authority } from "../support/certificates.ts";
import { BaresipControl } from "./baresip_control.ts";
import { DOMAIN, passwordOf } from "./kamailio.ts";
import { freePort, HOST, PeerProcess } from "./peer_process.ts";
import type { Phone, PhoneProtocol } from "./phone.ts";

/** What it is started with. */
export interface BaresipOptions {
  /** The user that it registers. */
  user: string;
  /** At which port it registers, and by what. */
  proxyPort: number;
  protocol: PhoneProtocol;
  /** Who issues its certificate, and whose it believes; needed for TLS. */
  authority?: Authority;
  /** A directory of its own. */
  directory: string;
  /** After how many seconds it ends by itself. */
  seconds: number;
}

/** One baresip at work. */
export class Baresip implements Phone {
  readonly user: string;
  readonly refusal = 486;
  /** What has it do things, and says what happens. */
  readonly control: BaresipControl;
  private readonly process: PeerProcess;

  private constructor(user: string, control: BaresipControl, process: PeerProcess) {
    this.user = user;
    this.control = control;
    this.process = process;
  }

  /** Starts it; resolves when it is registered. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    const { user, directory, seconds } = options;
    // It listens for TLS, too, at the port above.
    const port = freePort(2);
    const controlPort = freePort();
    const write = (name: string, text: string | Uint8Array) =>
      Deno.writeFile(`${directory}/${name}`, typeof text === "string" ? encode(text) : text);
    const { authority } = options;
    const certified = await authority?.issue({ names: [`IP:${HOST}`] });
    await Promise.all([
      write("config", configuration(directory, port, controlPort)),
      write("ca.pem", authority?.cert ?? ""),
      write("certificate.pem", `${certified?.key ?? ""}${certified?.cert ?? ""}`),
      write("accounts", account(options)),
      write("contacts", ""),
      write("silence.wav", silence()),
    ]);
    const process = PeerProcess.start("baresip", ["-4", "-f", directory], seconds);
    let control: BaresipControl | undefined;
    await process.ready(async () => {
      control = await BaresipControl.connect(controlPort).catch(() => undefined);
      return control !== undefined;
    });
    if (control === undefined) throw new Error("baresip's control port is gone");
    const baresip = new Baresip(user, control, process);
    await process.ready(async () => (await baresip.control.command("reginfo")).includes("OK"));
    return baresip;
  }

  async called(): Promise<void> {
    await this.control.event("CALL_INCOMING");
  }

  async accept(): Promise<void> {
    await this.control.command("accept");
  }

  async dial(address: string): Promise<void> {
    await this.control.command("dial", address);
  }

  async ringing(): Promise<void> {
    await this.control.event("CALL_RINGING");
  }

  async established(): Promise<void> {
    await this.control.event("CALL_ESTABLISHED");
  }

  async hold(): Promise<void> {
    await this.control.command("hold");
  }

  async resume(): Promise<void> {
    await this.control.command("resume");
  }

  async transfer(address: string): Promise<void> {
    await this.control.command("transfer", address);
  }

  async hangUp(): Promise<void> {
    await this.control.command("hangup");
  }

  async closed(): Promise<string> {
    return (await this.control.event("CALL_CLOSED")).param ?? "";
  }

  drain(): void {
    this.control.drain();
  }

  stop(): Promise<void> {
    this.control.close();
    return this.process.stop();
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function account({ user, proxyPort, protocol }: BaresipOptions): string {
  const outbound = `sip:${HOST}:${proxyPort};transport=${protocol.toLowerCase()}`;
  const password = passwordOf(user);
  return `<sip:${user}@${DOMAIN}>;auth_pass=${password};outbound="${outbound}";regint=60;` +
    "answermode=manual\n";
}

function configuration(directory: string, port: number, controlPort: number): string {
  return [
    `sip_listen ${HOST}:${port}`,
    `sip_certificate ${directory}/certificate.pem`,
    `sip_cafile ${directory}/ca.pem`,
    // Without it, loopback is no interface to use.
    "net_interface 127.0.0.1",
    `ctrl_tcp_listen ${HOST}:${controlPort}`,
    "audio_path /usr/share/baresip",
    `audio_player aufile,${directory}/heard.wav`,
    `audio_source aufile,${directory}/silence.wav`,
    "audio_alert aufile,/dev/null",
    ...["ausrc_srate 8000", "auplay_srate 8000", "ausrc_channels 1", "auplay_channels 1"],
    "module_path /usr/lib/baresip/modules",
    ...["module g711.so", "module aufile.so", "module_tmp account.so"],
    ...["module_app menu.so", "module_app ctrl_tcp.so"],
  ].map((line) => `${line}\n`).join("");
}

/** A WAV file of some seconds of silence: 8,000 samples of 16 bits a second. */
function silence(): Uint8Array {
  const length = 16_000 * 30;
  const file = new Uint8Array(44 + length);
  const view = new DataView(file.buffer);
  file.set(encode("RIFF"), 0);
  view.setUint32(4, 36 + length, true);
  file.set(encode("WAVEfmt "), 8);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 16_000, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  file.set(encode("data"), 36);
  view.setUint32(40, length, true);
  return file;
}

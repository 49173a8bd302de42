/**
 * The SIP messages of a capture, as a recording.
 *
 * @module
 */
import { callIdOf } from "../call_id.ts";
import { type CapturedPacket, packetsIn } from "./capture_file.ts";
import { type Carried, InternetLayer } from "./internet_layer.ts";
import { ipPacketIn } from "./link_layer.ts";
import { Recording, type RecordingLimits } from "../recording.ts";
import { Redaction } from "../redaction.ts";
import { looksLikeSip } from "./sip_start.ts";
import { SipStream } from "./sip_stream.ts";

/** What is kept of a capture. */
export interface PcapOptions extends RecordingLimits {
  /** Names of headers whose values are not to be kept, beside those that a `Recorder` hides. */
  redact?: readonly string[];
}

/** What was in a capture. */
export interface Capture {
  /** Its SIP messages, by their calls. */
  readonly recording: Recording;
  /** How many packets it has. */
  readonly packets: number;
  /** How many SIP messages were found. */
  readonly messages: number;
}

const TCP = 6;
const UDP = 17;
const SYN = 0x02;
/** How many directions of TCP connections are followed at a time. */
const MAX_STREAMS = 4_096;

/**
 * Reads a pcap or pcapng file: SIP over UDP and TCP, IPv4 and IPv6, with fragments and streams put
 * together. Whatever else is in it is passed over, and so is a packet that makes no sense.
 *
 * @param file The whole file. What is kept is bounded by it and by the limits.
 * @throws `InvalidArgumentError` where the file is none of these, is cut off, or makes no sense; it
 * says at which octet.
 *
 * @example
 * ```ts
 * import { fromPcap, toPcap } from "@strowger/sip/inspector/pcap";
 * import { Recorder } from "@strowger/sip/inspector/recorder";
 *
 * const { recording, packets } = fromPcap(toPcap(new Recorder().calls));
 * console.assert(packets === 0 && recording.calls.length === 0);
 * ```
 */
export function fromPcap(file: Uint8Array, options: PcapOptions = {}): Capture {
  const reader = new Reader(options);
  let packets = 0;
  for (const packet of packetsIn(file)) {
    packets++;
    reader.take(packet);
  }
  reader.end();
  return { recording: reader.recording, packets, messages: reader.messages };
}

/** Both ends of a datagram or segment. */
interface Ports {
  readonly source: { readonly host: string; readonly port: number };
  readonly destination: { readonly host: string; readonly port: number };
}

interface Followed {
  readonly stream: SipStream;
  readonly ports: Ports;
}

class Reader {
  readonly recording: Recording;
  messages = 0;
  readonly #redaction: Redaction;
  readonly #internet = new InternetLayer();
  readonly #streams = new Map<string, Followed>();
  #time = 0;

  constructor(options: PcapOptions) {
    this.recording = new Recording(options);
    this.#redaction = new Redaction(options.redact);
  }

  take({ time, linkType, data }: CapturedPacket): void {
    this.#time = time;
    const packet = ipPacketIn(linkType, data);
    const carried = packet && this.#internet.take(packet);
    if (carried?.protocol === UDP) this.#datagram(carried);
    else if (carried?.protocol === TCP) this.#segment(carried);
  }

  /** Nothing of what is missing will come any more. */
  end(): void {
    for (const followed of this.#streams.values()) this.#giveUp(followed);
  }

  #datagram(carried: Carried): void {
    const { data } = carried;
    if (data.length <= 8) return;
    const length = Math.min(uint16(data, 4) || data.length, data.length);
    const payload = data.subarray(8, length);
    if (looksLikeSip(payload)) this.#add("UDP", portsOf(carried), payload);
  }

  #segment(carried: Carried): void {
    const { data } = carried;
    const head = ((data[12] ?? 0) >> 4) * 4;
    if (head < 20 || head > data.length) return;
    const ports = portsOf(carried);
    const sequence = uint16(data, 4) * 65_536 + uint16(data, 6);
    const followed = this.#streamOf(ports);
    if (((data[13] ?? 0) & SYN) !== 0) {
      this.#giveUp(followed);
      followed.stream.begin(sequence);
      return;
    }
    this.#addAll(followed, followed.stream.take(sequence, data.subarray(head)));
  }

  /** The one heard of last stands last, and goes last. */
  #streamOf(ports: Ports): Followed {
    const { source, destination } = ports;
    const key = `${source.host} ${source.port} ${destination.host} ${destination.port}`;
    const followed = this.#streams.get(key) ?? { stream: new SipStream(), ports };
    this.#streams.delete(key);
    this.#streams.set(key, followed);
    if (this.#streams.size > MAX_STREAMS) {
      for (const [oldest, each] of this.#streams) {
        this.#giveUp(each);
        this.#streams.delete(oldest);
        break;
      }
    }
    return followed;
  }

  #giveUp(followed: Followed): void {
    while (followed.stream.isWaiting) this.#addAll(followed, followed.stream.skip());
  }

  #addAll({ ports }: Followed, messages: readonly Uint8Array[]): void {
    for (const message of messages) this.#add("TCP", ports, message);
  }

  #add(protocol: string, { source, destination }: Ports, payload: Uint8Array): void {
    this.messages++;
    // A part of the file would keep the whole of it.
    const octets = this.#redaction.apply(payload.slice());
    this.recording.add({
      kind: "message",
      callId: callIdOf(octets),
      time: this.#time,
      protocol,
      source,
      destination,
      octets,
    });
  }
}

function portsOf({ source, destination, data }: Carried): Ports {
  return {
    source: { host: source, port: uint16(data, 0) },
    destination: { host: destination, port: uint16(data, 2) },
  };
}

function uint16(data: Uint8Array, at: number): number {
  return ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
}

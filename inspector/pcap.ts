/**
 * Captures of a network (pcap, and to read also pcapng): recordings written as such, and read from
 * such.
 *
 * @module
 */
export { type Capture, fromPcap, type PcapOptions } from "./captures/pcap_reader.ts";
export { toPcap } from "./captures/pcap_writer.ts";
export { type RecordedCall, Recording, type RecordingLimits } from "./recording.ts";

/**
 * RFC 4475 §3.1.2: what is malformed. Where the RFC lets an element choose between refusing and
 * guessing, the message is refused.
 *
 * @module
 */
import type { Vector } from "./vectors.ts";

/** The rows of §3.1.2. */
export const invalid: readonly Vector[] = [
  {
    file: "rfc4475/badinv01.dat",
    section: "RFC 4475 §3.1.2.1",
    says: "separators with nothing between them, in Via and in Contact",
    fault: { in: ["Via"], status: [400] },
  },
  {
    file: "rfc4475/clerr.dat",
    section: "RFC 4475 §3.1.2.2",
    says: "a Content-Length beyond the end of the datagram",
    fault: { in: ["Content-Length"], status: [400] },
  },
  {
    file: "rfc4475/ncl.dat",
    section: "RFC 4475 §3.1.2.3",
    says: "a negative Content-Length",
    fault: { in: ["Content-Length"], status: [400] },
  },
  {
    file: "rfc4475/scalar02.dat",
    section: "RFC 4475 §3.1.2.4",
    says: "numbers out of range; that in CSeq alone is reason to refuse",
    fault: { in: ["CSeq"], status: [400] },
  },
  {
    file: "rfc4475/scalarlg.dat",
    section: "RFC 4475 §3.1.2.5",
    says: "a response with a CSeq out of range is discarded",
    fault: { in: ["CSeq"], status: ["discard"] },
  },
  {
    file: "rfc4475/quotbal.dat",
    section: "RFC 4475 §3.1.2.6",
    says: "a quote in To that never closes",
    fault: { in: ["To"], status: [400] },
  },
  {
    file: "rfc4475/ltgtruri.dat",
    section: "RFC 4475 §3.1.2.7",
    says: "a Request-URI in angle brackets; ignoring them is allowed, refusing reasonable",
    fault: { in: ["start line"], status: [400] },
  },
  {
    file: "rfc4475/lwsruri.dat",
    section: "RFC 4475 §3.1.2.8",
    says: "a space within the Request-URI",
    fault: { in: ["start line"], status: [400] },
  },
  {
    file: "rfc4475/lwsstart.dat",
    section: "RFC 4475 §3.1.2.9",
    says: "two spaces between the parts of the request line; a liberal element may ignore one",
    fault: { in: ["start line"], status: [400] },
  },
  {
    file: "rfc4475/trws.dat",
    section: "RFC 4475 §3.1.2.10",
    says: "spaces behind the version; a liberal element may ignore them",
    fault: { in: ["start line"], status: [400] },
  },
  {
    file: "rfc4475/escruri.dat",
    section: "RFC 4475 §3.1.2.11",
    says: "header components in the Request-URI; a liberal element may ignore them",
    fault: { in: ["start line"], status: [400] },
  },
  {
    file: "rfc4475/baddate.dat",
    section: "RFC 4475 §3.1.2.12",
    says: "a Date that is not in GMT: no reason to refuse a request whose Date nobody needs",
    broken: "Date",
    facts: {
      method: "INVITE",
      ruri: "sip:user@example.com",
      from: [undefined, "sip:caller@example.net", "2234923"],
      to: [undefined, "sip:user@example.com", undefined],
      callId: "baddate.239423mnsadf3j23lj42--sedfnm234",
      cseq: 1392934,
      vias: [["UDP", "host.example.com", "z9hG4bKkdjuw"]],
      maxForwards: 70,
      contacts: ["sip:caller@host5.example.net"],
      headers: { Date: ["Fri, 01 Jan 2010 16:00:00 EST"] },
      body: 150,
    },
  },
  {
    file: "rfc4475/regbadct.dat",
    section: "RFC 4475 §3.1.2.13",
    says: "a Contact whose URI has a '?' but no angle brackets",
    answer: [400, 405],
    broken: "Contact",
    facts: {
      method: "REGISTER",
      ruri: "sip:example.com",
      from: [undefined, "sip:user@example.com", "998332"],
      to: [undefined, "sip:user@example.com", undefined],
      callId: "regbadct.k345asrl3fdbv@10.0.0.1",
      cseq: 1,
      vias: [["UDP", "135.180.130.133:5060", "z9hG4bKkdjuw"]],
      maxForwards: 70,
      body: 0,
    },
  },
  {
    file: "rfc4475/badaspec.dat",
    section: "RFC 4475 §3.1.2.14",
    says: "spaces between the angle brackets of To",
    fault: { in: ["To"], status: [400] },
  },
  {
    file: "rfc4475/baddn.dat",
    section: "RFC 4475 §3.1.2.15",
    says: "as archived, the message also lacks the empty line behind its headers",
    fault: { in: ["framing", "From", "To"], status: [400] },
  },
  {
    file: "rfc4475/baddn-mended.dat",
    section: "RFC 4475 §3.1.2.15",
    says: "display names with a comma but no quotes",
    fault: { in: ["From", "To"], status: [400] },
  },
  {
    file: "rfc4475/badvers.dat",
    section: "RFC 4475 §3.1.2.16",
    says: "SIP/7.0, which is answered with 505",
    fault: { in: ["start line"], status: [505] },
  },
  {
    file: "rfc4475/mismatch01.dat",
    section: "RFC 4475 §3.1.2.17",
    says: "CSeq names another method than the request line",
    fault: { in: ["CSeq"], status: [400] },
  },
  {
    file: "rfc4475/mismatch02.dat",
    section: "RFC 4475 §3.1.2.18",
    says: "the same with an unknown method: better a 501, though a 400 will do",
    fault: { in: ["CSeq"], status: [501, 400] },
  },
  {
    file: "rfc4475/bigcode.dat",
    section: "RFC 4475 §3.1.2.19",
    says: "a response code beyond 699 is dropped",
    fault: { in: ["start line"], status: ["discard"] },
  },
];

import { assertEquals } from "@std/assert";
import { equivalentURI, URI } from "../../messages/mod.ts";

type Rows = [rule: string, ...uris: string[]][];

/** Sets within which every URI is equivalent to every other. */
const equivalent: Rows = [
  // RFC 3261 §19.1.4's examples.
  [
    "RFC 3261 §19.1.4: escapes of unreserved characters, case of host, names and values",
    "sip:%61lice@atlanta.com;transport=TCP",
    "sip:alice@AtLanTa.CoM;Transport=tcp",
  ],
  [
    "RFC 3261 §19.1.4: other parameters that appear in one URI only are ignored",
    "sip:carol@chicago.com",
    "sip:carol@chicago.com;newparam=5",
  ],
  [
    "RFC 3261 §19.1.4: the same with another parameter",
    "sip:carol@chicago.com;newparam=5",
    "sip:carol@chicago.com;security=on",
  ],
  [
    "RFC 3261 §19.1.4: the order of parameters is not significant",
    "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
    "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
  ],
  [
    "RFC 3261 §19.1.4: nor is that of headers",
    "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
    "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
  ],
  [
    'RFC 3261 §19.1.4: "equality is not transitive"',
    "sip:carol@chicago.com",
    "sip:carol@chicago.com;security=off",
  ],
  ["the case of hexadecimal digits", "sip:a%2fb@h", "sip:a%2Fb@h"],
  ["an escaped percent sign is not decoded twice", "sip:%2541@h", "sip:%25%34%31@h"],
  ["a password with escapes", "sip:a:%70w@h", "sip:a:pw@h"],
  ["escapes in a parameter's value", "sip:h;x=v%61lue", "sip:h;X=VALUE"],
  ["escapes in a header's value", "sip:h?Subject=%6Cunch", "sip:h?subject=lunch"],
  ["a parameter without a value", "sip:h;lr", "sip:h;LR"],
  ["other parameters on both sides", "sip:h;a=1;lr", "sip:h;b=2"],
  ["case of the scheme", "SIPS:a@h", "sips:a@h"],
  // The spellings of RFC 5118 §4.10 and RFC 4291 §2.2.
  [
    "one IPv6 address, many spellings",
    "sip:[2001:db8::9:1]",
    "sip:[2001:DB8:0:0:0:0:9:1]",
    "sip:[2001:0db8:0000::0009:0001]",
    "sip:[2001:db8:0:0::9:1]",
  ],
  ["the loopback address", "sip:[::1]:5060", "sip:[0:0:0:0:0:0:0:1]:5060", "sip:[0::0001]:5060"],
  ["no address at all", "sip:[::]", "sip:[0:0:0:0:0:0:0:0]", "sip:[0::]"],
  ["trailing zeros", "sip:[2001:db8::]", "sip:[2001:db8:0:0:0:0:0:0]"],
  [
    "a mapped IPv4 address",
    "sip:[::ffff:192.0.2.10]",
    "sip:[::FFFF:c000:20a]",
    "sip:[0:0:0:0:0:ffff:192.0.2.10]",
  ],
  // RFC 3261 §19.1.6 and RFC 3966 §4.
  [
    "tel: the case of parameters",
    "tel:+358-555-1234567;postd=pp22",
    "tel:+358-555-1234567;POSTD=PP22",
  ],
  [
    "tel: the order of parameters",
    "tel:+358-555-1234567;postd=pp22;isub=1411",
    "tel:+358-555-1234567;isub=1411;postd=pp22",
  ],
  ["tel: visual separators", "tel:+1-201-555-0123", "tel:+1(201)555.0123", "TEL:+12015550123"],
  [
    "tel: a domain as context",
    "tel:863-1234;phone-context=example.com",
    "tel:8631234;Phone-Context=EXAMPLE.com",
  ],
  [
    'tel: digits as context are "compared after removing all visual-separator characters"',
    "tel:8631234;phone-context=+1-914-555",
    "tel:8631234;phone-context=+1914555",
  ],
  ["tel: hexadecimal digits", "tel:12ab;phone-context=x.y", "tel:12AB;phone-context=x.y"],
  [
    "RFC 3966 §3: tel: unreserved characters are equivalent to their escapes",
    "tel:+1201",
    "tel:+%31201",
  ],
  [
    "any other scheme, character by character",
    "urn:service:sos",
    "urn:service:sos",
    "URN:service:sos",
  ],
];

const different: Rows = [
  [
    "RFC 3261 §19.1.4: different usernames",
    "SIP:ALICE@AtLanTa.CoM;Transport=udp",
    "sip:alice@AtLanTa.CoM;Transport=UDP",
  ],
  [
    "RFC 3261 §19.1.4: can resolve to different ports",
    "sip:bob@biloxi.com",
    "sip:bob@biloxi.com:5060",
  ],
  [
    "RFC 3261 §19.1.4: can resolve to different transports",
    "sip:bob@biloxi.com",
    "sip:bob@biloxi.com;transport=udp",
  ],
  [
    "RFC 3261 §19.1.4: can resolve to different port and transports",
    "sip:bob@biloxi.com",
    "sip:bob@biloxi.com:6000;transport=tcp",
  ],
  [
    "RFC 3261 §19.1.4: different header component",
    "sip:carol@chicago.com",
    "sip:carol@chicago.com?Subject=next%20meeting",
  ],
  [
    "RFC 3261 §19.1.4: even though that's what phone21.boxesbybob.com resolves to",
    "sip:bob@phone21.boxesbybob.com",
    "sip:bob@192.0.2.4",
  ],
  [
    "RFC 3261 §19.1.4: security on and off",
    "sip:carol@chicago.com;security=on",
    "sip:carol@chicago.com;security=off",
  ],
  ['"A SIP and SIPS URI are never equivalent"', "sip:a@h", "sips:a@h"],
  ["a user in one only", "sip:h", "sip:a@h"],
  ["a password in one only", "sip:a@h", "sip:a:@h", "sip:a:b@h"],
  ["passwords differ in case", "sip:a:b@h", "sip:a:B@h"],
  ["ports differ", "sip:a@h:1", "sip:a@h:2"],
  ["a user parameter in one only", "sip:h", "sip:h;user=ip"],
  ["a ttl in one only", "sip:h", "sip:h;ttl=1"],
  ["a method in one only", "sip:h", "sip:h;method=INVITE"],
  ["an maddr in one only", "sip:h", "sip:h;maddr=h"],
  ["maddr differs", "sip:h;maddr=a", "sip:h;maddr=b"],
  ["a parameter with and without a value", "sip:h;x", "sip:h;x=1"],
  ["reserved characters, escaped and bare", "sip:a;b@h", "sip:a%3Bb@h"],
  ["a second decoding would make them equal", "sip:%2541@h", "sip:%41@h"],
  ["parameters of which one name has an escape", "sip:h;n%61me=1", "sip:h;name=2"],
  ["header values differ", "sip:h?subject=a", "sip:h?subject=b", "sip:h?subject=a&subject=b"],
  ["IPv6 addresses differ", "sip:[::1]", "sip:[::2]", "sip:[::10]", "sip:[1::]", "sip:[::]"],
  ["an address and a name that is spelled alike", "sip:[::1]", "sip:1"],
  [
    "RFC 3261 §19.1.6: in a sip: URI, a number's case counts",
    "sip:+358-555-1234567;postd=pp22@foo.com;user=phone",
    "sip:+358-555-1234567;POSTD=PP22@foo.com;user=phone",
  ],
  [
    "RFC 3261 §19.1.6: and its order",
    "sip:+358-555-1234567;postd=pp22;isub=1411@foo.com;user=phone",
    "sip:+358-555-1234567;isub=1411;postd=pp22@foo.com;user=phone",
  ],
  ["tel: global and local", "tel:+1201", "tel:1201"],
  ["tel: numbers differ", "tel:+1201", "tel:+1202"],
  ["tel: a parameter in one only", "tel:+1201", "tel:+1201;ext=1", "tel:+1201;isub=1"],
  ["tel: contexts differ", "tel:1;phone-context=a.b", "tel:1;phone-context=a.c"],
  ["tel: and sip:", "tel:+1201", "sip:+1201@h;user=phone"],
  ["other schemes, in case", "urn:service:sos", "urn:service:SOS", "x:service:sos"],
];

function compare(rows: Rows, expected: boolean): void {
  for (const [rule, ...uris] of rows) {
    Deno.test(`${rule}: ${expected ? "equivalent" : "different"}`, () => {
      const parsed = uris.map((uri) => URI.parse(uri));
      for (const [i, a] of parsed.entries()) {
        assertEquals(equivalentURI(a, a), true, `${a} and itself`);
        assertEquals(equivalentURI(a, a.clone()), true, `${a} and its copy`);
        for (const b of parsed.slice(i + 1)) {
          assertEquals(equivalentURI(a, b), expected, `${a} and ${b}`);
          assertEquals(equivalentURI(b, a), expected, `${b} and ${a}`);
        }
      }
    });
  }
}

compare(equivalent, true);
compare(different, false);

Deno.test("comparing changes nothing, and no odd host makes it throw", () => {
  const hosts = ["[:::]", "[::1::2]", "[1.2.3.4]", "[12345:6]", "[:::::::::::]", "[::999.1.1.1]"];
  const uris = hosts.map((host) => URI.parse(`sip:${host}`));
  for (const a of uris) for (const b of uris) assertEquals(equivalentURI(a, b), a === b);
  assertEquals(uris.map((uri) => uri.host), hosts);
});

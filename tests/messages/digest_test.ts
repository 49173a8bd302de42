// RFC 7616 and RFC 2617 with their examples; RFC 8760; RFC 3261 §22.4.
import { createHash } from "node:crypto";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type AuthenticationHeader,
  chooseChallenge,
  DIGEST_HASHES,
  type DigestAlgorithm,
  type DigestChallenge,
  type DigestCredentials,
  digestHA1,
  type DigestHash,
  digestHash,
  digestResponse,
  Fault,
  InvalidArgumentError,
  parseHeaderValue,
  printChallenge,
  printCredentials,
  readChallenge,
  readCredentials,
} from "@strowger/sip/messages";

function header(name: "WWW-Authenticate" | "Authorization", value: string): AuthenticationHeader {
  const parsed = parseHeaderValue(name, value);
  const [first] = parsed instanceof Fault ? [] : parsed;
  if (first === undefined) throw new Error(`not read: ${value}`);
  return first;
}

function challenge(value: string): DigestChallenge | undefined {
  return readChallenge(header("WWW-Authenticate", value));
}

// RFC 2617 §3.5.
Deno.test("RFC 2617 §3.5: Mufasa", () => {
  const ha1 = digestHA1("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life");
  assertEquals(ha1, "939e7578ed9e3c518a452acee763bce9");
  const input = {
    algorithm: "MD5",
    ha1,
    method: "GET",
    uri: "/dir/index.html",
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
  } as const;
  assertEquals(
    digestResponse({ ...input, qop: "auth", nc: "00000001", cnonce: "0a4f113b" }),
    "6629fae49393a05397450978507c4ef1",
  );
  // As in RFC 2069, without qop.
  assertEquals(digestResponse(input), "670fd8c2df070c60b045671b8b24ff02");
});

// RFC 7616 §3.9.1.
const MUFASA: Partial<Record<DigestHash, string>> = {
  "MD5": "8ca523f5e9506fed4657c9700eebdbec",
  "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
};
for (const [hash, response] of Object.entries(MUFASA) as [DigestHash, string][]) {
  Deno.test(`RFC 7616 §3.9.1: Mufasa with ${hash}`, () => {
    const ha1 = digestHA1(hash, "Mufasa", "http-auth@example.org", "Circle of Life");
    assertEquals(
      digestResponse({
        algorithm: hash,
        ha1,
        method: "GET",
        uri: "/dir/index.html",
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        qop: "auth",
        nc: "00000001",
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
      }),
      response,
    );
  });
}

// RFC 7616 §3.9.2, with the hashes of erratum 4897: those of the RFC are of another function.
Deno.test("RFC 7616 §3.9.2: SHA-512/256, a name in UTF-8, and its hash", () => {
  const name = "J\u00e4s\u00f8n Doe";
  const realm = "api@example.org";
  assertEquals(
    digestHash("SHA-512-256", `${name}:${realm}`),
    "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b",
  );
  assertEquals(
    digestResponse({
      algorithm: "SHA-512-256",
      ha1: digestHA1("SHA-512-256", name, realm, "Secret, or not?"),
      method: "GET",
      uri: "/doe.json",
      nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
      qop: "auth",
      nc: "00000001",
      cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    }),
    "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
  );
});

const NODE_NAMES = { "MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" } as const;

// RFC 7616 §3.4, written out once more, with another library's hashes.
for (const hash of DIGEST_HASHES) {
  for (const algorithm of [hash, `${hash}-sess`] as DigestAlgorithm[]) {
    for (const qop of ["auth", "auth-int"] as const) {
      for (const body of ["", "v=0\r\n", new Uint8Array([0, 255, 128])]) {
        const kind = typeof body === "string" ? `${body.length} characters` : "octets";
        Deno.test(`${algorithm}, ${qop}, a body of ${kind}`, () => {
          const h = (data: string | Uint8Array) =>
            createHash(NODE_NAMES[hash]).update(data).digest("hex");
          const basis = h("bob:biloxi.com:zanzibar");
          const ha1 = algorithm === hash ? basis : h(`${basis}:n:c`);
          const a2 = qop === "auth" ? "INVITE:sip:a@b" : `INVITE:sip:a@b:${h(body)}`;
          assertEquals(
            digestResponse({
              algorithm,
              ha1: digestHA1(hash, "bob", "biloxi.com", "zanzibar"),
              method: "INVITE",
              uri: "sip:a@b",
              nonce: "n",
              nc: "0000000a",
              cnonce: "c",
              qop,
              body,
            }),
            h(`${ha1}:n:0000000a:c:${qop}:${h(a2)}`),
          );
        });
      }
    }
  }
}

// RFC 3261 §22.4, item 7.
Deno.test("the hash of a body that is not there is that of an empty string", () => {
  assertEquals(digestHash("MD5", ""), "d41d8cd98f00b204e9800998ecf8427e");
});

Deno.test("a challenge: what it asks for", () => {
  assertEquals(
    challenge(
      `Digest realm="biloxi.com", qop="auth,auth-int", nonce="dcd98b71", opaque="5ccc", ` +
        `stale=TRUE, algorithm=sha-256, userhash=true, charset=UTF-8`,
    ),
    {
      realm: "biloxi.com",
      nonce: "dcd98b71",
      opaque: "5ccc",
      algorithm: "SHA-256",
      qop: ["auth", "auth-int"],
      stale: true,
      userhash: true,
    },
  );
  assertEquals(challenge(`digest nonce="n", realm="r"`), {
    realm: "r",
    nonce: "n",
    opaque: undefined,
    algorithm: undefined,
    qop: [],
    stale: false,
    userhash: false,
  });
});

for (
  const [why, value] of [
    ["another scheme", `Basic realm="r", nonce="n"`],
    ["no realm", `Digest nonce="n"`],
    ["no nonce", `Digest realm="r"`],
    ["an algorithm that nobody knows", `Digest realm="r", nonce="n", algorithm=SHA-1`],
    ["AKA (RFC 3310)", `Digest realm="r", nonce="n", algorithm=AKAv1-MD5`],
    ["a protection that nobody knows", `Digest realm="r", nonce="n", qop="auth-conf"`],
    ["-sess without qop", `Digest realm="r", nonce="n", algorithm=MD5-sess`],
    ["an escaped line end", `Digest realm="r\\\rx", nonce="n"`],
    ["a nonce without measure", `Digest realm="r", nonce="${"n".repeat(4097)}"`],
    ["an escaped NUL", `Digest realm="r", nonce="n", opaque="\\\0"`],
  ] as const
) {
  Deno.test(`a challenge that cannot be answered: ${why}`, () => {
    const parsed = parseHeaderValue("WWW-Authenticate", value);
    const [first] = parsed instanceof Fault ? [] : parsed;
    assertEquals(first === undefined ? undefined : readChallenge(first), undefined);
  });
}

// "Quoted-string" and token: RFC 7616 §3.3, "the following MUST NOT be quoted: stale and algorithm".
Deno.test("a challenge is printed with the right quotes, and can be read again", () => {
  const value = printChallenge({
    realm: `a "b" \\ c`,
    nonce: "n",
    opaque: "",
    algorithm: "SHA-512-256",
    qop: ["auth", "auth-int"],
    stale: true,
    userhash: false,
  });
  assertEquals(
    value,
    `Digest realm="a \\"b\\" \\\\ c", nonce="n", opaque="", qop="auth,auth-int", ` +
      `algorithm=SHA-512-256, stale=true`,
  );
  assertEquals(printChallenge(challenge(value) ?? unread()), value);
});

function unread(): never {
  throw new Error("not read");
}

const CREDENTIALS: DigestCredentials = {
  username: `J\u00e4s\u00f8n "D" \\`,
  realm: "r",
  nonce: "n",
  uri: "sip:bob@biloxi.com",
  response: "6629fae49393a05397450978507c4ef1",
  algorithm: "MD5",
  cnonce: "0a4f113b",
  opaque: "5ccc",
  qop: "auth",
  nc: "00000001",
  userhash: false,
};

// RFC 7616 §3.4: "For historical reasons, the quoted string syntax MUST be used for ... username,
// realm, nonce, uri, response, cnonce, and opaque" and "MUST NOT ... for algorithm, qop, and nc".
Deno.test("credentials are printed with the right quotes, and can be read again", () => {
  const value = printCredentials(CREDENTIALS);
  assertEquals(
    value,
    `Digest username="J\u00e4s\u00f8n \\"D\\" \\\\", realm="r", nonce="n", ` +
      `uri="sip:bob@biloxi.com", response="6629fae49393a05397450978507c4ef1", algorithm=MD5, ` +
      `cnonce="0a4f113b", opaque="5ccc", qop=auth, nc=00000001`,
  );
  assertEquals(readCredentials(header("Authorization", value)), CREDENTIALS);
});

Deno.test("credentials as in RFC 2069 have no qop, nc and cnonce", () => {
  const { username, realm, nonce, uri, response } = CREDENTIALS;
  const value = printCredentials({ username, realm, nonce, uri, response });
  for (const name of ["qop", "nc", "cnonce", "algorithm", "opaque"]) {
    assert(!value.includes(`${name}=`), name);
  }
  assertEquals(readCredentials(header("Authorization", value))?.qop, undefined);
});

Deno.test("credentials cannot smuggle a line end", () => {
  assertThrows(
    () => printCredentials({ ...CREDENTIALS, username: "a\r\nX: y" }),
    InvalidArgumentError,
    "username",
  );
});

// RFC 7616 §3.4: username* is for names that HTTP cannot quote.
Deno.test("credentials with username* in UTF-8", () => {
  const rest = `realm="r", nonce="n", uri="u", response="0"`;
  const read = (name: string) =>
    readCredentials(header("Authorization", `Digest ${name}, ${rest}`));
  assertEquals(read("username*=UTF-8''J%C3%A4s%C3%B8n%20Doe")?.username, "J\u00e4s\u00f8n Doe");
  assertEquals(read("username*=UTF-8''%FF"), undefined);
});

for (
  const [why, value] of [
    ["another scheme", `Basic username="u", realm="r", nonce="n", uri="u", response="0"`],
    ["no response", `Digest username="u", realm="r", nonce="n", uri="u"`],
    ["no user", `Digest realm="r", nonce="n", uri="u", response="0"`],
    [
      "an algorithm that nobody knows",
      `Digest username="u", realm="r", nonce="n", uri="u", response="0", algorithm=X`,
    ],
    [
      "qop without nc",
      `Digest username="u", realm="r", nonce="n", uri="u", response="0", qop=auth, cnonce="c"`,
    ],
    [
      "qop without cnonce",
      `Digest username="u", realm="r", nonce="n", uri="u", response="0", qop=auth, nc=00000001`,
    ],
    [
      "nc of seven digits",
      `Digest username="u", realm="r", nonce="n", uri="u", response="0", qop=auth, cnonce="c", nc=0000001`,
    ],
    [
      "a qop that nobody knows",
      `Digest username="u", realm="r", nonce="n", uri="u", response="0", qop=x, cnonce="c", nc=00000001`,
    ],
  ] as const
) {
  Deno.test(`no credentials: ${why}`, () => {
    assertEquals(readCredentials(header("Authorization", value)), undefined);
  });
}

// RFC 8760 §2.4 leaves the choice to "a local policy": the strongest, whatever the order.
Deno.test("of several challenges the strongest that is allowed; of equals the topmost", () => {
  const of = (nonce: string, algorithm?: string): DigestChallenge =>
    challenge(
      `Digest realm="r", nonce="${nonce}", qop="auth"` +
        (algorithm === undefined ? "" : `, algorithm=${algorithm}`),
    ) ?? unread();
  const all = [of("1"), of("2", "SHA-256"), of("3", "SHA-512-256"), of("4", "SHA-512-256-sess")];
  assertEquals(chooseChallenge(all)?.nonce, "3");
  assertEquals(chooseChallenge(all.toReversed())?.nonce, "4");
  assertEquals(chooseChallenge(all.slice(0, 2))?.nonce, "2");
  assertEquals(chooseChallenge(all, ["MD5"])?.nonce, "1");
  assertEquals(chooseChallenge(all.slice(0, 1), ["SHA-256", "SHA-512-256"]), undefined);
  assertEquals(chooseChallenge([]), undefined);
});

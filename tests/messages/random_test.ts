import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  Identifiers,
  MAGIC_COOKIE,
  OutgoingRequestMessage,
  type RandomSource,
  URI,
} from "../../messages/mod.ts";

/** 0, 1, 2, ...: a source of which everything is known. */
function counting(): RandomSource {
  let next = 0;
  return (octets) => octets.forEach((_, i) => octets[i] = next++);
}

Deno.test('RFC 3261 §8.1.1.7: a branch "MUST always begin with the characters z9hG4bK"', () => {
  const identifiers = new Identifiers();
  assertEquals(MAGIC_COOKIE, "z9hG4bK");
  for (let i = 0; i < 100; i++) {
    assertMatch(identifiers.branch(), /^z9hG4bK[a-zA-Z0-9]+$/);
  }
});

Deno.test("ten thousand branches, tags and Call-IDs are all different", () => {
  const identifiers = new Identifiers();
  const made = new Set<string>();
  for (let i = 0; i < 10_000; i++) {
    made.add(identifiers.branch()).add(identifiers.tag()).add(identifiers.callId());
  }
  assertEquals(made.size, 30_000);
});

Deno.test('RFC 3261 §19.3: a tag is "cryptographically random with at least 32 bits"', () => {
  const identifiers = new Identifiers();
  const seen = new Map<string, number>();
  for (let i = 0; i < 4_000; i++) {
    const tag = identifiers.tag();
    assert(tag.length >= 7);
    for (const character of tag) seen.set(character, (seen.get(character) ?? 0) + 1);
  }
  // Every character is about as frequent as every other: five bits each.
  assertEquals(seen.size, 32);
  for (const [character, times] of seen) {
    assert(times > 1_700 && times < 2_300, `${character} ${times}`);
  }
});

Deno.test("the same octets give the same names, and other octets give others", () => {
  const names = (fill: RandomSource) => {
    const identifiers = new Identifiers(fill);
    return [
      identifiers.branch(),
      identifiers.tag(),
      identifiers.callId(),
      identifiers.number(1000),
    ];
  };
  assertEquals(names(counting()), names(counting()));
  const zero = names((octets) => octets.fill(0));
  assertEquals(zero[0], `z9hG4bK${"a".repeat(24)}`);
  assert(names(counting())[0] !== zero[0]);
});

Deno.test("nothing is drawn before the first name, and every octet is used once", () => {
  let drawn = 0;
  const identifiers = new Identifiers((octets) => {
    drawn += octets.length;
    crypto.getRandomValues(octets);
  });
  assertEquals(drawn, 0);
  for (let i = 0; i < 1_000; i++) identifiers.tag();
  assert(drawn >= 16_000 && drawn <= 16_000 + 4_096, `${drawn}`);
});

Deno.test("a source that fails is not hidden", () => {
  const identifiers = new Identifiers(() => {
    throw new Error("no entropy");
  });
  let message = "";
  try {
    identifiers.branch();
  } catch (error) {
    message = `${error}`;
  }
  assertEquals(message, "Error: no entropy");
});

Deno.test("number() stays below its limit and reaches all of it", () => {
  const identifiers = new Identifiers();
  const seen = new Set(Array.from({ length: 1_000 }, () => identifiers.number(10)));
  assertEquals([...seen].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("a request takes its names from the source that it is given", () => {
  const bob = URI.parse("sip:bob@biloxi.com");
  const make = () => {
    const identifiers = new Identifiers(counting());
    return new OutgoingRequestMessage("OPTIONS", bob, bob, bob, { identifiers });
  };
  assertEquals(make().toString(), make().toString());
  const one = new OutgoingRequestMessage("OPTIONS", bob, bob, bob);
  const other = new OutgoingRequestMessage("OPTIONS", bob, bob, bob);
  assert(one.callId !== other.callId && one.fromTag !== other.fromTag);
});

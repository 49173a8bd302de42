import { assert, assertEquals, assertThrows } from "@std/assert";
import { faultOf, quote, Scanner, Unexpected, unfold, unquote } from "../../messages/scanner.ts";
import { headerFault, plain, valueOf } from "./support.ts";

Deno.test("RFC 3261 §25.1: every quoted pair is the character behind the backslash", () => {
  for (let code = 0; code < 128; code++) {
    if (code === 0x0a || code === 0x0d) continue;
    const character = String.fromCharCode(code);
    const { parameters } = valueOf("Event", `Event: x;a="\\${character}b";c`);
    assertEquals(plain(parameters), { a: `${character}b`, c: null }, `${code}`);
  }
});

Deno.test("quoting and unquoting are each other's inverse", () => {
  for (const text of ["", '"', "\\", '\\"', "a b", "\t", "\0\x7f", "Zoë \u{1f4de}", "<>;,=()"]) {
    assertEquals(unquote(quote(text)), text);
    assertEquals(plain(valueOf("Event", `Event: x;a=${quote(text)}`).parameters), { a: text });
  }
});

Deno.test("a quote that does not close is told where its header ends, not later", () => {
  for (const value of ['x;a="', 'x;a="\\"', 'x;a="b\\\\\\"', 'x;a="b;c', 'x;a="é']) {
    const fault = headerFault("Event", `Event: ${value}`, 'Subject: "');
    assertEquals(fault.expected, `a closing '"'`);
  }
});

Deno.test("RFC 3261 §25.1: comments nest, and their parentheses may be escaped", () => {
  for (
    const comment of ["()", "(a)", "(a (b) (c (d)))", "(\\))", "(\\()", '(")', "(é)", "(a\r\n b)"]
  ) {
    assertEquals(valueOf("Retry-After", `Retry-After: 5 ${comment};x`).seconds, 5);
  }
  for (const comment of ["(", "(()", "(\\)", ")", "(a) (b)", "(a))"]) {
    assertEquals(headerFault("Retry-After", `Retry-After: 5 ${comment}`).header, "Retry-After");
  }
});

Deno.test("RFC 3261 §25.1: white space and folds may surround every separator", () => {
  for (const s of ["", " ", "\t ", "\r\n ", " \t\r\n\t "]) {
    const { value, parameters } = valueOf("Event", `Event:${s}x${s};${s}a${s}=${s}b${s};${s}c${s}`);
    assertEquals([value, plain(parameters)], ["x", { a: "b", c: null }]);
    assertEquals(valueOf("Allow", `Allow:${s}A${s},${s}B${s}`), ["A", "B"]);
    const [type] = valueOf("Accept", `Accept:${s}a${s}/${s}b${s}`);
    assertEquals(type?.value, "a/b");
  }
});

Deno.test("RFC 3261 §7.3.1: a parameter's name has no case, and the first of two counts", () => {
  const { parameters } = valueOf("Event", "Event: x;ID=A;Id=b;__proto__=1;constructor");
  assertEquals(Object.entries(parameters), [["id", "A"], ["__proto__", "1"], [
    "constructor",
    null,
  ]]);
});

Deno.test("a parameter's value is a token, a host or a quoted string", () => {
  for (const value of ["a", "-.!%*_+`'~", "[2001:db8::1]", "2001:db8::1", "example.com:5060"]) {
    assertEquals(plain(valueOf("Event", `Event: x;a=${value}`).parameters), { a: value });
  }
  for (const value of ["", "a b", "<a>", "a@b", "a/b", "a?b", "{a}", "a\\b", "é", '"a"b', "a=b"]) {
    assertEquals(headerFault("Event", `Event: x;a=${value}`).header, "Event", value);
  }
});

Deno.test("a number is decimal digits, and never more than its limit", () => {
  const number = (text: string) => new Scanner(text).number(255, "hops");
  assertEquals(number("0"), 0);
  assertEquals(number("000255"), 255);
  assertEquals(number("7x"), 7);
  for (const text of ["", "-1", "+1", "x", " 1", "256", "9".repeat(400), "１"]) {
    let caught: unknown;
    try {
      number(text);
    } catch (error) {
      caught = error;
    }
    assert(caught instanceof Unexpected, text);
    assertEquals([caught.offset, caught.status], [0, 400]);
  }
});

Deno.test("what is thrown on the way is told as a fault, and nothing else is swallowed", () => {
  const fault = faultOf(new Unexpected(2, "a thing", 505), "ab\r\ncdefghijklmnopqrstuvwxyz");
  assertEquals([fault.offset, fault.expected, fault.status], [2, "a thing", 505]);
  assertEquals(fault.found, '"\\r\\ncdefghijklmnopqrst"');
  assertEquals(faultOf(new Unexpected(3, "x"), "abc").found, "the end");
  assertThrows(() => faultOf(new RangeError("ours"), ""), RangeError);
});

Deno.test("unfolding leaves a text without folds as it is", () => {
  for (const text of ["", " a  b\t", "a\\b", "\ufeff"]) assertEquals(unfold(text), text);
  assertEquals(unfold("a\r\n b"), "a b");
});

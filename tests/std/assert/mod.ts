/**
 * Answers for `@std/assert` with the library's own code, from its npm edition.
 *
 * @module
 */
// @ts-types="./mod.d.ts"
export * from "npm:deno-std@1.4.0/assert/mod.js";

/**
 * The tests that every machine has: its table, its timelines, that both are complete, and what holds
 * on every path and on random ones.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  describe,
  partsOf,
  restingLeaves,
  Run,
  type Subject,
  transitionsOf,
  typesOf,
} from "./support.ts";

/** What is expected of one machine. */
export interface Expectations {
  /**
   * What every event does in every state. A line at the margin names a state, the inputs under
   * which it is looked at, and the events that lead there. An indented line under it is a cell: the
   * event, the next state or `stays`, and what is emitted or `nothing`, with a bar where it differs from
   * input to input. Two spaces or more part the columns; `#` begins a comment.
   */
  readonly table: string;
  /**
   * What happens when, by name: the input in brackets, then lines of `time  [event]  -> emissions`.
   * Nothing else is emitted, however long one waits.
   */
  readonly timelines: Readonly<Record<string, string>>;
  /** Whether the table takes parallel regions one after the other, and not each combination. */
  readonly isByRegion?: boolean;
  /** What holds after any events, beyond what {@linkcode Run} asserts of every machine. */
  readonly property?: (run: Run) => void;
}

/** A state of the table, and the cells under it. */
interface Case {
  readonly state: string;
  readonly inputs: readonly string[];
  readonly path: readonly string[];
  readonly cells: readonly (readonly string[])[];
}

/** Times to wait on a walk: the 100 that is due, T1, T2, 64*T1. */
const WAITS = ["+200", "+500", "+4000", "+32000"];
const SEQUENCES = 3000;

/** Declares the tests of one machine. */
export function testMachine(name: string, subject: Subject, expected: Expectations): void {
  const cases = parseTable(expected.table);
  const timelines = Object.entries(expected.timelines);

  for (const { state, inputs, path, cells } of cases) {
    const after = path.length > 0 ? ` after ${path.join(", ")}` : "";
    Deno.test(`${name}: what each event does in ${state}${after}`, () => {
      for (const [index, input] of inputs.entries()) {
        const wanted = cells.map(([event = "", next = "", emissions = ""]) => {
          const at = (text: string) => text.split("|")[index] ?? text;
          return [event, at(next), at(emissions)];
        });
        const seen = cells.map(([event = ""]) => {
          const run = start(subject, input, path);
          assertEquals(run.state, state);
          const emissions = run.send(event).join(", ") || "nothing";
          return [event, run.state === state ? "stays" : run.state, emissions];
        });
        assertEquals(seen.map(line), wanted.map(line), input);
      }
    });
  }

  for (const [title, timeline] of timelines) {
    Deno.test(`${name}: ${title}`, () => {
      const lines = linesOf(timeline).slice(1).map((text) => text.trim().replace(/ +/g, " "));
      assertEquals(history(playTimeline(subject, timeline)), lines);
    });
  }

  Deno.test(`${name}: the table has every event in every state`, () => {
    const columns = Object.keys(subject.events).sort();
    for (const { state, cells } of cases) {
      assertEquals(cells.map(([event]) => event).sort(), columns, `the events in ${state}`);
    }
    const sent = Object.values(subject.events).map((event) => event.type);
    const known = [...sent, ...subject.raised ?? []];
    const strange = known.filter((type) => !subject.machine.events.includes(type));
    assertEquals(strange, [], "the machine has no such event");
    const declared = partsOf(subject).flatMap((part) => part.events);
    const missing = declared.filter((type) => !type.startsWith("xstate.") && !known.includes(type));
    assertEquals(missing, [], "the table has no such event");

    const runs = cases.flatMap(({ inputs, path }) =>
      inputs.map((input) => start(subject, input, path))
    );
    const leaves = new Set(runs.flatMap((run) => run.leaves.map((leaf) => leaf.id)));
    assertEquals(
      [...leaves].sort(),
      restingLeaves(subject).map((leaf) => leaf.id).sort(),
    );
    if (expected.isByRegion) return;
    for (const input of new Set(cases.flatMap((each) => each.inputs))) {
      const listed = cases.filter((each) => each.inputs.includes(input)).map((each) => each.state);
      const reached = walk(subject, input).map((run) => run.state);
      assertEquals(new Set(listed), new Set(reached), `the states that are reached, ${input}`);
    }
  });

  Deno.test(`${name}: the table and the timelines take every transition`, () => {
    const taken = new Set(
      [
        ...cases.flatMap(({ inputs, path, cells }) =>
          inputs.flatMap((input) =>
            cells.map(([event = ""]) => start(subject, input, [...path, event]))
          )
        ),
        ...timelines.map(([, timeline]) => playTimeline(subject, timeline)),
      ].flatMap((run) => [...run.taken]),
    );
    const missed = transitionsOf(subject).filter((transition) => !taken.has(transition));
    assertEquals(missed.map(describe), []);
  });

  Deno.test(`${name}: in every state that can be reached, context is plain data; at the end, no timer is left`, () => {
    for (const input of Object.keys(subject.inputs)) {
      assert(walk(subject, input).some((run) => run.isDone), `${input}: it never ends`);
    }
  });

  Deno.test(`${name}: ${SEQUENCES} random sequences of events keep what must hold`, () => {
    const random = randomFrom(0x51b);
    for (let i = 0; i < SEQUENCES; i++) randomRun(subject, random, expected.property);
  });
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((each) => each.trim() !== "" && !each.trim().startsWith("#"));
}

function parseTable(table: string): Case[] {
  const cases: (Case & { readonly cells: string[][] })[] = [];
  for (const text of linesOf(table)) {
    const columns = text.trim().split(/ {2,}/);
    if (text.startsWith(" ")) {
      assert(columns.length === 3, `not a cell: ${text}`);
      cases.at(-1)?.cells.push(columns);
    } else {
      const [state = "", inputs = "", path = ""] = columns;
      const words = path.split(",").map((word) => word.trim()).filter((word) => word !== "");
      cases.push({ state, inputs: inputs.slice(1, -1).split(", "), path: words, cells: [] });
    }
  }
  return cases;
}

function line([event, next, emissions]: readonly string[]): string {
  return `${event} -> ${next}: ${emissions}`;
}

function start(subject: Subject, input: string, path: readonly string[]): Run {
  const run = new Run(subject, input);
  for (const word of path) run.step(word);
  return run;
}

/** Sends the events of a timeline at their times, then waits for as long as anything may come. */
function playTimeline(subject: Subject, timeline: string): Run {
  const [head = "", ...lines] = linesOf(timeline);
  const run = new Run(subject, head.trim().slice(1, -1));
  for (const text of lines) {
    const [, time, event = ""] = /^ *(\d+) +(.*?) *->/.exec(text) ?? [];
    assert(time !== undefined, `not a line of a timeline: ${text}`);
    run.wait(Number(time) - run.clock.now());
    if (event !== "") run.send(event);
  }
  run.wait(1_000_000);
  return run;
}

/** What a run did, in the words of a timeline. */
function history(run: Run): string[] {
  return run.moments.map(({ at, event, emissions }) =>
    [at, ...(event === "" ? [] : [event]), "->", typesOf(emissions).join(", ") || "nothing"]
      .join(" ")
  );
}

/** A run into every state that can be reached, and every memory it can have there, breadth first. */
function walk(subject: Subject, input: string): Run[] {
  const words = [...Object.keys(subject.events), ...WAITS];
  const known = new Map<string, { path: string[]; run: Run }>();
  const visit = (path: string[]) => {
    const run = start(subject, input, path);
    if (!known.has(run.memory)) known.set(run.memory, { path, run });
  };
  visit([]);
  // The map grows while it is walked.
  for (const { path, run } of known.values()) {
    if (run.isDone) continue;
    for (const word of words) visit([...path, word]);
  }
  return [...known.values()].map(({ run }) => run);
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomRun(subject: Subject, random: () => number, property?: (run: Run) => void): void {
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? "";
  const input = pick(Object.keys(subject.inputs));
  // Events that end it at once would otherwise be all that most sequences show.
  const rare = ["dispose", "transportError"].filter((event) => event in subject.events);
  const usual = Object.keys(subject.events).filter((event) => !rare.includes(event));
  const words: string[] = [];
  try {
    const run = new Run(subject, input);
    for (let left = 25; left > 0; left--) {
      // A few more after the end: it has to stay silent.
      if (run.isDone && left > 3) left = 3;
      const roll = random();
      const word = pick(roll < 0.04 ? rare : roll < 0.3 ? WAITS : usual);
      words.push(word);
      run.step(word);
      // `dispose`: "nothing is sent and nobody is told", but whoever runs the machine.
      if (word === "dispose") {
        assert(run.isDone);
        const last = run.moments.findLast((moment) => moment.emissions.length > 0);
        if (last?.event === "dispose") assertEquals(typesOf(last.emissions), [subject.last]);
      }
    }
    property?.(run);
  } catch (cause) {
    throw new Error(`[${input}] ${words.join(", ")}: ${cause}`, { cause });
  }
}

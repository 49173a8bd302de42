/**
 * The page: what the server tells goes to the list, to the call that is chosen, and to the player.
 *
 * @module
 */
import { ActorList } from "./actor_list.js";
import { byId } from "./dom.js";
import { LadderView } from "./ladder.js";
import { MessagePane } from "./message.js";
import { PlayerBar } from "./player.js";
import { Statecharts } from "./statechart.js";

/** @typedef {import("./actor_list.js").ActorRow} ActorRow */

const connection = byId("connection", HTMLElement);
const charts = new Statecharts();
const messages = new MessagePane();
const ladder = new LadderView((n) => messages.open(callId, n));
const list = new ActorList(show);
const player = new PlayerBar();

let callId = "";
/** @type {EventSource | undefined} */
let call;
/** @type {string[]} */
let allowed = [];
let isReplay = false;
/** @type {Map<string, string>} */
let states = new Map();
/** @type {string} */
let chosen = "";

const events = new EventSource("events");
events.addEventListener("open", () => tell("connected"));
events.addEventListener("error", () => tell("not connected; trying again"));
on(events, "hello", ({ mode, allow }) => {
  isReplay = mode === "replay";
  allowed = allow;
  tell(isReplay ? "replay" : "live");
});
on(events, "actors", (changes) => {
  list.update(changes);
  offerControls();
});
on(events, "player", (position) => player.update(position));

/** @param {string} text */
function tell(text) {
  connection.textContent = text;
}

/**
 * @param {EventSource} source
 * @param {string} name
 * @param {(data: any) => void} take
 */
function on(source, name, take) {
  source.addEventListener(name, (event) => take(JSON.parse(event.data)));
}

/** @param {ActorRow} row */
function show(row) {
  chosen = row.actor;
  charts.choose(row.actor);
  offerControls();
  if (row.callId === callId) return;
  callId = row.callId;
  byId("hint", HTMLElement).hidden = true;
  byId("call", HTMLElement).hidden = false;
  byId("call-title", HTMLElement).textContent = `${row.method} ${row.peer}: ${callId}`;
  byId("problem", HTMLElement).textContent = "";
  states = new Map();
  ladder.clear();
  messages.close();
  call?.close();
  call = new EventSource(`calls/${encodeURIComponent(callId)}/events`);
  on(call, "call", (view) => {
    const ahead = view.now - Date.now();
    charts.update(view.actors, isReplay ? () => view.now : () => Date.now() + ahead);
    ladder.update(view.ladder);
    announce(view.actors);
  });
}

/**
 * Says which machines are in another state now, for those who hear the page.
 *
 * @param {{ actor: string, machine: string, core: string, state: string }[]} actors
 */
function announce(actors) {
  const news = actors.flatMap(({ actor, machine, core, state }) => {
    const isNew = states.get(actor) !== state;
    states.set(actor, state);
    return isNew ? [`${core} ${machine}: ${state}`] : [];
  });
  if (news.length > 0) byId("news", HTMLElement).textContent = news.join("; ");
}

/** What may be done to the call that is chosen, in the state that it is in. */
function offerControls() {
  const may = list.get(chosen)?.may ?? [];
  for (const control of ["cancel", "hangUp"]) {
    byId(control, HTMLButtonElement).hidden = !allowed.includes(control) || !may.includes(control);
  }
}

for (const control of ["cancel", "hangUp"]) {
  byId(control, HTMLButtonElement).addEventListener("click", async () => {
    const path = `calls/${encodeURIComponent(callId)}/${control}`;
    const answer = await fetch(path, { method: "POST" });
    byId("problem", HTMLElement).textContent = answer.ok ? "" : (await answer.json()).error;
  });
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (key === "Escape" && messages.isOpen) return messages.close();
  const isField = target instanceof Element && target.closest("input, select, button") !== null;
  if (isField || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "/") byId("search", HTMLInputElement).focus();
  else if (isReplay && key === ".") player.step(1);
  else if (isReplay && key === ",") player.step(-1);
  else if (isReplay && key === " ") player.toggle();
  else return;
  event.preventDefault();
});

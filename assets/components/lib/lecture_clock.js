// The clock of a lecture, and what the lecturer's two windows say to each other. Both are windows of one browser; the server has no part in it.

const STORE = "cnnviz-lecture-clock";
const FORGOTTEN = 8 * 3600e3; // milliseconds after which a lecture that was begun counts as another one

/** @type {{ lecture: string, began: number }} */
let clock = { lecture: "", began: 0 };

/** When this lecture began, in milliseconds since 1970; it begins now if it has not. */
export function began(/** @type {string} */ lecture) {
  try { clock = JSON.parse(localStorage.getItem(STORE)) ?? clock; } catch { /* no storage: the time since this window was opened */ }
  if (clock.lecture !== lecture || !(Date.now() - clock.began < FORGOTTEN)) beginAgain(lecture);
  return clock.began;
}

export function beginAgain(/** @type {string} */ lecture) {
  clock = { lecture, began: Date.now() };
  try { localStorage.setItem(STORE, JSON.stringify(clock)); } catch { /* as above */ }
}

/** The next time that it is given, it begins at 0. */
export function forget() {
  clock = { lecture: "", began: 0 };
  try { localStorage.removeItem(STORE); } catch { /* as above */ }
}

/** Minutes and seconds. */
export function spoken(/** @type {number} */ milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Milliseconds that the plan gives to the slides before this one. */
export const plannedBefore = (/** @type {(number | null)[]} */ minutes, /** @type {number} */ slide) => 60e3 * minutes.slice(0, slide - 1).reduce((sum, one) => sum + (one ?? 0), 0);

const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("cnnviz-lecture");

/** @typedef {{ kind: "at" | "go" | "ask", lecture: string, slide: number }} Saying */

export const say = (/** @type {Saying} */ what) => channel?.postMessage(what);

/** One listener a window. */
export function hear(/** @type {(said: Saying) => void} */ listener) { if (channel) channel.onmessage = (event) => listener(event.data); }

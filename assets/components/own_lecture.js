// Keeps one's own lecture in this browser, so that a reload does not lose it, and tells it to the server.
import { component, news } from "./lib/component.js";

const STORE = "cnnviz-lecture-own";

/** @typedef {import("./lib/messages.js").OwnLectureMessage} Message */

/** One listener a tab, for the newest message. @type {((event: StorageEvent) => void) | null} */
let changed = null;
addEventListener("storage", (event) => changed?.(event));

export default component(function mount({ data, setStateValue }) {
  const { text, version } = /** @type {Message} */ (data);
  const stored = read();
  const tell = (/** @type {{ text: string, version: number }} */ { text: file, version: at }) => setStateValue("stored", news({ text: file, version: at }));
  if (text !== null && version > stored.version) {
    try { localStorage.setItem(STORE, JSON.stringify({ text, version })); } catch { /* no storage, or it is full: the lecture lasts as long as the page; it can be downloaded */ }
  } else if (text === null || version < stored.version) tell(stored);
  const mine = changed = (/** @type {StorageEvent} */ event) => { if (event.key === STORE && read().version > version) tell(read()); };
  return () => { if (changed === mine) changed = null; };
});

/** What this browser keeps. */
function read() {
  try {
    const { text, version } = JSON.parse(localStorage.getItem(STORE));
    if (typeof text === "string" && typeof version === "number") return { text, version };
  } catch { /* nothing, or not ours */ }
  return { text: "", version: 0 };
}

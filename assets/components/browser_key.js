// Gives this browser a secret of its own, once, and tells it to the server: who has it may command the runs started with it.
// From the next visit on the browser sends it with its first request, as a cookie; then this script is not needed.
import { component } from "./lib/component.js";

const STORE = "cnnviz-key";
const AGAIN = 3000; // milliseconds after which what was told counts as lost, as it may be while the connection is made
const YEAR = 365 * 24 * 3600;
let memory = null;

export default component(function mount({ setStateValue }) {
  let key = memory;
  try { key ??= localStorage.getItem(STORE); } catch { /* no storage: the key lasts as long as the page */ }
  if (!/^[0-9a-f]{32}$/.test(key ?? "")) {
    key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    try { localStorage.setItem(STORE, key); } catch { /* as above */ }
  }
  memory = key;
  try {
    document.cookie = `${STORE}=${key}; path=/; max-age=${YEAR}; samesite=strict${location.protocol === "https:" ? "; secure" : ""}`;
  } catch { /* no cookies: it is told again at the next visit */ }
  const tell = () => setStateValue("key", key);
  tell();
  // Until the server knows it and takes this element away. While a script runs the server is hearing something: a word more
  // could push aside what the student has just asked for, such as a link, which the browser's address does not say yet.
  const isBusy = () => document.querySelector("[data-testid=stApp]")?.getAttribute("data-test-script-state") === "running";
  const again = setInterval(() => { if (!isBusy()) tell(); }, AGAIN);
  return () => clearInterval(again);
});

// Gives this browser a secret of its own, once, and tells it to the server: who has it may command the runs started with it.

const STORE = "cnnviz-key";
let memory = null;

function mount({ data, setStateValue }) {
  let key = memory;
  try { key ??= localStorage.getItem(STORE); } catch { /* no storage: the key lasts as long as the page */ }
  if (!/^[0-9a-f]{32}$/.test(key ?? "")) {
    key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    try { localStorage.setItem(STORE, key); } catch { /* as above */ }
  }
  memory = key;
  if (data.known !== key) setStateValue("key", key);
}

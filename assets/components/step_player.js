// Moves through the saved steps of a run: range, buttons, keys, play. Tells the server the chosen step; null means "the newest".
import { component, find, kept, news } from "./lib/component.js";
import { within } from "./lib/keys.js";
import { createPlayer } from "./lib/player.js";
import { later, say } from "./lib/words.js";

/** @type {[string, number][]} */
const SPEEDS = [[later("slow"), 700], [later("normal"), 350], [later("fast"), 150]];

export default component(function mount({ data, setStateValue, parentElement }) {
  const player = kept(parentElement, create);
  // With the time, so that the same step chosen once more is news.
  player.send = (step) => setStateValue("chosen", news({ step }));
  player.update(data);
  return () => player.stop();
});

/** @param {HTMLElement} root */
function create(root) {
  const part = (name) => find(root, `[data-part=${name}]`);
  const [range, label, play, newest, speed] = ["range", "label", "play", "newest", "speed"].map(part);
  const state = { run: undefined, wish: undefined, sent: [], steps: [], index: 0, total: 0, follow: false, live: false };
  const player = { send: (/** @type {any[]} */ ..._) => {}, update, stop };

  const moving = createPlayer({ play, speed, root }, SPEEDS, SPEEDS[1][1], {
    atEnd: () => state.index >= state.steps.length - 1, rewind: () => go(0, true), step: () => go(state.index + 1, true),
  });

  range.addEventListener("input", () => go(Number(range.value)));
  part("first").addEventListener("click", () => go(0));
  part("back").addEventListener("click", () => go(state.index - 1));
  part("forward").addEventListener("click", () => go(state.index + 1));
  newest.addEventListener("click", () => { stop(); state.follow = true; state.index = state.steps.length - 1; render(); tell(null); });

  function update(/** @type {import("./lib/messages").StepPlayerMessage} */ data) {
    // The server's answer to what was sent from here must not move the handle under the finger; anything else is a new wish.
    state.steps = data.steps;
    state.live = data.live;
    const echo = data.run === state.run ? state.sent.indexOf(data.step) : -1;
    if (echo >= 0) state.sent.splice(0, echo);
    else if (data.run !== state.run || data.step !== state.wish) {
      Object.assign(state, { run: data.run, wish: data.step, sent: [], follow: data.step === null });
      state.index = Math.max(0, data.steps.indexOf(data.step));
    }
    if (state.follow) state.index = data.steps.length - 1;
    newest.hidden = !data.live;
    render(data.total);
  }

  function go(index, byPlay = false) {
    if (!byPlay) stop();
    state.follow = false;
    state.index = within(index, state.steps.length - 1);
    render();
    tell(state.steps[state.index]);
  }

  function tell(step) {
    state.wish = step;
    state.sent.push(step);
    player.send(step);
  }

  function stop() { moving.stop(); }

  function render(total) {
    if (total !== undefined) state.total = total;
    range.max = Math.max(0, state.steps.length - 1);
    range.value = state.index;
    const step = state.steps[state.index] ?? 0;
    range.setAttribute("aria-valuetext", say("step {step} of {total}", { step, total: state.total }));
    label.textContent = state.follow && state.live ? say("newest step: {step}", { step }) : say("step {step} of {total}", { step, total: state.total });
    newest.setAttribute("aria-pressed", String(state.follow));
  }

  return player;
}

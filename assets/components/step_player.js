// Moves through the saved steps of a run: range, buttons, keys, play. Tells the server the chosen step; null means "the newest".

const SPEEDS = [["slow", 700], ["normal", 350], ["fast", 150]];

function mount({ data, setStateValue, parentElement }) {
  const root = parentElement.querySelector(".root");
  const player = (root.player ??= create(root));
  // With the time, so that the same step chosen once more is news.
  player.send = (step) => setStateValue("chosen", { step, at: Date.now() });
  player.update(data);
  return () => player.stop();
}

function create(root) {
  const find = (name) => root.querySelector(`[data-part=${name}]`);
  const [range, label, play, newest, speed] = ["range", "label", "play", "newest", "speed"].map(find);
  const state = { run: undefined, wish: undefined, sent: [], steps: [], index: 0, total: 0, follow: false, live: false, timer: 0 };
  const player = { send: () => {}, update, stop };

  for (const [name, milliseconds] of SPEEDS) speed.add(new Option(name, milliseconds));
  speed.value = SPEEDS[1][1];

  range.addEventListener("input", () => go(Number(range.value)));
  find("first").addEventListener("click", () => go(0));
  find("back").addEventListener("click", () => go(state.index - 1));
  find("forward").addEventListener("click", () => go(state.index + 1));
  newest.addEventListener("click", () => { stop(); state.follow = true; state.index = state.steps.length - 1; render(); tell(null); });
  play.addEventListener("click", () => (state.timer ? stop() : start()));
  speed.addEventListener("change", () => { if (state.timer) { stop(); start(); } });
  root.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target !== play && event.target.tagName !== "SELECT") { event.preventDefault(); play.click(); }
  });

  function update(data) {
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
    state.index = Math.min(Math.max(0, index), state.steps.length - 1);
    render();
    tell(state.steps[state.index]);
  }

  function tell(step) {
    state.wish = step;
    state.sent.push(step);
    player.send(step);
  }

  function start() {
    if (state.index >= state.steps.length - 1) go(0, true);
    play.textContent = "❚❚ Pause"; play.setAttribute("aria-pressed", "true");
    state.timer = setInterval(() => {
      if (state.index >= state.steps.length - 1) stop(); else go(state.index + 1, true);
    }, Number(speed.value));
  }

  function stop() {
    clearInterval(state.timer);
    state.timer = 0;
    play.textContent = "▶ Play"; play.setAttribute("aria-pressed", "false");
  }

  function render(total) {
    if (total !== undefined) state.total = total;
    range.max = Math.max(0, state.steps.length - 1);
    range.value = state.index;
    const step = state.steps[state.index] ?? 0;
    range.setAttribute("aria-valuetext", `step ${step} of ${state.total}`);
    label.textContent = state.follow && state.live ? `newest step: ${step}` : `step ${step} of ${state.total}`;
    newest.setAttribute("aria-pressed", String(state.follow));
  }

  return player;
}

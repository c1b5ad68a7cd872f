// Play, pause and speed, the same wherever something goes step by step.
import { say } from "./words.js";

/**
 * @param {{ play: HTMLElement, speed: HTMLSelectElement, root: HTMLElement }} controls
 * @param {[string, number][]} speeds name, and milliseconds a step
 * @param {number} usual one of these numbers
 * @param {{ atEnd: () => boolean, rewind: () => void, step: () => void, stopped?: () => void }} acts
 */
export function createPlayer({ play, speed, root }, speeds, usual, { atEnd, rewind, step, stopped }) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const player = { playing: false, start, stop, toggle };
  let frame = 0, due = 0;

  for (const [name, milliseconds] of speeds) speed.add(new Option(say(name), String(milliseconds)));
  speed.value = String(usual);
  play.addEventListener("click", toggle);
  root.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key !== " " || ["BUTTON", "SELECT", "SUMMARY"].includes(target.tagName)) return;
    event.preventDefault();
    toggle();
  });

  // With reduced motion it still plays, but never faster than twice a second.
  const pause = () => (calm.matches ? Math.max(500, Number(speed.value)) : Number(speed.value));

  function toggle() { if (player.playing) stop(); else start(); }

  function start() {
    if (atEnd()) rewind();
    show(true);
    due = performance.now() + pause();
    frame = requestAnimationFrame(tick);
  }

  function tick(/** @type {number} */ now) {
    frame = requestAnimationFrame(tick);
    if (now < due) return;
    due = now + pause();
    if (atEnd()) stop(); else step();
  }

  function stop() {
    cancelAnimationFrame(frame);
    show(false);
    stopped?.();
  }

  function show(/** @type {boolean} */ playing) {
    player.playing = playing;
    play.textContent = playing ? say("❚❚ Pause") : say("▶ Play");
    play.setAttribute("aria-pressed", String(playing));
  }

  return player;
}

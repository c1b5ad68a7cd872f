// Random numbers, always the same for a seed, as cnnviz.learning.random draws them: ARC4 keyed by the seed's text, 52 bits a number
// (the published algorithm of David Bau's seedrandom).

const WIDTH = 256, MASK = 255, DIGITS = 2 ** 52, LIMIT = 2 ** 53;

/** @param {string} seed @returns {() => number} in [0, 1) */
export function randomFrom(seed) {
  const key = keyOf(seed);
  const state = Uint8Array.from({ length: WIDTH }, (_, at) => at);
  let i = 0, j = 0;
  for (let at = 0; at < WIDTH; at++) {
    j = MASK & (j + key[at % key.length] + state[at]);
    swap(state, at, j);
  }
  j = 0;
  const byte = () => {
    i = MASK & (i + 1);
    j = MASK & (j + state[i]);
    swap(state, i, j);
    return state[MASK & (state[i] + state[j])];
  };
  for (let at = 0; at < WIDTH; at++) byte(); // the beginning of ARC4 is thrown away

  return () => {
    let above = 0, below = WIDTH ** 6, last = 0;
    for (let at = 0; at < 6; at++) above = above * WIDTH + byte();
    while (above < DIGITS) { above = (above + last) * WIDTH; below *= WIDTH; last = byte(); }
    while (above >= LIMIT) { above /= 2; below /= 2; last >>>= 1; }
    return (above + last) / below;
  };
}

/** @param {string} seed */
function keyOf(seed) {
  /** @type {number[]} */
  const key = [];
  let smear = 0;
  for (let at = 0; at < seed.length; at++) {
    smear ^= (key[at & MASK] ?? 0) * 19;
    key[at & MASK] = MASK & (smear + seed.charCodeAt(at));
  }
  return key.length ? key : [0];
}

/** @param {Uint8Array} state @param {number} a @param {number} b */
function swap(state, a, b) {
  const kept = state[a];
  state[a] = state[b];
  state[b] = kept;
}

/**
 * In place: Fisher and Yates, from the end.
 * @param {any[] | Int32Array} values
 * @param {() => number} random
 */
export function shuffle(values, random) {
  for (let last = values.length - 1; last >= 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [values[last], values[other]] = [values[other], values[last]];
  }
}

// Data sets in the plane, as cnnviz.learning.plane makes them, and the features of a point.
import { randomFrom, shuffle } from "./random.js";

export const EDGE = 6;

/** @typedef {[number, number, number]} Point x, y, label */
/** @typedef {() => number} Random */

/** @param {Random} random @param {number} low @param {number} high */
const uniform = (random, low, high) => random() * (high - low) + low;
const mixed = (/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ share) => low * (1 - share) + high * share;

/** @param {Random} random @param {number} mean @param {number} variance */
function normal(random, mean, variance) {
  for (;;) {
    const v = 2 * random() - 1, w = 2 * random() - 1;
    const square = v * v + w * w;
    if (square <= 1) return mean + Math.sqrt(variance) * (Math.sqrt((-2 * Math.log(square)) / square) * v);
  }
}

/** @param {Random} random @param {number} noise */
function anywhere(random, noise) {
  const x = uniform(random, -6, 6), y = uniform(random, -6, 6);
  const offX = uniform(random, -6, 6) * noise, offY = uniform(random, -6, 6) * noise;
  return [x, y, x + offX, y + offY];
}

const HILLS = [[-4, 2.5, 1], [0, 2.5, -1], [4, 2.5, 1], [-4, -2.5, -1], [0, -2.5, 1], [4, -2.5, -1]];

/** @type {Record<string, (random: Random, count: number, noise: number, classes: number) => Point[]>} */
const MAKERS = {
  gauss(random, count, noise) {
    const variance = mixed(0.5, 4, noise / 0.5);
    /** @type {Point[]} */
    const points = [];
    for (const [centre, label] of [[2, 1], [-2, -1]])
      for (let i = 0; i < count / 2; i++) {
        const x = normal(random, centre, variance);
        points.push([x, normal(random, centre, variance), label]);
      }
    return points;
  },
  spiral(random, count, noise) {
    const half = count / 2;
    /** @type {Point[]} */
    const points = [];
    for (const [turn, label] of [[0, 1], [Math.PI, -1]])
      for (let i = 0; i < half; i++) {
        const radius = (i / half) * 5, angle = ((1.75 * i) / half) * 2 * Math.PI + turn;
        const x = radius * Math.sin(angle) + uniform(random, -1, 1) * noise;
        points.push([x, radius * Math.cos(angle) + uniform(random, -1, 1) * noise, label]);
      }
    return points;
  },
  circle(random, count, noise) {
    /** @type {Point[]} */
    const points = [];
    for (const [low, high] of [[0, 2.5], [3.5, 5]])
      for (let i = 0; i < count / 2; i++) {
        const radius = uniform(random, low, high), angle = uniform(random, 0, 2 * Math.PI);
        const x = radius * Math.sin(angle), y = radius * Math.cos(angle);
        const offX = uniform(random, -5, 5) * noise, offY = uniform(random, -5, 5) * noise;
        points.push([x, y, Math.sqrt((x + offX) * (x + offX) + (y + offY) * (y + offY)) < 2.5 ? 1 : -1]);
      }
    return points;
  },
  xor(random, count, noise) {
    /** @type {Point[]} */
    const points = [];
    for (let i = 0; i < count; i++) {
      let x = uniform(random, -5, 5);
      x += x > 0 ? 0.3 : -0.3;
      let y = uniform(random, -5, 5);
      y += y > 0 ? 0.3 : -0.3;
      const offX = uniform(random, -5, 5) * noise, offY = uniform(random, -5, 5) * noise;
      points.push([x, y, (x + offX) * (y + offY) >= 0 ? 1 : -1]);
    }
    return points;
  },
  moons(random, count, noise) {
    const half = count / 2;
    /** @type {Point[]} */
    const points = [];
    for (const label of [1, -1])
      for (let i = 0; i < half; i++) {
        const angle = (Math.PI * i) / half;
        let x = label > 0 ? 3 * Math.cos(angle) - 1.5 : 1.5 - 3 * Math.cos(angle);
        const y = label > 0 ? 3 * Math.sin(angle) - 0.75 : 0.75 - 3 * Math.sin(angle);
        x += normal(random, 0, 1) * 4 * noise;
        points.push([x, y + normal(random, 0, 1) * 4 * noise, label]);
      }
    return points;
  },
  blobs(random, count, noise, classes) {
    const variance = mixed(0.3, 3, noise / 0.5);
    /** @type {Point[]} */
    const points = [];
    for (let label = 0; label < classes; label++) {
      const angle = (2 * Math.PI * label) / classes;
      for (let i = 0; i < count / classes; i++) {
        const x = normal(random, 3.5 * Math.sin(angle), variance);
        points.push([x, normal(random, 3.5 * Math.cos(angle), variance), label]);
      }
    }
    return points;
  },
  arms(random, count, noise, classes) {
    const each = count / classes;
    /** @type {Point[]} */
    const points = [];
    for (let label = 0; label < classes; label++)
      for (let i = 0; i < each; i++) {
        const radius = (i / each) * 5, angle = (i / each) * 4 + (2 * Math.PI * label) / classes;
        const x = radius * Math.sin(angle) + uniform(random, -1, 1) * noise;
        points.push([x, radius * Math.cos(angle) + uniform(random, -1, 1) * noise, label]);
      }
    return points;
  },
  "reg-plane"(random, count, noise) {
    /** @type {Point[]} */
    const points = [];
    for (let i = 0; i < count; i++) {
      const [x, y, movedX, movedY] = anywhere(random, noise);
      points.push([x, y, mixed(-1, 1, (movedX + movedY + 10) / 20)]);
    }
    return points;
  },
  "reg-gauss"(random, count, noise) {
    /** @type {Point[]} */
    const points = [];
    for (let i = 0; i < count; i++) {
      const [x, y, movedX, movedY] = anywhere(random, noise);
      let label = 0;
      for (const [centreX, centreY, sign] of HILLS) {
        const offX = movedX - centreX, offY = movedY - centreY;
        const height = sign * (1 - Math.min(1, Math.sqrt(offX * offX + offY * offY) / 2));
        if (Math.abs(height) > Math.abs(label)) label = height;
      }
      points.push([x, y, label]);
    }
    return points;
  },
};

/** @type {Record<string, (x: number, y: number) => number>} */
export const FEATURES = {
  x: (x) => x,
  y: (_, y) => y,
  xSquared: (x) => x * x,
  ySquared: (_, y) => y * y,
  xTimesY: (x, y) => x * y,
  sinX: (x) => Math.sin(x),
  sinY: (_, y) => Math.sin(y),
  cosX: (x) => Math.cos(x),
  cosY: (_, y) => Math.cos(y),
};

/** @param {string} dataset */
export const isRegression = (dataset) => dataset.startsWith("reg-");

/**
 * The points of an experiment, and the random numbers that go on to its first weights.
 * @param {any} experiment as cnnviz.learning describes it
 * @param {Point[]} digits
 * @returns {{ train: Point[], test: Point[], random: Random }}
 */
export function pointsOf(experiment, digits = []) {
  const random = randomFrom(experiment.seed);
  const { dataset, noise, classes } = experiment;
  const given = dataset === "digits" ? digits : experiment.points;
  const points = given.length || !MAKERS[dataset] ? [...given] : MAKERS[dataset](random, isRegression(dataset) ? 1200 : 500, noise / 100, classes);
  shuffle(points, random);
  const cut = Math.floor((points.length * experiment.train_share) / 100);
  return { train: points.slice(0, cut), test: points.slice(cut), random };
}

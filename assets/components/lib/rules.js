// The update rules of gradient descent, as cnnviz.learning.rules writes them; one step for all weights.

const MOMENTUM = 0.9, DECAY = 0.99, BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8;

/** @typedef {{ v: Float64Array, s: Float64Array, m: Float64Array }} Memory what a rule remembers of each weight */

/** @param {number} length @returns {Memory} */
export const memoryOf = (length) => ({ v: new Float64Array(length), s: new Float64Array(length), m: new Float64Array(length) });

/**
 * Changes the weights and the memory.
 * @param {string} rule
 * @param {Float64Array} theta
 * @param {Float64Array} gradient
 * @param {number} share the gradient's factor: 1 / examples
 * @param {Memory} memory
 * @param {number} rate
 * @param {number} step from 1
 */
export function descend(rule, theta, gradient, share, { v, s, m }, rate, step) {
  switch (rule) {
    case "momentum": for (let i = 0; i < theta.length; i++) { v[i] = MOMENTUM * v[i] + gradient[i] * share; theta[i] -= rate * v[i]; } break;
    case "nesterov":
      for (let i = 0; i < theta.length; i++) { const g = gradient[i] * share; v[i] = MOMENTUM * v[i] + g; theta[i] -= rate * (g + MOMENTUM * v[i]); }
      break;
    case "rmsprop":
      for (let i = 0; i < theta.length; i++) { const g = gradient[i] * share; s[i] = DECAY * s[i] + (1 - DECAY) * g * g; theta[i] -= (rate * g) / (Math.sqrt(s[i]) + EPSILON); }
      break;
    case "adam": {
      const one = 1 - BETA1 ** step, two = 1 - BETA2 ** step;
      for (let i = 0; i < theta.length; i++) {
        const g = gradient[i] * share;
        m[i] = BETA1 * m[i] + (1 - BETA1) * g;
        v[i] = BETA2 * v[i] + (1 - BETA2) * g * g;
        theta[i] -= (rate * (m[i] / one)) / (Math.sqrt(v[i] / two) + EPSILON);
      }
      break;
    }
    default: for (let i = 0; i < theta.length; i++) theta[i] -= rate * gradient[i] * share;
  }
}

// The tape of cnnviz.learning.tape in the browser: a list of operations, forward for the value, backward for the gradients.

/** Function and slopes for the inputs, of the inputs and the own value. @type {Record<string, [(...v: number[]) => number, (v: number[], y: number) => number[]]>} */
const OPERATIONS = {
  add: [(a, b) => a + b, () => [1, 1]],
  subtract: [(a, b) => a - b, () => [1, -1]],
  multiply: [(a, b) => a * b, ([a, b]) => [b, a]],
  divide: [(a, b) => a / b, ([a, b]) => [1 / b, -a / (b * b)]],
  power: [(a, b) => a ** b, ([a, b], y) => [b === 0 ? 0 : b * a ** (b - 1), a > 0 ? y * Math.log(a) : 0]],
  negate: [(a) => -a, () => [-1]],
  exp: [Math.exp, (_, y) => [y]],
  log: [Math.log, ([a]) => [1 / a]],
  sqrt: [Math.sqrt, (_, y) => [0.5 / y]],
  sin: [Math.sin, ([a]) => [Math.cos(a)]],
  cos: [Math.cos, ([a]) => [-Math.sin(a)]],
  tanh: [Math.tanh, (_, y) => [1 - y * y]],
  sigmoid: [(a) => 1 / (1 + Math.exp(-a)), (_, y) => [y * (1 - y)]],
  relu: [(a) => Math.max(0, a), ([a]) => [a > 0 ? 1 : 0]],
  abs: [Math.abs, ([a]) => [Math.sign(a)]],
  max: [Math.max, (v, y) => v.map((_, at) => (at === v.indexOf(y) ? 1 : 0))],
};

/** @typedef {{ operation: string, inputs: number[], value: number, name: string }} TapeNode operation "": a number, given by its name or by its value */

/**
 * Value of the last node, and its gradient for the names.
 * @param {TapeNode[]} nodes
 * @param {Record<string, number>} given
 * @returns {{ value: number, gradient: Record<string, number> }}
 */
export function run(nodes, given) {
  const values = new Float64Array(nodes.length), gradients = new Float64Array(nodes.length);
  nodes.forEach(({ operation, inputs, value, name }, at) => {
    values[at] = operation ? OPERATIONS[operation][0](...inputs.map((input) => values[input])) : given[name] ?? value;
  });
  const last = nodes.length - 1;
  gradients[last] = 1;
  /** @type {Record<string, number>} */
  const gradient = {};
  for (let at = last; at >= 0; at--) {
    const { operation, inputs, name } = nodes[at];
    if (!operation) { if (name in given) gradient[name] = (gradient[name] ?? 0) + gradients[at]; continue; }
    const slopes = OPERATIONS[operation][1](inputs.map((input) => values[input]), values[at]);
    inputs.forEach((input, place) => { gradients[input] += gradients[at] * slopes[place]; });
  }
  return { value: values[last], gradient };
}

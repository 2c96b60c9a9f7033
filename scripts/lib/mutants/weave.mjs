// All mutants in one build: each function that can be broken is written once for what it is and once for each way to break it,
// and asks at its start which of them is in force. One compilation instead of thousands.

/**
 * What cargo-mutants lists. Lines and columns count from 1, columns in characters.
 * @typedef {{ line: number, column: number }} Place
 * @typedef {{ start: Place, end: Place }} Span
 * @typedef {{ name: string, file: string, genre: string, replacement: string, span: Span, function: null | { function_name: string, return_type: string, span: Span } }} Mutant
 */

/**
 * A function with the mutants in it; `number` is what its tests are known by, `first` the number of its first mutant.
 * @typedef {{ number: number, file: string, name: string, returns: string, span: Span, first: number, mutants: Mutant[] }} Broken
 */

const end = '/*<>*/';
/** @param {number} number */
const begin = (number) => `/*<${number}>*/`;

/**
 * The functions of a list of mutants. What is in no function (a constant), or in one inside of another, is not among them.
 * @param {Mutant[]} mutants @returns {Broken[]}
 */
export function functions(mutants) {
  /** @type {Map<string, Mutant[]>} */
  const groups = new Map();
  for (const mutant of mutants) {
    if (!mutant.function) continue;
    const key = `${mutant.file} ${JSON.stringify(mutant.function.span)}`;
    groups.set(key, [...(groups.get(key) ?? []), mutant]);
  }
  let next = 1;
  const found = [...groups.values()].map((group, index) => {
    const [{ file, function: of }] = /** @type {[Mutant]} */ (group);
    const { function_name: name, return_type: returns, span } = /** @type {NonNullable<Mutant['function']>} */ (of);
    const first = next;
    next += group.length;
    return { number: index, file, name, returns, span, first, mutants: group };
  });
  return found.filter((one) => !found.some((other) => other !== one && other.file === one.file && encloses(other.span, one.span)));
}

/** @param {Place} one @param {Place} other */
const notAfter = (one, other) => one.line < other.line || (one.line === other.line && one.column <= other.column);
/** @param {Span} outer @param {Span} inner */
const encloses = (outer, inner) => notAfter(outer.start, inner.start) && notAfter(inner.end, outer.end);

/**
 * The text of a file with all ways to break these functions of it.
 * @param {string} text @param {Broken[]} broken  those of this file
 * @param {{ has(name: string): boolean }} without  the names of those that are left out
 */
export function woven(text, broken, without) {
  const lines = text.split('\n');
  const starts = lines.reduce((all, line) => [...all, Number(all.at(-1)) + line.length + 1], [0]);
  const offset = (/** @type {Place} */ { line, column }) => Number(starts[line - 1]) + [...String(lines[line - 1])].slice(0, column - 1).join('').length;
  const fromTheEnd = [...broken].sort((one, other) => offset(other.span.start) - offset(one.span.start));
  let result = text;
  for (const one of fromTheEnd) {
    const [start, stop] = [offset(one.span.start), offset(one.span.end)];
    const open = bodyOf(text, start);
    const body = [open + 1, stop - 1];
    const arms = one.mutants.flatMap(({ name, span, replacement }, index) => {
      const number = one.first + index;
      if (without.has(name)) return [];
      const changed = text.slice(body[0], offset(span.start)) + ` ${replacement} ` + text.slice(offset(span.end), body[1]);
      return [`${number} => {${begin(number)}${changed}${end}}`];
    });
    const last = one.first + one.mutants.length - 1;
    const choice = `match crate::mutant::at(${one.number}, ${one.first}, ${last}) {\n0 => {${begin(-one.number - 1)}${text.slice(...body)}${end}}\n${arms.join('\n')}\n_ => unreachable!() }`;
    // What is in force is only known when it runs.
    const head = text.slice(start, open).replace(/\bconst (?=(?:unsafe )?fn\b)/, '');
    result = result.slice(0, start) + head + `{ ${choice} }` + result.slice(stop);
  }
  return result;
}

/** Where the body of the function that starts here opens. @param {string} text @param {number} start */
function bodyOf(text, start) {
  let index = start + Number(/^(?:[^\n]*\n)*?[^\n/"]*\bfn\s/.exec(text.slice(start))?.[0].length);
  for (let depth = 0; index < text.length; index++) {
    if ('(['.includes(String(text[index]))) depth++;
    if (')]'.includes(String(text[index]))) depth--;
    if (text[index] === '{' && depth === 0) return index;
  }
  throw new Error(`no body: ${text.slice(start, start + 80)}`);
}

/**
 * What the compiler stumbled over: a mutant (its number), a function as it is written (minus its number, minus one), or
 * null for what is in neither.
 * @param {Buffer} text  of a woven file @param {number} byte
 */
export function culprit(text, byte) {
  const before = text.subarray(0, byte).toString('utf8');
  const found = [...before.matchAll(/\/\*<(-?\d*)>\*\//g)].at(-1)?.[1];
  return found ? Number(found) : null;
}

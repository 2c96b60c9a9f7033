// The figure: a bar for each scenario, as long as the processor time of one request, in three groups. Plain SVG that
// follows the reader's light or dark.

const GROUPS = /** @type {const} */ ([['floor', 'The floor of the runtime'], ['latchkey', 'Latchkey'], ['peers', 'What one would otherwise pick']]);
const ROW = 22;
const BAR = 14;
const WIDTH = 920;
const LEFT = 330;
const RIGHT = 220;

/**
 * @param {import('./rounds.mjs').Result[]} results @param {{ caption: string }} options
 * @returns {string}
 */
export function plot(results, { caption }) {
  const shown = results.filter(({ cpuMicros }) => Number.isFinite(cpuMicros));
  const most = Math.max(...shown.map(({ cpuMicros }) => cpuMicros));
  const x = (/** @type {number} */ micros) => (micros / most) * (WIDTH - LEFT - RIGHT);
  const lines = [];
  let y = 62;
  for (const [group, title] of GROUPS) {
    const rows = shown.filter((result) => result.group === group);
    if (rows.length === 0) continue;
    lines.push(`<text class="strong" x="16" y="${y}">${title}</text>`);
    for (const { name, cpuMicros, perSecond, p99 } of rows) {
      y += ROW;
      const length = Math.max(1, x(cpuMicros));
      lines.push(
        `<text x="${LEFT - 10}" y="${y}" text-anchor="end">${escaped(name)}</text>`,
        `<rect class="${group}" x="${LEFT}" y="${y - BAR + 3}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
        `<text class="faint" x="${(LEFT + length + 8).toFixed(1)}" y="${y}">${cpuMicros.toFixed(0)} µs · ${perSecond.toFixed(0)}/s · p99 ${p99.toFixed(1)} ms</text>`,
      );
    }
    y += ROW + 14;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 6}" width="${WIDTH}" height="${y + 6}" role="img" aria-label="Processor time of one request, in microseconds, by scenario">
<style>
  svg { font: 13px system-ui, sans-serif; background: #fff; } text { fill: #1c2024; } .strong { font-weight: 600; } .faint { fill: #5b6470; }
  .floor { fill: #9aa4b2; } .latchkey { fill: #0b7a75; } .peers { fill: #c2703d; }
  @media (prefers-color-scheme: dark) { svg { background: #14171a; } text { fill: #e6e8ea; } .faint { fill: #9aa4b2; } .floor { fill: #6b7684; } .latchkey { fill: #2ec4b6; } .peers { fill: #e39b6a; } }
</style>
<text class="strong" x="16" y="24">Processor time of one request (µs), the server’s whole process</text>
<text class="faint" x="16" y="${y}">${escaped(caption)}</text>
${lines.join('\n')}
</svg>
`;
}

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '');

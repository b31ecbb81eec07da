import { type Bar, placeOf } from './plot.ts'

const ROW = 26
const LABEL = 300
const SCALE = 420
const MARGIN = 16

/** The same bars as a picture. */
export function svgPlot(bars: readonly Bar[], heading: string): string {
  const height = MARGIN * 2 + 56 + bars.length * ROW
  const width = MARGIN * 2 + LABEL + SCALE + 60
  const must = LABEL + MARGIN + SCALE / 2
  const top = MARGIN + 40
  const bottom = top + bars.length * ROW
  const body = bars.map((bar, index) => barAt(bar, top + index * ROW)).join('\n')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"
  font-family="system-ui, sans-serif" font-size="13" fill="#1f2328">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${MARGIN}" y="${MARGIN + 14}" font-weight="600">${escaped(heading)}</text>
${body}
<line x1="${must}" x2="${must}" y1="${top - 6}" y2="${bottom}" stroke="#1f2328" stroke-dasharray="4 3"/>
${['¼', '½', 'must', '2×', '4×'].map((text, step) => label(text, step, bottom + 18)).join('\n')}
</svg>
`
}

function barAt({ title, reached, low, high }: Bar, y: number): string {
  const x = (value: number) => (LABEL + MARGIN + placeOf(value) * SCALE).toFixed(1)
  const from = LABEL + MARGIN
  const colour = reached >= 1 ? '#2da44e' : '#cf222e'
  return `<text x="${from - 8}" y="${y + 15}" text-anchor="end">${escaped(title)}</text>
<rect x="${from}" y="${y + 3}" width="${(placeOf(reached) * SCALE).toFixed(1)}" height="16" fill="${colour}" rx="2"/>
<line x1="${x(low)}" x2="${x(high)}" y1="${y + 11}" y2="${y + 11}" stroke="#1f2328" stroke-width="2"/>
<text x="${from + SCALE + 8}" y="${y + 15}">${reached.toFixed(2)}</text>`
}

function label(text: string, step: number, y: number): string {
  return `<text x="${LABEL + MARGIN + (step * SCALE) / 4}" y="${y}" text-anchor="middle" fill="#59636e">${text}</text>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

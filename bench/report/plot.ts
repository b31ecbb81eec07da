/** Bars on one logarithmic scale: how far each ratio lies on either side of what it must be. */
import { widthOf } from '../../src/terminal/terminal.ts'
import type { Finding } from '../operations/finding.ts'

const WIDTH = 48
/** A quarter of what it must be on the left, four times as much on the right. */
const DECADES = Math.log(4)

export interface Bar {
  title: string
  /** The ratio over what it must be: from 1 on it holds. */
  reached: number
  low: number
  high: number
}

export function barsOf(findings: readonly Finding[]): Bar[] {
  return findings.flatMap(({ title, ratio, least }) =>
    ratio && least !== undefined
      ? [{ title, reached: ratio.value / least, low: ratio.low / least, high: ratio.high / least }]
      : [],
  )
}

/** From 0 (a quarter) over 0.5 (exactly what it must be) to 1 (four times). */
export function placeOf(reached: number): number {
  return Math.min(1, Math.max(0, 0.5 + Math.log(reached) / (2 * DECADES)))
}

/** For a terminal: `│` stands where a ratio must be, `█` reaches to what it is, `─` is its interval. */
export function textPlot(bars: readonly Bar[]): string {
  if (bars.length === 0) return ''
  const longest = Math.max(0, ...bars.map(({ title }) => widthOf(title)))
  const lines = bars.map(({ title, reached, low, high }) => {
    const [end, from, to] = [reached, low, high].map((value) => Math.round(placeOf(value) * WIDTH))
    const cells = Array.from({ length: WIDTH + 1 }, (_, cell): string => {
      if (cell <= (end ?? 0)) return '█'
      return cell >= (from ?? 0) && cell <= (to ?? 0) ? '─' : ' '
    })
    const must = WIDTH / 2
    if (cells[must] === ' ') cells[must] = '│'
    return `${title}${' '.repeat(longest - widthOf(title))}  ${cells.join('')} ${reached.toFixed(2)}`
  })
  const scale = `${' '.repeat(longest + 2)}¼${' '.repeat(WIDTH / 2 - 1)}must${' '.repeat(WIDTH / 2 - 4)}4×`
  return [...lines, scale, ''].join('\n')
}

/** How long to wait, in words. */
import type { Translator } from './messages.ts'

const UNITS = [
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** Rounded up: whoever comes back after that time is not told to wait again. */
export function waitingTime(t: Translator, seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? UNITS[2]
  const format = new Intl.NumberFormat(t.language, { style: 'unit', unit, unitDisplay: 'long' })
  return format.format(Math.max(1, Math.ceil(seconds / size)))
}

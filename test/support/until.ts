import { setTimeout as pause } from 'node:timers/promises'

const PAUSE_MILLISECONDS = 10

/** Asks again and again until the answer is yes; rejects after `seconds` with what it waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { seconds }: { seconds: number } = { seconds: 10 },
): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s in vain: ${what}`)
    await pause(PAUSE_MILLISECONDS)
  }
}

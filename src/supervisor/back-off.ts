const FIRST_SECONDS = 1
const LAST_SECONDS = 30

/**
 * Before the start after so many failures in a row: none after the first, then one second, doubled each time, at most
 * thirty. `jitter` (0 to 1) takes away up to half, so that what died together does not start together.
 */
export function restartDelay(failures: number, jitter: number): number {
  if (failures <= 1) return 0
  const seconds = Math.min(FIRST_SECONDS * 2 ** (failures - 2), LAST_SECONDS)
  return seconds * (1 - jitter / 2)
}

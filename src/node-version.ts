export const NODE_MAJOR_MIN = 24

/** What to tell whoever starts us with a Node that is too old; null where it is not. */
export function nodeTooOld(version: string): string | null {
  if (Number.parseInt(version, 10) >= NODE_MAJOR_MIN) return null
  return `Campus ID needs Node.js ${NODE_MAJOR_MIN} or newer, and this is ${version}: put one first in PATH.`
}

const OPTION = '--selectProjects'
const PROJECTS = ['quick', 'races', 'faults', 'installation', 'interoperability', 'browser']

/** Jest takes every word that follows `--selectProjects` for a project's name; so it goes to the end. */
export function selectProjectsLast(args: readonly string[]): string[] {
  const start = args.indexOf(OPTION)
  if (start < 0) return [...args]
  const following = args.slice(start + 1)
  const count = following.findIndex((word) => !PROJECTS.includes(word))
  const end = count < 0 ? args.length : start + 1 + count
  return [...args.slice(0, start), ...args.slice(end), ...args.slice(start, end)]
}

/** Who may import whom. */
import { doorsOf, isCompositionRoot, isProduct, isTest, type Rule, roomOf, type Step, steps } from './house.ts'

/** Small vocabularies, not flows: any file may import any of their files. */
const OPEN_ROOMS = new Set(['src/http', 'src/pages'])
const OPEN_FILES = new Set(['src/campus.ts', 'src/errors.ts', 'interactions/sign-in-method.ts'])
/** Machines that we talk to, each behind a port. */
const DRIVERS = [
  /^(pg|ioredis|@electric-sql\/pglite|argon2|@node-rs\/argon2|undici|sharp|nodemailer)($|\/)/,
  /^(@prometheus-io|@opentelemetry)\//,
]

/** What is wrong with this step, and what to do instead; null where it is fine. */
function objection(step: Step): string | null {
  const [from, to] = [areaOf(step.from), areaOf(step.to)]
  if (!isProduct(step.to)) {
    return /^(test|scripts|bench|examples)\//.test(step.to)
      ? 'the product runs without tests, tools and examples'
      : null
  }
  if (isTest(step.from) || isCompositionRoot(step.from) || roomOf(step.from) === roomOf(step.to)) return null
  if (isCompositionRoot(step.to)) return 'a composition root is imported by nobody: take what you need as an argument'
  if (to === 'adapters' && from !== 'adapters') return 'state a port in a room of src, and take it from Campus'
  if (to === 'adapters') return 'adapters do not know each other: let the composition root join them'
  if (to === 'interactions' && from !== 'interactions') return 'pages serve src and never the other way round'
  if (from === 'adapters' && !step.isTypeOnly) return 'adapters import types alone: `import type`'
  if (to === 'interactions') return betweenPages(step)
  return intoSource(step)
}

function betweenPages({ from, to }: Step): string | null {
  if (OPEN_FILES.has(to)) return null
  if (from !== 'interactions/interactions.ts')
    return 'pages do not link to each other: src/oidc/policy.ts says what is next'
  return byTheDoor(to)
}

function intoSource({ from, to, isTypeOnly }: Step): string | null {
  if (OPEN_FILES.has(to) || OPEN_ROOMS.has(roomOf(to))) return null
  if (to === 'src/config.ts' && isTypeOnly) return null
  if (/^src\/config[a-z-]*\.ts$/.test(to)) return from.startsWith('src/commands/') ? null : 'take `config` from Campus'
  if (roomOf(to) === 'src') return 'only the composition roots use this file: take what you need from Campus'
  return byTheDoor(to)
}

function byTheDoor(to: string): string | null {
  const doors = doorsOf(roomOf(to))
  return doors.includes(to) ? null : `enter ${roomOf(to)} by its door, ${doors[0]}: export there what others may use`
}

const areaOf = (path: string) => path.split('/')[0]

/** What joins the files of `src` itself: app.ts and the parts of config.ts. */
const isWithinTheHall = ({ from, to }: Step) => roomOf(from) === 'src' && roomOf(to) === 'src'

export const floorPlan: Rule = {
  says: 'every import keeps to the floor plan',
  complaints: (house) =>
    steps(house, isProduct)
      .filter((step) => !isWithinTheHall(step))
      .flatMap((step) => complain(step, objection(step))),
}

export const driversInAdapters: Rule = {
  says: 'drivers are imported in adapters alone, and oidc-provider in src/oidc alone',
  complaints: (house) =>
    steps(house, isProduct).flatMap((step) => {
      if (DRIVERS.some((driver) => driver.test(step.to)) && areaOf(step.from) !== 'adapters') {
        return complain(step, 'drivers belong in adapters, behind a port of src')
      }
      const isProvider = /^oidc-provider($|\/)/.test(step.to)
      return complain(step, isProvider && roomOf(step.from) !== 'src/oidc' ? 'ask src/oidc/oidc.ts instead' : null)
    }),
}

export const packagesOfTheProduct: Rule = {
  says: 'the product imports packages that are installed in production',
  complaints: (house) => {
    const manifest = JSON.parse(house.get('package.json') ?? '{}')
    const names = Object.keys(manifest.dependencies ?? {})
    return steps(house, isProduct).flatMap((step) => {
      const isPackage = !step.target.startsWith('.') && !step.target.startsWith('node:')
      const isListed = names.some((name) => step.to === name || step.to.startsWith(`${name}/`))
      const isFine = !isPackage || isListed || step.isTypeOnly
      return complain(step, isFine ? null : 'list it under "dependencies" of package.json, or do without')
    })
  },
}

export const noCircles: Rule = {
  says: 'rooms do not depend on each other in circles',
  complaints: (house) => {
    const rooms = new Map<string, Set<string>>()
    for (const step of steps(house, isProduct)) {
      const [from, to] = [roomOf(step.from), roomOf(step.to)]
      if (!isProduct(step.to) || from === to || isHall(from) || isHall(to)) continue
      // The vocabularies of pages name what they show; that is no circle as long as nothing runs in one.
      if (step.isTypeOnly && (OPEN_ROOMS.has(from) || OPEN_ROOMS.has(to))) continue
      rooms.set(from, (rooms.get(from) ?? new Set()).add(to))
    }
    return circlesOf(rooms).map(
      (circle) => `${circle.join(' → ')}: move what both need to one of them, or hand it in as an argument`,
    )
  },
}

/** Not a room: src/campus.ts names every port, and whoever takes its Pick imports it. */
const isHall = (room: string) => room === 'src' || room === 'interactions'

/** Each circle once, beginning with the room that comes first in the alphabet. */
function circlesOf(rooms: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const found = new Map<string, string[]>()
  const walk = (room: string, trail: readonly string[]) => {
    const start = trail.indexOf(room)
    if (start >= 0) {
      const circle = trail.slice(start)
      const first = circle.indexOf(circle.toSorted()[0] ?? room)
      const turned = [...circle.slice(first), ...circle.slice(0, first)]
      found.set(turned.join(), [...turned, turned[0] ?? room])
      return
    }
    for (const next of rooms.get(room) ?? []) walk(next, [...trail, room])
  }
  for (const room of rooms.keys()) walk(room, [])
  return [...found.values()]
}

const complain = ({ from, line, to }: Step, why: string | null) => (why ? [`${from}:${line} → ${to}: ${why}`] : [])

/** A school of a million that is signed in, against one of two thousand: does size cost anything? */
import { Redis } from 'ioredis'
import type { Load } from '../load/orders.ts'
import type { ScenarioName } from '../load/scenarios.ts'
import { type MeasuredCampus, startCampus } from '../machines/campus.ts'
import { takePairs } from '../measuring/pairs.ts'
import { estimate } from '../measuring/statistics.ts'
import { usageDuring } from '../measuring/usage.ts'
import { failuresOf } from '../measuring/windows.ts'
import type { Bench, Operation } from './bench-tools.ts'
import { type Finding, judge } from './finding.ts'
import { lastingKeys } from './session-bytes.ts'

const TIMES_EMPTY_MAX = 1.3
const FEW = 2_000
const SLOTS = 32
/** Well below what either can bear: it is the stores that are compared. */
const RATES = { 'sign-in': 20, sso: 60, 'refresh-es256': 60, userinfo: 60 } as const satisfies Partial<
  Record<ScenarioName, number>
>

export const population: Operation = {
  operation: 'population',
  title: 'accounts and sessions by the million against none, p99',
  async measure(bench): Promise<Finding> {
    const { effort, generator, progress, random } = bench
    const { operation, title } = population
    await using stack = new AsyncDisposableStack()
    const stop = (server: School) => server.stop()
    progress('filling the stores')
    const few = stack.adopt(await school(bench, FEW), stop)
    const many = stack.adopt(await school(bench, effort.population), stop)
    for (const server of [few, many]) {
      const { target } = server
      progress(`everybody signs in at ${target.name}`)
      const everybody = { target, scenario: 'sign-in', kind: 'closed', slots: SLOTS, seconds: 60, times: FEW } as const
      await generator.load(everybody)
      for (const load of loadsOn(server, effort.warmUpSeconds)) await generator.load(load)
    }
    const { pairs, faults } = await takePairs({
      count: effort.pairs,
      foreignMax: effort.foreignMax,
      first: () => together(bench, few),
      second: () => together(bench, many),
      progress,
    })
    const must = `≤ ${TIMES_EMPTY_MAX} × empty`
    if (!pairs) return { operation, title, must, verdict: 'not measured', faults }
    const ratio = estimate(
      pairs.map(([small, large]) => large.p99 / small.p99),
      random,
    )
    const cpu = estimate(
      pairs.map(([small, large]) => large.cpuMicroseconds / small.cpuMicroseconds),
      random,
    )
    const times = `${ratio.value.toFixed(2)} × [${ratio.low.toFixed(2)}, ${ratio.high.toFixed(2)}]`
    return {
      operation,
      title,
      measured: [times, `CPU ${cpu.value.toFixed(2)} ×`, `Redis ${(many.redisBytes / 1e6).toFixed(0)} MB`].join('; '),
      must,
      verdict: judge(ratio, { most: TIMES_EMPTY_MAX }),
      faults: [...faults, ...failuresOf(pairs.flat().flatMap(({ tallies }) => tallies))],
    }
  },
}

interface School extends MeasuredCampus {
  /** Of the sessions that were put there. */
  redisBytes: number
}

/** The same two thousand sign in at both, spread over all people; a session for each of the others is in Redis. */
async function school({ cores, generator, world }: Bench, people: number): Promise<School> {
  const { campus, stores } = await world.another({ people })
  const name = `school-of-${people}`
  const server = await startCampus(campus, { name, cores: cores.server, withHash: false })
  const measured = { ...server, target: { ...server.target, people: FEW, stride: Math.floor(people / FEW) } }
  if (people <= FEW) return { ...measured, redisBytes: 0 }
  await generator.prepare({ target: measured.target, scenario: 'refresh-es256', kind: 'prepare' })
  return { ...measured, redisBytes: await cloneSessions(stores.redisUrl, people) }
}

/** Copies every lasting record so often that there is one session for each person; the copies answer to other names. */
const CLONE = `
  local copies = 0
  for _, key in ipairs(KEYS) do
    for number = tonumber(ARGV[1]), tonumber(ARGV[2]) do
      local name = string.sub(key, 1, -13) .. string.format('%012x', number)
      copies = copies + redis.call('COPY', key, name)
    end
  end
  return copies`
const CLONES_AT_ONCE = 500

/** Answers by how many bytes the memory of Redis has grown. */
async function cloneSessions(url: string, sessions: number): Promise<number> {
  const redis = new Redis(url)
  const used = async () => Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1])
  try {
    const before = await used()
    const keys = await lastingKeys(redis)
    const copies = Math.ceil(sessions / SLOTS)
    for (let from = 1; from <= copies; from += CLONES_AT_ONCE) {
      const to = Math.min(copies, from + CLONES_AT_ONCE - 1)
      await redis.eval(CLONE, keys.length, ...keys, from, to)
    }
    return (await used()) - before
  } finally {
    redis.disconnect()
  }
}

function loadsOn({ target }: MeasuredCampus, seconds: number): Load[] {
  return Object.entries(RATES).map(
    ([scenario, rate]): Load => ({
      target,
      scenario: scenario as keyof typeof RATES,
      kind: 'open',
      slots: SLOTS,
      rate,
      seconds,
    }),
  )
}

async function together({ effort, generator }: Bench, server: MeasuredCampus) {
  const all = () => Promise.all(loadsOn(server, effort.windowSeconds * 2).map((load) => generator.load(load)))
  const { result, usage } = await usageDuring({ server, generator }, all)
  const done = result.reduce((sum, tally) => sum + tally.done, 0)
  // Of the four, each weighs the same.
  const p99 = Math.exp(result.reduce((sum, tally) => sum + Math.log(tally.p99), 0) / result.length)
  return { foreign: usage.foreign, tallies: result, p99, cpuMicroseconds: (usage.serverSeconds * 1e6) / done }
}

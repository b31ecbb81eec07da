/** Two servers on one database, each with a process for each core, and the command line beside them. */
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { campusCommand } from '../support/campus-server.ts'
import { until } from '../support/until.ts'
import { openWorld, type World } from './world.ts'

const SECONDS_MAX = 90
/** Enough to meet every process of both servers. */
const ASKED = 24

let world: World
beforeAll(async () => {
  world = await openWorld()
}, SECONDS_MAX * 1_000)
afterAll(() => world?.close())

const type = (...words: string[]) => campusCommand(world.installation, words)

/** A connection of its own for each request: they are dealt out among the processes of a server. */
async function keySet(port: number): Promise<string> {
  const { host } = new URL(world.installation.issuer)
  const sending = request({ host: '127.0.0.1', port, path: '/jwks', headers: { host }, agent: false }).end()
  return new Promise((resolve, reject) => {
    sending.on('response', (answer) => resolve(text(answer)))
    sending.on('error', reject)
  })
}

/** The identifiers at /jwks, as all processes tell them: one entry where they agree. */
async function published(): Promise<string[]> {
  const asked = Array.from({ length: ASKED }, (_, index) => world.ports[index % 2] ?? 0)
  const sets = await Promise.all(asked.map(keySet))
  const names = sets.map((set) => JSON.parse(set).keys.map(({ kid }: { kid: string }) => kid))
  return [...new Set(names.map((kids: string[]) => kids.join(' ')))]
}

const listed = async () => JSON.parse(await type('keys', 'list', '--json'))

test(
  'the keys of two first starts are the same, and a change is known to every process without a restart',
  async () => {
    const [first = '', ...others] = await published()
    expect(others).toEqual([])
    expect(first.split(' ')).toHaveLength(2)
    const announced = (await type('keys', 'rotate')).match(/\S+(?= is announced)/g) ?? []
    expect(announced).toHaveLength(2)
    await until('all have learned of it', async () => {
      const sets = await published()
      return sets.length === 1 && announced.every((kid) => sets[0]?.split(' ').includes(kid))
    })
    expect((await published())[0]?.split(' ').toSorted()).toEqual([...first.split(' '), ...announced].toSorted())
  },
  SECONDS_MAX * 1_000,
)

test(
  'keys that are withdrawn are gone from every process, and nothing else has changed',
  async () => {
    const cookies = (await listed()).filter(({ purpose }: { purpose: string }) => purpose === 'cookies')
    await type('keys', 'rotate', '--now', '--yes')
    await until('all have learned of it', async () => {
      const sets = await published()
      return sets.length === 1 && sets[0]?.split(' ').length === 2
    })
    const present = (await listed()).filter(({ purpose }: { purpose: string }) => /256$/.test(purpose))
    expect(present.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      (await published())[0]?.split(' ').toSorted(),
    )
    expect((await listed()).filter(({ purpose }: { purpose: string }) => purpose === 'cookies')).toEqual(cookies)
  },
  SECONDS_MAX * 1_000,
)

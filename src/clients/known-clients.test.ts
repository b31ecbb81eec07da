import { beforeEach, describe, expect, test } from '@jest/globals'
import {
  memoryClients,
  memoryResourceServers,
  sampleClient,
  sampleResourceServer,
} from '../../test/support/memory-desk.ts'
import { type MemoryChanges, memoryChanges } from '../../test/support/sample-keyrings.ts'
import { until } from '../../test/support/until.ts'
import { type ClientRecord, rememberClients } from './clients.ts'

const GRADES = 'https://api.school.example/grades'
const at = new Date('2026-09-01T00:00:00Z')

let changes: MemoryChanges
let asked: string[]
let read: string[]
/** What the store waits for before it answers what it has read. */
let slowly: Promise<void>

beforeEach(() => {
  changes = memoryChanges()
  asked = []
  read = []
  slowly = Promise.resolve()
})

function directory(records: ClientRecord[] = [sampleClient('library')]) {
  const stored = memoryClients(records)
  const servers = memoryResourceServers([sampleResourceServer(GRADES, null)])
  const counting = <Found>(find: (id: string) => Promise<Found>) => ({
    async find(id: string) {
      asked.push(id)
      const found = structuredClone(await find(id))
      read.push(id)
      await slowly
      return found
    },
  })
  const known = rememberClients({
    clients: { ...stored, ...counting((id) => stored.find(id)) },
    resourceServers: { ...servers, ...counting((id) => servers.find(id)) },
    changes,
  })
  return { known, stored, servers }
}

describe('what was found', () => {
  test('is asked for once, a client and a resource server', async () => {
    const { known } = directory()
    for (let times = 0; times < 3; times += 1) {
      expect(await known.clients.find('library')).toMatchObject({ id: 'library', disabledAt: null })
      expect(await known.resourceServers.find(GRADES)).toMatchObject({ id: GRADES })
    }
    expect(asked).toEqual(['library', GRADES])
  })

  test('is forgotten as soon as it is known that something was changed', async () => {
    const { known, stored, servers } = directory()
    await known.clients.find('library')
    await known.resourceServers.find(GRADES)
    await stored.disable('library', at)
    await servers.disable(GRADES, at)
    changes.count('clients')
    changes.count('resource_servers')
    await changes.refresh()
    expect(await known.clients.find('library')).toMatchObject({ disabledAt: at })
    expect(await known.resourceServers.find(GRADES)).toMatchObject({ disabledAt: at })
  })

  test('is not remembered where it was read before that, however late the answer comes', async () => {
    const { known, stored } = directory()
    const answer = Promise.withResolvers<void>()
    slowly = answer.promise
    const early = known.clients.find('library')
    await until('it is read', () => read.length === 1)
    await stored.disable('library', at)
    changes.count('clients')
    await changes.refresh()
    answer.resolve()
    expect(await early).toMatchObject({ disabledAt: null })
    expect(await known.clients.find('library')).toMatchObject({ disabledAt: at })
  })

  test('counts for as long as it is known what others change, and for no longer', async () => {
    const { known, stored } = directory()
    await known.clients.find('library')
    await stored.disable('library', at)
    changes.lookedAgo(3_000)
    expect(await known.clients.find('library')).toMatchObject({ disabledAt: null })
    changes.lookedAgo(3_001)
    expect(await known.clients.find('library')).toMatchObject({ disabledAt: at })
    expect(await known.clients.find('library')).toMatchObject({ disabledAt: at })
    expect(asked).toHaveLength(3)
  })

  test('does not count before the first look', async () => {
    const { known } = directory()
    changes.lookedAgo(Number.POSITIVE_INFINITY)
    for (let times = 0; times < 2; times += 1) await known.clients.find('library')
    expect(asked).toHaveLength(2)
  })

  test('is no answer where the store gives none', async () => {
    const { known } = directory()
    slowly = Promise.reject(new Error('gone'))
    await expect(known.clients.find('library')).rejects.toThrow('gone')
    slowly = Promise.resolve()
    expect(await known.clients.find('library')).toMatchObject({ id: 'library' })
  })
})

describe('an identifier that nobody has', () => {
  test('is asked for once, until something is changed', async () => {
    const { known, stored } = directory()
    for (let times = 0; times < 3; times += 1) expect(await known.clients.find('club')).toBeNull()
    expect(asked).toEqual(['club'])
    await stored.put(sampleClient('club'))
    changes.count('clients')
    await changes.refresh()
    expect(await known.clients.find('club')).toMatchObject({ id: 'club' })
  })

  test('crowds out no client, however many such there are, and is itself forgotten in the end', async () => {
    const { known } = directory()
    await known.clients.find('library')
    for (let one = 0; one < 3_000; one += 1) await known.clients.find(`stranger-${one}`)
    asked.length = 0
    await known.clients.find('library')
    await known.clients.find('stranger-2999')
    expect(asked).toEqual([])
    await known.clients.find('stranger-0')
    expect(asked).toEqual(['stranger-0'])
  })
})

test('of more clients than there is room for, those that were asked for last are remembered', async () => {
  const { known } = directory(Array.from({ length: 2_001 }, (_, one) => sampleClient(`client-${one}`)))
  for (let one = 0; one < 2_000; one += 1) await known.clients.find(`client-${one}`)
  await known.clients.find('client-0')
  await known.clients.find('client-2000')
  asked.length = 0
  await known.clients.find('client-0')
  expect(asked).toEqual([])
  await known.clients.find('client-1')
  expect(asked).toEqual(['client-1'])
})

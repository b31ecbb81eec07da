import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { createAuditTrail, verifyTrail } from '../../src/audit/audit.ts'
import type { Campus, Stores } from '../../src/campus.ts'
import { watchChanges } from '../../src/changes/changes.ts'
import {
  applyClients,
  applyClientsAtStart,
  type DeclaredClient,
  planClients,
  readClientsFile,
  rememberClients,
} from '../../src/clients/clients.ts'
import { silentMetrics } from '../../src/metrics/metrics.ts'
import { DATABASES, empty, MIGRATIONS, type TestDatabase } from '../../test/contracts/databases.ts'
import { sampleResourceServer } from '../../test/support/memory-desk.ts'
import { memoryChanges } from '../../test/support/sample-keyrings.ts'
import { createAuditLog } from './audit.ts'
import { createChangeStore } from './changes.ts'
import { createLeases } from './leases.ts'
import { migrate } from './migrate.ts'
import { storesOn } from './stores.ts'

const logger = pino({ level: 'silent' })
const at = new Date('2026-09-01T08:00:00.000Z')

describe.each(DATABASES)('clients in %s', (_name, openEmpty) => {
  let opened: TestDatabase
  let stores: Omit<Stores, 'audit' | 'leases'>
  let log: ReturnType<typeof createAuditLog>
  let needs: Pick<Campus, 'transaction' | 'clock' | 'changes'> & { actor: string }

  beforeAll(async () => {
    opened = await openEmpty()
    log = createAuditLog(opened.database)
    stores = storesOn(opened.database)
  }, 60_000)
  afterAll(() => opened?.close())

  beforeEach(async () => {
    await empty(opened.database)
    await migrate(opened.database, { folder: MIGRATIONS, log: logger })
    needs = server()
  }, 60_000)

  /** Another of these is another process. */
  function server() {
    const random = { uuid: () => randomUUID(), token: () => '' }
    const trail = createAuditTrail({ log, clock: () => at, random, logger, metrics: silentMetrics })
    const transaction: Campus['transaction'] = (work) =>
      trail.act((bind) =>
        opened.database.transaction((open) =>
          work({
            ...storesOn(open),
            audit: bind(createAuditLog(open)),
            leases: createLeases(open, { holder: 'test' }),
          }),
        ),
      )
    return { transaction, clock: () => at, changes: memoryChanges(), actor: 'operator:wang' }
  }

  const events = async () => (await log.latest({ limit: 100 })).map(({ event, client }) => `${event} ${client}`).sort()

  test('a first file makes its clients; the same again changes nothing and writes nothing', async () => {
    const clients = await declared('portal', 'club')
    expect(await planClients(stores, only(clients))).toMatchObject({ created: ['portal', 'club'], conflicts: [] })
    expect(await applyClients(needs, only(clients))).toMatchObject({ created: ['portal', 'club'], changed: [] })
    expect(await stores.clients.find('portal')).toEqual({ ...clients[0], managedBy: 'file', disabledAt: null })
    expect(await applyClients(needs, only(clients))).toEqual({
      ...{ created: [], changed: [], disabled: [] },
      unchanged: ['portal', 'club'],
    })
    expect(await events()).toEqual(['client.created club', 'client.created portal'])
    expect(await log.latest({ limit: 1, subject: 'client:club' })).toMatchObject([{ actor: 'operator:wang' }])
  })

  test('a start disables nobody: it creates, changes, and names those that its file no longer has', async () => {
    const lines: Record<string, unknown>[] = []
    const write = (line: string) => void lines.push(JSON.parse(line))
    const start = { ...needs, actor: 'system', log: pino({ base: null, timestamp: false }, { write }) }
    const [portal, club] = await declared('portal', 'club')
    if (!portal || !club) throw new Error('two are declared')
    await applyClientsAtStart(start, only([portal, club]))
    await applyClientsAtStart(start, only([portal]))
    expect((await stores.clients.find('club'))?.disabledAt).toBeNull()
    expect(await events()).toEqual(['client.created club', 'client.created portal'])
    expect(lines).toEqual([
      { level: 30, created: ['portal', 'club'], changed: [], msg: 'applied the declared clients' },
      {
        level: 40,
        clients: ['club'],
        msg: expect.stringMatching(/^no longer in CLIENTS_FILE: run campus-id client apply/),
      },
    ])
    expect(await applyClients(needs, only([portal]))).toMatchObject({ disabled: ['club'] })
  })

  test('a client that left is disabled with what it holds, and comes back enabled but without it', async () => {
    const both = await declared('portal', 'club')
    const [portal] = both
    if (portal === undefined) throw new Error('no client')
    await applyClients(needs, only(both))
    expect(await applyClients(needs, only([portal]))).toMatchObject({ disabled: ['club'], unchanged: ['portal'] })
    await stores.clients.disable('club', new Date(at.getTime() + 1))
    expect(await stores.clients.find('club')).toMatchObject({ disabledAt: at })
    expect(await applyClients(needs, only([portal]))).toMatchObject({ disabled: [] })

    expect(await applyClients(needs, only(both))).toMatchObject({ created: [], changed: ['club'] })
    expect(await stores.clients.find('club')).toMatchObject({ disabledAt: null })
    const standing = await stores.notBefore.standing({ personId: null, clientId: 'club', sessionUid: null })
    expect(standing).toMatchObject({ clientEnabled: true, notBefore: at })
    const ofClub = (await events()).filter((event) => event.endsWith('club'))
    expect(ofClub).toEqual(['client.created club', 'client.disabled club', 'client.enabled club'])
  })

  test('a change names its fields in the audit, and no secret', async () => {
    const [portal] = await declared('portal')
    if (portal === undefined) throw new Error('no client')
    await applyClients(needs, only([portal]))
    const metadata = { ...portal.metadata, client_name: '新门户' }
    const secretHashes = ['sha256:another', ...portal.secretHashes]
    expect(await applyClients(needs, only([{ ...portal, metadata, secretHashes }]))).toMatchObject({
      changed: ['portal'],
    })
    const [row] = await log.latest({ limit: 1, event: 'client.changed' })
    expect(row?.details).toEqual({ fields: 'client_name client_secrets' })
    expect(await verifyTrail(log)).toEqual({ ok: true, rows: 2 })
  })

  test('what others administer is not taken over, and then nothing of the file is applied', async () => {
    const clients = await declared('portal', 'console')
    const [portal, console_] = clients
    if (portal === undefined || console_ === undefined) throw new Error('no client')
    await stores.clients.put({ ...console_, managedBy: 'built-in' })
    expect(await planClients(stores, only(clients))).toMatchObject({
      conflicts: [{ id: 'console', managedBy: 'built-in' }],
    })
    await expect(applyClients(needs, only(clients))).rejects.toMatchObject({
      code: 'client_managed_elsewhere',
      cause: { message: expect.stringContaining('console (built-in)') },
    })
    expect(await stores.clients.find('portal')).toBeNull()
    expect(await events()).toEqual([])
    // Also where nobody looked before.
    const taking = stores.clients.put({ ...console_, managedBy: 'file' })
    await expect(taking).rejects.toMatchObject({ code: 'client_managed_elsewhere' })
    expect(await applyClients(needs, only([]))).toMatchObject({ disabled: [] })
    expect(await stores.clients.find('console')).toMatchObject({ managedBy: 'built-in', disabledAt: null })
  })

  test('a resource server comes, changes, goes and comes back with a row each, like a client', async () => {
    const grades = 'https://api.example.edu.cn/grades'
    const metadata = { ...sampleResourceServer(grades, null).metadata }
    const declaring = (resourceServers: { id: string; metadata: typeof metadata }[]) => ({
      clients: [],
      resourceServers,
    })
    const first = declaring([{ id: grades, metadata }])
    expect(await applyClients(needs, first)).toMatchObject({ created: [grades] })
    expect(await applyClients(needs, first)).toMatchObject({ created: [], changed: [], unchanged: [grades] })
    expect(await stores.resourceServers.find(grades)).toEqual({
      ...{ id: grades, managedBy: 'file', metadata, disabledAt: null },
    })
    const second = declaring([{ id: grades, metadata: { ...metadata, access_token_seconds: 300 } }])
    expect(await planClients(stores, second)).toMatchObject({
      changed: [{ id: grades, fields: ['access_token_seconds'] }],
    })
    await applyClients(needs, second)
    expect(await applyClients(needs, declaring([]))).toMatchObject({ disabled: [grades] })
    expect(await stores.resourceServers.find(grades)).toMatchObject({ disabledAt: at })
    expect(await applyClients(needs, second)).toMatchObject({ changed: [grades] })
    expect(await stores.resourceServers.list()).toMatchObject([{ id: grades, disabledAt: null }])
    const rows = await log.latest({ limit: 9, subject: `resource-server:${grades}` })
    expect(rows.map(({ event }) => event).reverse()).toEqual([
      'resource-server.created',
      'resource-server.changed',
      'resource-server.disabled',
      'resource-server.enabled',
    ])
    await expect(stores.resourceServers.put({ id: grades, metadata, managedBy: 'staff' })).rejects.toMatchObject({
      code: 'client_managed_elsewhere',
    })
  })

  test('a client that an earlier version kept has no resources, and is not changed for that', async () => {
    const clients = await declared('portal')
    const [{ resources: _, ...older } = { resources: [] }] = clients.map(({ metadata }) => metadata)
    await stores.clients.put({ ...(clients[0] as DeclaredClient), metadata: older as never, managedBy: 'file' })
    expect(await stores.clients.find('portal')).toMatchObject({ metadata: { resources: [] } })
    expect(await applyClients(needs, only(clients))).toMatchObject({ unchanged: ['portal'] })
  })

  test('whoever disables a client knows it at once, and every other process when it next looks', async () => {
    const watch = () => watchChanges({ store: createChangeStore(opened.database), log: logger, timer: () => () => {} })
    const [here, there] = [watch(), watch()]
    const [known, knownThere] = [here, there].map((changes) => rememberClients({ ...stores, changes }).clients)
    await applyClients(needs, only(await declared('portal')))
    for (const changes of [here, there]) await changes.refresh()
    const disabled = async (clients = known) => (await clients?.find('portal'))?.disabledAt
    expect([await disabled(), await disabled(knownThere)]).toEqual([null, null])
    await applyClients({ ...needs, changes: here }, only([]))
    expect([await disabled(), await disabled(knownThere)]).toEqual([at, null])
    await there.refresh()
    expect(await disabled(knownThere)).toEqual(at)
    for (const changes of [here, there]) await changes.stop()
  })

  test('of servers that start at once, one creates, and the others find it done', async () => {
    const clients = await declared('portal')
    const applied = await Promise.all(Array.from({ length: 4 }, () => applyClients(server(), only(clients))))
    expect(applied.filter(({ created }) => created.length > 0)).toHaveLength(1)
    expect(applied.filter(({ unchanged }) => unchanged.length > 0)).toHaveLength(3)
    expect(await events()).toEqual(['client.created portal'])
  })

  test('an effect whose audit row cannot be written does not happen', async () => {
    const clients = await declared('portal')
    const transaction: Campus['transaction'] = (work) =>
      needs.transaction((stores) => work({ ...stores, audit: { ...stores.audit, record: () => Promise.reject(full) } }))
    const full = new Error('disk full')
    await expect(applyClients({ ...needs, transaction }, only(clients))).rejects.toBe(full)
    expect(await stores.clients.list()).toEqual([])
  })
})

async function declared(...ids: string[]): Promise<DeclaredClient[]> {
  const clients = ids.map((client_id) => ({
    ...{ client_id, client_name: '门户', redirect_uris: ['https://portal.example.edu.cn/callback'] },
    client_secrets: [{ env: 'SECRET' }],
  }))
  const reading = await readClientsFile({ clients }, async () => 'Zk3v9QhT1xY7mB5nC8rD2wE4uJ6pL0aS')
  if (!reading.ok) throw new Error('the sample is wrong')
  return [...reading.clients]
}

const only = (clients: readonly DeclaredClient[]) => ({ clients, resourceServers: [] })

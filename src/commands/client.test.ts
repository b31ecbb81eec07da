import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { commandWorld, type Sitting } from '../../test/support/command-world.ts'
import { sampleClient } from '../../test/support/memory-desk.ts'
import type { ClientRecord } from '../clients/clients.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'campus-id-clients-'))
  writeFileSync(join(folder, 'library.secret'), `${randomBytes(32).toString('base64url')}\n`)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const library = {
  client_id: 'library',
  client_name: '图书馆',
  redirect_uris: ['https://library.school.example/callback'],
  token_endpoint_auth_method: 'client_secret_basic',
  client_secrets: [{ file: 'library.secret' }],
}
const canteen = { ...library, client_id: 'canteen', client_name: '食堂', client_secrets: [{ env: 'CANTEEN_SECRET' }] }
const selfRegistered: ClientRecord = {
  id: 'dynamic-lab',
  managedBy: 'dynamic',
  metadata: sampleClient('dynamic-lab').metadata,
  secretHashes: ['sha256:secret'],
  registration: {
    ...{ tokenId: 'xK3_9aQf', policy: null, issuedAt: 1_788_000_000, document: null },
    ...{ accessHash: 'sha256:access', sealedSecret: { sealed: 'AAAA', sealedBy: 'key' } },
  },
  disabledAt: null,
}
const environment = { CANTEEN_SECRET: randomBytes(32).toString('base64url') }

function write(clients: unknown): void {
  writeFileSync(join(folder, 'clients.json'), typeof clients === 'string' ? clients : JSON.stringify({ clients }))
}

function installation() {
  const world = commandWorld()
  const apply = (options: string[] = [], sitting: Sitting = {}) =>
    world.type(['client', 'apply', 'clients.json', ...options], { folder, powers: { environment }, ...sitting })
  return { ...world, apply }
}

describe('client apply', () => {
  test('creates, changes and counts, and changes nothing the second time', async () => {
    const { apply, records, acts } = installation()
    write([library, canteen])
    expect(await apply()).toMatchObject({
      code: 0,
      out: '+ library\n+ canteen\n2 new, 0 changed, 0 disabled, 0 as before\n',
    })
    expect(records.get('library')?.secretHashes).toEqual([expect.stringMatching(/^sha256:/)])
    expect(acts()[0]).toEqual({ event: 'client.created', actor: 'operator:wang', subject: 'client:library' })
    write([{ ...library, client_name: '总图书馆' }, canteen])
    expect((await apply()).out).toBe('~ library (client_name)\n0 new, 1 changed, 0 disabled, 1 as before\n')
    const rows = acts().length
    expect((await apply()).out).toBe('0 new, 0 changed, 0 disabled, 2 as before\n')
    expect(acts()).toHaveLength(rows)
  })

  test('asks before it disables, and shows what else would change', async () => {
    const { apply, records } = installation()
    write([library, canteen])
    await apply()
    write([{ ...library, client_name: '总图书馆' }])
    const refused = await apply([], { answers: ['no'] })
    expect(refused).toMatchObject({ code: 3, out: '' })
    expect(refused.asked).toEqual(['Disable canteen? Nobody can sign in to them from then on. [y/N] '])
    expect(refused.err).toContain('~ library (client_name)\n- canteen (disabled)\n')
    expect(await apply()).toMatchObject({ code: 3 })
    expect(records.get('canteen')?.disabledAt).toBeNull()
    expect(records.get('library')?.metadata.client_name).toBe('图书馆')
    expect(await apply([], { answers: ['yes'] })).toMatchObject({ code: 0 })
    expect(records.get('canteen')?.disabledAt).not.toBeNull()
  })

  test('disables without asking with --yes', async () => {
    const { apply } = installation()
    write([library])
    await apply()
    write([])
    const typed = await apply(['--yes', '--json'])
    expect(typed).toMatchObject({ code: 0, asked: [] })
    expect(JSON.parse(typed.out)).toEqual({ created: [], changed: [], unchanged: [], disabled: ['library'] })
  })

  test('shows with --dry-run what it would do, and does nothing', async () => {
    const { apply, records } = installation()
    write([library])
    expect(await apply(['--dry-run'])).toMatchObject({
      code: 0,
      out: '+ library\n1 new, 0 changed, 0 disabled, 0 as before\n',
    })
    expect(JSON.parse((await apply(['--dry-run', '--json'])).out)).toMatchObject({
      created: ['library'],
      conflicts: [],
    })
    expect(records.size).toBe(0)
  })

  test('names every mistake of the file, and applies nothing', async () => {
    const { apply, records } = installation()
    write([
      library,
      { ...canteen, redirect_uris: ['http://canteen.school.example/'], client_secrets: [{ env: 'GONE' }] },
    ])
    const { code, err } = await apply()
    expect(code).toBe(2)
    expect(err).toContain('/clients/1/redirect_uris/0: ')
    expect(err).toContain('environment variable GONE: this variable must be set')
    expect(records.size).toBe(0)
    write('{ "clients": [ }')
    expect((await apply()).err).toContain('line 1, column 16')
  })

  test('leaves alone what staff administer', async () => {
    const { apply, clients, records } = installation()
    write([library])
    await apply()
    const record = records.get('library')
    if (record) await clients.put({ ...record, managedBy: 'staff' })
    expect(await apply()).toMatchObject({ code: 3, err: expect.stringContaining('  library (staff)\n') })
  })

  test('of a file that is not there fails', async () => {
    expect(await installation().apply()).toMatchObject({
      code: 1,
      err: `${join(folder, 'clients.json')} cannot be read.\n`,
    })
  })

  test('takes the file of the configuration where none is named', async () => {
    const { type, config } = installation()
    expect((await type(['client', 'apply'])).err).toBe(`${config.clientsFile} cannot be read.\n`)
  })
})

describe('client disable', () => {
  const disable = ['client', 'disable', 'dynamic-lab']

  test('ends one that registered itself: at once, for good, with a row', async () => {
    const { type, clients, records, moments, acts, now } = installation()
    await clients.put(selfRegistered)
    const { code, asked } = await type(disable, { answers: ['yes'] })
    expect([code, asked]).toEqual([
      0,
      ['Disable dynamic-lab (dynamic-lab)? Nobody can sign in to it from then on. [y/N] '],
    ])
    expect(records.get('dynamic-lab')?.disabledAt).toEqual(now)
    expect(moments.get('client dynamic-lab')).toEqual(now)
    expect(acts()).toEqual([{ event: 'client.disabled', actor: 'operator:wang', subject: 'client:dynamic-lab' }])
  })

  test('does nothing where nobody confirms it', async () => {
    const { type, clients, records, moments, acts } = installation()
    await clients.put(selfRegistered)
    expect((await type(disable, { answers: ['no'] })).code).toBe(3)
    expect((await type(disable)).code).toBe(3)
    expect([records.get('dynamic-lab')?.disabledAt, moments.size, acts()]).toEqual([null, 0, []])
  })

  test('a second time, or twice at once, says so and leaves no other row', async () => {
    const { type, clients, acts } = installation()
    await clients.put(selfRegistered)
    const both = await Promise.all([type([...disable, '--yes']), type([...disable, '--yes'])])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(await type(disable)).toMatchObject({ code: 0, asked: [], err: 'dynamic-lab was disabled before.\n' })
    expect(acts()).toHaveLength(1)
  })

  test('leaves alone what others administer, and says who', async () => {
    const { apply, type, clients, records, acts } = installation()
    write([library])
    await apply()
    await clients.put({ ...selfRegistered, id: 'portal', managedBy: 'staff' })
    const before = acts().length
    const declared = await type(['client', 'disable', 'library', '--yes'])
    expect(declared).toMatchObject({ code: 3, err: expect.stringContaining('the clients file declares it') })
    expect((await type(['client', 'disable', 'portal', '--yes'])).err).toContain('staff administer it')
    expect([...records.values()].map(({ disabledAt }) => disabledAt)).toEqual([null, null])
    expect(acts()).toHaveLength(before)
  })

  test('of one that nobody knows says so', async () => {
    const { code, err } = await installation().type(['client', 'disable', 'dynamic-nobody', '--yes'])
    expect([code, err]).toEqual([3, 'There is no client dynamic-nobody: campus-id client list shows all.\n'])
  })
})

describe('client list', () => {
  test('is a table', async () => {
    const { apply, type } = installation()
    write([library, canteen])
    await apply()
    write([canteen])
    await apply(['--yes'])
    expect((await type(['client', 'list'])).out).toBe(
      [
        'ID       STATE     MANAGED BY  KIND         NAME',
        'canteen  enabled   file        third party  食堂',
        'library  disabled  file        third party  图书馆',
        '',
      ].join('\n'),
    )
  })

  test('never shows a secret, hashed or not', async () => {
    const { apply, type, clients } = installation()
    write([library])
    await apply()
    await clients.put(selfRegistered)
    const { out } = await type(['client', 'list', '--json'])
    expect(JSON.parse(out)).toMatchObject([
      { id: 'dynamic-lab', managedBy: 'dynamic', registration: { tokenId: 'xK3_9aQf' } },
      { id: 'library', managedBy: 'file' },
    ])
    expect(out).not.toMatch(/sha256|sealed/)
  })

  test('of none says so', async () => {
    expect(await commandWorld().type(['client', 'list'])).toMatchObject({ code: 0, err: 'None.\n' })
  })
})

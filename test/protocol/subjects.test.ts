/** O3 of the checklist: `sub` is stable, opaque, and never somebody else's. On real stores, where it is kept. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { openPool } from '../../adapters/postgres/pool.ts'
import { storesOn } from '../../adapters/postgres/stores.ts'
import type { NewPerson } from '../../src/people/people.ts'
import { freshDatabase } from '../support/fresh-stores.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { claimsIn, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld, samplePerson } from '../support/provider-world.ts'

const CLIENTS = ['library', 'portal', 'canteen', 'print'] as const

let world: ProviderWorld
let close: () => Promise<void>
let sql: (text: string, values: unknown[]) => Promise<unknown>

beforeAll(async () => {
  const postgres = await freshDatabase({ migrated: true })
  const database = openPool({ url: postgres.url, log: pino({ level: 'silent' }) })
  sql = (text, values) => database.query({ name: `test.${text.slice(0, 30)}`, text }, values)
  const stores = storesOn(database)
  const [library, portal] = [sampleClient('library'), sampleClient('portal')]
  const shared = [
    sampleClient('canteen', { subject_type: 'public' }),
    sampleClient('print', { subject_type: 'public' }),
  ]
  for (const client of [library, portal, ...shared]) await stores.clients.put(client)
  world = await openProviderWorld({ needs: stores })
  close = async () => {
    await world.close()
    await database.close()
    await postgres.drop()
  }
}, 60_000)
afterAll(() => close())

async function create(number: string): Promise<NewPerson> {
  const sample = samplePerson(randomUUID(), number)
  const identities = sample.identities.map((identity) => ({ ...identity, id: randomUUID() }))
  const person = { ...sample, identities, aliases: [] }
  await world.needs.people.create(person)
  return person
}

async function subOf({ id }: Pick<NewPerson, 'id'>, client: string): Promise<string> {
  const visitor = newVisitor(world)
  const { body } = await visitor.redeem(await visitor.signIn({ client }, { person: id }), { client })
  const { sub } = claimsIn(body['id_token'])
  expect((await visitor.userinfo(body['access_token'])).body['sub']).toBe(sub)
  return String(sub)
}

test('O3: a sub is opaque ASCII, other for each client, and one for those that share it', async () => {
  const [lan, mei] = [await create('202507010101'), await create('202507010102')]
  const subs = await Promise.all([lan, mei].flatMap((person) => CLIENTS.map((client) => subOf(person, client))))
  for (const sub of subs) {
    expect(sub).toMatch(/^[\x21-\x7e]{16,255}$/)
    for (const known of [lan.id, mei.id, '202507010101', '202507010102']) expect(sub).not.toContain(known)
  }
  expect(subs[2]).toBe(subs[3])
  expect(subs[6]).toBe(subs[7])
  expect(new Set(subs).size).toBe(6)
})

test('O3: a sub stays when a person is renamed, changes numbers and becomes staff', async () => {
  const person = await create('202507010103')
  const before = await subOf(person, 'library')
  await sql('UPDATE people SET name = $2, updated_at = now() WHERE id = $1', [person.id, '另一个名字'])
  await sql('UPDATE identities SET valid_to = now() WHERE person_id = $1', [person.id])
  await sql(`INSERT INTO identities (id, person_id, number, type) VALUES ($2, $1, 'T100234', 'staff')`, [
    person.id,
    randomUUID(),
  ])
  expect(await subOf(person, 'library')).toBe(before)
})

test('O3: whoever comes after somebody who has left, with the same name, has a sub of their own', async () => {
  const first = await create('202507010104')
  const before = await subOf(first, 'library')
  await sql(`UPDATE people SET state = 'closed' WHERE id = $1`, [first.id])
  const second = await create('202507010105')
  expect(await subOf(second, 'library')).not.toBe(before)
  // Neither is there a way to hand it on, nor to take its owner away from under it.
  await expect(world.needs.subjects.findOrCreate(second.id, 'other.example', before)).rejects.toThrow()
  await expect(sql('DELETE FROM people WHERE id = $1', [first.id])).rejects.toThrow()
})

test('O3: of many first sign-ins at once all learn one sub', async () => {
  const person = await create('202507010106')
  const subs = await Promise.all(Array.from({ length: 8 }, () => subOf(person, 'portal')))
  expect(new Set(subs).size).toBe(1)
})

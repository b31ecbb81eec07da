/** Races that parallel calls hit only by luck, made certain: the first of two is held open until the second waits. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Queryable } from '../../adapters/postgres/database.ts'
import { createPostgresExpiring } from '../../adapters/postgres/expiring.ts'
import { createLeases } from '../../adapters/postgres/leases.ts'
import { migrate } from '../../adapters/postgres/migrate.ts'
import { storesOn } from '../../adapters/postgres/stores.ts'
import { sampleKey } from '../support/sample-key.ts'
import { until } from '../support/until.ts'
import { log, MIGRATIONS, openPostgres, type TestDatabase } from './databases.ts'
import { at } from './samples.ts'

let opened: TestDatabase
beforeAll(async () => {
  opened = await openPostgres()
  await migrate(opened.database, { folder: MIGRATIONS, log })
}, 30_000)
afterAll(() => opened.close())

const WAITING = {
  name: 'test.waiting',
  text: `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
}

/** Answers what both answered; `second` begins after `first` has ended, and before that is committed. */
async function race<Answer>(act: (on: Queryable, who: string) => Promise<Answer>): Promise<[Answer, Answer]> {
  const { database } = opened
  let second: Promise<Answer> | null = null
  const first = await database.transaction(async (transaction) => {
    const answer = await act(transaction, 'first')
    second = act(database, 'second')
    await until('the second one waits for the first', async () => (await database.query(WAITING)).length === 1, {
      seconds: 0.4,
    })
    return answer
  })
  if (!second) throw new Error('it was asked for')
  return [first, await second]
}

async function somebody() {
  const id = randomUUID()
  await storesOn(opened.database).people.create({ id, name: '吴兰', state: 'active', identities: [], aliases: [] })
  return id
}

test('the loser of two first visits is answered the subject of the winner', async () => {
  const person = await somebody()
  const subjects = await race((on, who) => storesOn(on).subjects.findOrCreate(person, 'a.example', `${who}'s`))
  expect(subjects).toEqual(["first's", "first's"])
})

test('the loser of two first starts adds no keys', async () => {
  await race((on, who) => storesOn(on).keys.addFirst([sampleKey(who, 'ES256')]))
  expect((await storesOn(opened.database).keys.list()).map(({ id }) => id)).toEqual(['first'])
})

test('of two who announce the next key at once, one does', async () => {
  const [first] = await storesOn(opened.database).keys.list()
  const next = (who: string) => sampleKey(`${who}-next`, 'ES256', { activeFrom: at('02-01') })
  const done = await race((on, who) => storesOn(on).keys.follow(first?.id ?? '', next(who), at('03-01')))
  expect(done).toEqual([true, false])
  expect((await storesOn(opened.database).keys.list()).map(({ id }) => id)).toEqual(['first', 'first-next'])
})

test('the loser of two swaps is answered what the winner put', async () => {
  await createPostgresExpiring(opened.database).put('test:swap', 'start', { seconds: 60 })
  const swaps = await race((on, who) => createPostgresExpiring(on).swap('test:swap', 'start', who))
  expect(swaps).toEqual([{ swapped: true }, { swapped: false, current: 'first' }])
})

test('the loser of two reservations is answered what the winner put', async () => {
  const standing = await race((on, who) => createPostgresExpiring(on).reserve('test:reserve', who, { seconds: 60 }))
  expect(standing).toEqual(['first', 'first'])
})

test('two who try at once have two numbers', async () => {
  const person = await somebody()
  const kind = { name: 'test', parse: () => null }
  expect(await race((on) => storesOn(on).credentials.takeTry(kind, person, 'unknown', 100))).toEqual([1, 2])
})

test.each([
  ['three', 3, 2],
  ['two', 2, 1],
])('of %s tries two are given back at once: both are', async (_what, taken, next) => {
  const person = await somebody()
  const kind = { name: 'test', parse: () => null }
  const take = () => storesOn(opened.database).credentials.takeTry(kind, person, 'unknown', 100)
  for (let count = 1; count <= taken; count++) expect(await take()).toBe(count)
  await race((on) => storesOn(on).credentials.giveBackTry(kind, person, 'unknown'))
  expect(await take()).toBe(next)
})

test('of two who want a lease, one gets it', async () => {
  expect(await race((on, who) => createLeases(on, { holder: who }).hold('test:lease', 60))).toEqual([true, false])
})

test('a lease held inside a transaction is a fence: also past its end nobody has it before the commit', async () => {
  expect(await race((on, who) => createLeases(on, { holder: who }).hold('test:fence', 0))).toEqual([true, true])
})

test('of two who take one, one gets it', async () => {
  await createPostgresExpiring(opened.database).put('test:take', 'once', { seconds: 60 })
  expect(await race((on) => createPostgresExpiring(on).take('test:take'))).toEqual(['once', null])
})

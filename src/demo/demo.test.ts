import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import {
  memoryAudit,
  memoryCodes,
  memoryCredentials,
  memoryNotBefore,
  memoryPeople,
} from '../../test/support/memory-stores.ts'
import { plainHasher } from '../../test/support/plain-hasher.ts'
import { sampleConfig } from '../../test/support/sample-config.ts'
import type { Stores } from '../campus.ts'
import { passwordCredential, setPassword } from '../passwords/passwords.ts'
import { maySignIn, type PersonId, type ProfileStatement } from '../people/people.ts'
import { widthOf } from '../terminal/terminal.ts'
import { DEMO_PASSWORD, DEMO_PEOPLE, demoSummary, seedDemo } from './demo.ts'

const now = new Date('2026-09-01T00:00:00Z')

function world({ profile = 'demo' as const }: { profile?: 'demo' | 'production' } = {}) {
  let count = 0
  const uuid = () => {
    count += 1
    return `uuid-${count}`
  }
  const statements = new Map<PersonId, ProfileStatement>()
  const [people, codes] = [memoryPeople([], statements), memoryCodes()]
  const credentials = memoryCredentials(people)
  const { audit, events } = memoryAudit()
  const { notBefore } = memoryNotBefore()
  const stores = { people, codes, credentials, audit, notBefore } as Stores
  const needs = {
    config: sampleConfig({ profile }),
    clock: () => now,
    random: { uuid, token: () => '' },
    hasher: plainHasher(),
    transaction: async <Result>(work: (stores: Stores) => Promise<Result>) => work(stores),
    people,
    credentials,
  }
  return { needs, events, statements, codes }
}

describe('the demo people', () => {
  test('are five, of all kinds, and all have the password of the summary', async () => {
    const { needs } = world()
    await seedDemo(needs)
    const people = await needs.people.list({ after: null, limit: 100 })
    expect(people.map(({ name }) => name)).toEqual(DEMO_PEOPLE.map(({ name }) => name))
    for (const { id } of people) {
      expect(await needs.credentials.find(passwordCredential, id)).toEqual({ hash: `new:${DEMO_PASSWORD}` })
    }
    const numbers = people.flatMap(({ identities }) => identities.map(({ number }) => number))
    expect(numbers.every((number) => /^\d{12}$/.test(number))).toBe(true)
    expect(people.filter(({ identities }) => identities.length === 2)).toHaveLength(1)
    expect(people.map((person) => maySignIn(person, now).allowed)).toEqual([true, true, true, true, false])
  })

  test('stand somewhere in the school, under codes that there are', async () => {
    const { needs, statements, codes } = world()
    await seedDemo(needs)
    const { organisations, majors, classes } = await codes.read()
    const placements = [...statements.values()].flatMap(({ identities }) => Object.values(identities))
    expect(placements).toHaveLength(6)
    const known = [...organisations, ...majors, ...classes].map(({ code }) => code)
    for (const { organisationCode, majorCode, classCode } of placements) {
      expect(organisationCode).not.toBeNull()
      for (const code of [organisationCode, majorCode, classCode]) if (code !== null) expect(known).toContain(code)
    }
    for (const { path } of organisations) for (const code of path) expect(known).toContain(code)
  })

  test('are seeded once: a later start changes nothing, also not a password', async () => {
    const { needs, events } = world()
    await seedDemo(needs)
    const [first] = await needs.people.list({ after: null, limit: 1 })
    const changed = { personId: first?.id ?? '', password: 'another that they chose', endSessions: false }
    await setPassword(needs, { ...changed, actor: 'system', address: null, request: null })
    const before = events.length
    await seedDemo(needs)
    expect(events).toHaveLength(before)
    expect(await needs.credentials.find(passwordCredential, changed.personId)).toEqual({
      hash: 'new:another that they chose',
    })
  })

  test('get the password that a first start could not set any more', async () => {
    const { needs } = world()
    const broken = { ...needs, hasher: { ...needs.hasher, hash: () => Promise.reject(new Error('killed')) } }
    await expect(seedDemo(broken)).rejects.toThrow('killed')
    await seedDemo(needs)
    const people = await needs.people.list({ after: null, limit: 100 })
    expect(people).toHaveLength(5)
    for (const { id } of people) expect(await needs.credentials.find(passwordCredential, id)).not.toBeNull()
  })

  test('are refused outside the demo: their password is public', async () => {
    const { needs } = world({ profile: 'production' })
    await expect(seedDemo(needs)).rejects.toThrow('for the demo alone')
    expect(await needs.people.list({ after: null, limit: 1 })).toEqual([])
  })
})

describe('the summary', () => {
  const facts = {
    issuer: 'http://localhost:3000',
    relyingParties: { portal: 'http://127.0.0.1:3001', club: 'http://127.0.0.1:3002' },
    dataDir: '/srv/campus-id/data',
    colour: false,
    seconds: 2.345,
  }

  test('names the addresses, the accounts and the password', () => {
    const text = demoSummary(facts)
    expect(text).toContain('ready in 2.3 s')
    for (const address of [facts.issuer, facts.relyingParties.portal, facts.relyingParties.club]) {
      expect(text).toContain(`${address}  `)
    }
    for (const { name, identities } of DEMO_PEOPLE) {
      expect(text).toContain(name)
      for (const { number } of identities) expect(text).toContain(number)
    }
    expect(text).toContain(DEMO_PASSWORD)
  })

  test('fits 80 columns, where Chinese characters take two', () => {
    for (const line of demoSummary(facts).split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(80)
  })

  test('is plain text where there are no colours, and the same words where there are', () => {
    const coloured = demoSummary({ ...facts, colour: true })
    expect(demoSummary(facts)).not.toContain('\u001b')
    expect(stripVTControlCharacters(coloured)).toBe(demoSummary(facts))
  })

  test('promises no relying party that is not there', () => {
    const text = demoSummary({ ...facts, relyingParties: null })
    expect(text).not.toContain('3001')
    expect(text).not.toContain('演示门户')
  })
})

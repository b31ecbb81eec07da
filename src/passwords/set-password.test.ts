import { expect, test } from '@jest/globals'
import {
  memoryAudit,
  memoryCounters,
  memoryCredentials,
  memoryNotBefore,
  memoryPeople,
} from '../../test/support/memory-stores.ts'
import { plainHasher } from '../../test/support/plain-hasher.ts'
import { sampleConfig } from '../../test/support/sample-config.ts'
import { sampleKeyrings } from '../../test/support/sample-keyrings.ts'
import type { Stores } from '../campus.ts'
import type { KnownDevice } from '../devices/devices.ts'
import { checkPassword, type NewPassword, type PasswordHasher, passwordCredential, setPassword } from './passwords.ts'

const now = new Date('2026-09-01T00:00:00Z')
const byOperator: NewPassword = {
  personId: 'lan',
  password: 'plum blossom in the snow',
  actor: 'operator:root',
  endSessions: true,
  address: null,
  request: null,
}

function world(hasher: PasswordHasher = plainHasher()) {
  const people = memoryPeople([{ id: 'lan', name: '吴兰', state: 'active', identities: [], aliases: ['lan'] }])
  const credentials = memoryCredentials(people)
  const { audit, events } = memoryAudit()
  const { notBefore, moments } = memoryNotBefore()
  let passed = 0
  const clock = () => new Date(now.getTime() + passed * 1_000)
  const pass = (seconds: number) => {
    passed += seconds
  }
  const { expiring } = memoryCounters(clock)
  const steps: string[] = []
  const stores = { people, credentials, notBefore, audit } as Stores
  const transaction = async <Result>(work: (stores: Stores) => Promise<Result>) => {
    steps.push('begin')
    const result = await work(stores)
    steps.push('commit')
    return result
  }
  const needs = {
    keyrings: sampleKeyrings(),
    config: sampleConfig(),
    clock,
    people,
    credentials,
    hasher,
    audit,
    expiring,
    transaction,
  }
  return { needs, credentials, events, moments, steps, pass }
}

const sample = { login: 'lan', address: '203.0.113.7', device: null, clientId: 'demo-portal', request: 'r1' }

test('a new password replaces the old one, and says who set it', async () => {
  const { needs, events, moments, steps } = world()
  expect(await setPassword(needs, { ...byOperator, password: 'the one before it' })).toEqual({ kind: 'set' })
  expect(await setPassword(needs, byOperator)).toEqual({ kind: 'set' })
  expect(steps).toEqual(['begin', 'commit', 'begin', 'commit'])
  expect(events).toHaveLength(2)
  expect(events[1]).toEqual({
    event: 'password.set',
    result: 'success',
    actor: 'operator:root',
    subject: 'person:lan',
    details: { sessions_ended: true },
  })
  expect(moments.get('person lan')).toEqual(now)
  expect(await checkPassword(needs, { ...sample, password: 'the one before it' })).toEqual({ kind: 'wrong' })
  expect(await checkPassword(needs, { ...sample, password: byOperator.password })).toMatchObject({ kind: 'right' })
})

test('sessions stay where the caller wants them to', async () => {
  const { needs, events, moments } = world()
  const byLan = { ...byOperator, actor: 'person:lan', endSessions: false, address: '203.0.113.7', request: 'r1' }
  await setPassword(needs, byLan)
  expect(moments.size).toBe(0)
  expect(events[0]).toMatchObject({ actor: 'person:lan', address: '203.0.113.7', request: 'r1' })
})

test('with the sessions ends what devices knew, and no later change brings it back', async () => {
  const { needs, credentials, pass } = world()
  const device = (rememberedAt: Date): KnownDevice => ({
    id: `remembered ${rememberedAt.getTime()}`,
    knows: (personId, since) => personId === 'lan' && (since === undefined || rememberedAt > since),
  })
  /** Whether strangers who guess keep that device out, as they do a stranger's. */
  const isStranger = async (known: KnownDevice, password: string) => {
    for (let guess = 0; guess < 10; guess++) await checkPassword(needs, { ...sample, password: `guess ${guess}` })
    const { kind } = await checkPassword(needs, { ...sample, device: known, password })
    pass(900)
    return kind === 'throttled'
  }
  const password = 'her own blossom in spring'
  await setPassword(needs, { ...byOperator, endSessions: false })
  const before = device(needs.clock())
  expect(await isStranger(before, byOperator.password)).toBe(false)

  await setPassword(needs, byOperator)
  pass(1)
  const after = device(needs.clock())
  expect(await isStranger(before, byOperator.password)).toBe(true)
  expect(await isStranger(after, byOperator.password)).toBe(false)

  await setPassword(needs, { ...byOperator, password, endSessions: false })
  expect(await isStranger(before, password)).toBe(true)
  expect(await isStranger(after, password)).toBe(false)

  const { hash, ...kept } = (await credentials.find(passwordCredential, 'lan')) ?? { hash: '' }
  await credentials.put(passwordCredential, 'lan', { hash: hash.replace('new:', 'old:'), ...kept })
  expect(await isStranger(after, password)).toBe(false)
  expect((await credentials.find(passwordCredential, 'lan'))?.hash).toBe(hash)
  expect(await isStranger(before, password)).toBe(true)
})

test('a new password starts with no failures', async () => {
  const { needs, credentials } = world()
  for (let failure = 0; failure < 100; failure++) await credentials.takeTry(passwordCredential, 'lan', 'unknown', 100)
  expect(await credentials.takeTry(passwordCredential, 'lan', 'unknown', 100)).toBeNull()
  await setPassword(needs, byOperator)
  expect(await checkPassword(needs, { ...sample, password: byOperator.password })).toMatchObject({ kind: 'right' })
})

test('a password that the policy refuses changes nothing', async () => {
  const { needs, credentials, events, steps } = world()
  const outcome = await setPassword(needs, { ...byOperator, password: '吴兰 kq7' })
  expect(outcome).toEqual({ kind: 'refused', problems: ['too_short', 'contains_account'] })
  expect(await credentials.find(passwordCredential, 'lan')).toBeNull()
  expect([...events, ...steps]).toEqual([])
})

test('nobody’s password, and one that is no text, are refused', async () => {
  const { needs } = world()
  await expect(setPassword(needs, { ...byOperator, personId: 'nobody' })).rejects.toMatchObject({ code: 'not_found' })
  const password = 'plum blossom \udc00'
  await expect(setPassword(needs, { ...byOperator, password })).rejects.toMatchObject({ code: 'malformed_password' })
})

test('when hashing has no place no transaction is begun', async () => {
  const full = {
    ...plainHasher(),
    hash: () => Promise.reject(Object.assign(new Error('full'), { unavailable: 'hashing' })),
  }
  const { needs, steps } = world(full)
  await expect(setPassword(needs, byOperator)).rejects.toMatchObject({ unavailable: 'hashing' })
  expect(steps).toEqual([])
})

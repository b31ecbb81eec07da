import { expect, test } from '@jest/globals'
import { byLan, down, lansLaptop, passwordWorld, right } from '../../test/support/password-world.ts'
import { checkPassword, type PasswordAttempt, passwordCredential } from './passwords.ts'

test.each([
  ['number', '202407010101'],
  ['number in full-width digits', '２０２４０７０１０１０１'],
  ['alias', ' LAN '],
])('a right password says whose it is, by %s', async (_what, login) => {
  const { needs } = await passwordWorld()
  expect(await checkPassword(needs, { ...byLan, login })).toEqual({ kind: 'right', personId: 'lan' })
})

test('a suspended person who proves the password is told so later, by whoever completes the sign-in', async () => {
  const { needs } = await passwordWorld()
  const outcome = await checkPassword(needs, { ...byLan, login: 'suspended' })
  expect(outcome).toEqual({ kind: 'right', personId: 'suspended' })
})

const notRight: [string, Partial<PasswordAttempt>, string][] = [
  ['a wrong password', { password: 'plum blossom in the sno' }, 'wrong_password'],
  ['an empty password', { password: '' }, 'wrong_password'],
  ['a password with an end that others would cut off', { password: `${right}${'x'.repeat(300)}` }, 'wrong_password'],
  ['a very long password', { password: 'x'.repeat(16_000) }, 'wrong_password'],
  ['a password that is no text', { password: '\ud800' }, 'wrong_password'],
  ['an account that nobody has', { login: '209907010101' }, 'unknown_account'],
  ['no account at all', { login: ' ' }, 'unknown_account'],
  ['a wrong password for a suspended person', { login: 'suspended', password: 'guess' }, 'wrong_password'],
  ['a person who has no password yet', { login: 'pending' }, 'no_password'],
]

test.each(notRight)('%s is wrong, and the audit alone knows why', async (_what, changes, reason) => {
  const { needs, events } = await passwordWorld()
  expect(await checkPassword(needs, { ...byLan, ...changes })).toEqual({ kind: 'wrong' })
  expect(events).toHaveLength(1)
  expect(events[0]).toMatchObject({
    event: 'sign-in.refused',
    result: 'refused',
    reason,
    client: 'demo-portal',
    address: '203.0.113.7',
    request: 'r1',
  })
})

/** The names of all calls to a port, in order, that one attempt makes. */
async function costOf(changes: Partial<PasswordAttempt>, { isShed = false } = {}): Promise<string[]> {
  const { needs } = await passwordWorld()
  const verify = isShed ? () => Promise.reject(down('hashing')) : needs.hasher.verify
  const calls: string[] = []
  const watch = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          calls.push(String(name))
          return value.apply(target, given)
        }
      },
    })
  const { credentials, hasher, audit, expiring } = needs
  await checkPassword(
    {
      config: needs.config,
      keyrings: needs.keyrings,
      credentials: watch(credentials),
      hasher: watch({ ...hasher, verify }),
      audit: watch(audit),
      expiring: watch(expiring),
    },
    { ...byLan, ...changes },
  ).catch(() => calls.push('rejected'))
  return calls
}

test('whatever is wrong costs the same questions and one hash', async () => {
  const asked = ['findByLogin', 'countAll', 'takeTry', 'verify']
  const whenShed = [...asked, 'countAll', 'giveBackTry', 'rejected']
  for (const [, changes] of notRight) {
    expect(await costOf(changes)).toEqual([...asked, 'record'])
    expect(await costOf(changes, { isShed: true })).toEqual(whenShed)
  }
})

test('the audit row of an unknown account carries a keyed hash of the text, which may be a password', async () => {
  const { needs, events } = await passwordWorld()
  await checkPassword(needs, { ...byLan, login: 'oops my password' })
  await checkPassword(needs, { ...byLan, login: 'oopsmypassword' })
  expect(JSON.stringify(events)).not.toContain('oops')
  expect(events[0]?.subject).toBeUndefined()
  expect(events[0]?.details?.['fingerprint']).toMatch(/^[\w-]{43}$/)
  expect(events[0]?.details).toEqual(events[1]?.details)
  await checkPassword(needs, { ...byLan, login: 'lan', password: 'guess' })
  expect(events[2]).toMatchObject({ subject: 'person:lan', details: { method: 'password' } })
  expect(events[2]?.details).not.toHaveProperty('fingerprint')
})

test('é is one password, however the keyboard spells it; full-width digits are other characters', async () => {
  const { needs, credentials, hasher } = await passwordWorld()
  const hash = await hasher.hash('café blossom 1'.normalize('NFC'), { address: '', account: '' })
  await credentials.put(passwordCredential, 'lan', { hash })
  const kind = async (password: string) => (await checkPassword(needs, { ...byLan, password })).kind
  expect(await kind('cafe\u0301 blossom 1')).toBe('right')
  expect(await kind('café blossom 1')).toBe('right')
  expect(await kind('café blossom １')).toBe('wrong')
})

test('the longest password is compared to its end, and a longer one is never cut to it', async () => {
  const { needs, credentials } = await passwordWorld()
  const longest = '雪'.repeat(256)
  await credentials.put(passwordCredential, 'lan', { hash: `new:${longest}` })
  expect(await checkPassword(needs, { ...byLan, password: longest })).toMatchObject({ kind: 'right' })
  expect(await checkPassword(needs, { ...byLan, password: `${longest}雪` })).toEqual({ kind: 'wrong' })
  expect(await checkPassword(needs, { ...byLan, password: longest.slice(1) })).toEqual({ kind: 'wrong' })
})

test('an outdated hash is made anew at the next sign-in, never over one that has changed meanwhile', async () => {
  const { needs, credentials, hasher } = await passwordWorld()
  const outdated = { hash: `old:${right}` }
  await credentials.put(passwordCredential, 'lan', outdated)
  expect(await checkPassword(needs, { ...byLan, password: 'guess' })).toEqual({ kind: 'wrong' })
  expect(await credentials.find(passwordCredential, 'lan')).toEqual(outdated)
  expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'right' })
  expect(await credentials.find(passwordCredential, 'lan')).toEqual({ hash: `new:${right}` })

  await credentials.put(passwordCredential, 'lan', outdated)
  const changed = { hash: 'new:changed by its owner' }
  const slow = {
    ...hasher,
    async hash(password: string) {
      await credentials.put(passwordCredential, 'lan', changed)
      return `new:${password}`
    },
  }
  expect(await checkPassword({ ...needs, hasher: slow }, byLan)).toEqual({ kind: 'wrong' })
  expect(await credentials.find(passwordCredential, 'lan')).toEqual(changed)
})

test('of two that sign in at once over an outdated hash both are right', async () => {
  const { needs, credentials } = await passwordWorld()
  await credentials.put(passwordCredential, 'lan', { hash: `old:${right}` })
  const answers = await Promise.all([checkPassword(needs, byLan), checkPassword(needs, byLan)])
  expect(answers.map(({ kind }) => kind)).toEqual(['right', 'right'])
  expect(await credentials.find(passwordCredential, 'lan')).toEqual({ hash: `new:${right}` })
})

test('a password that is replaced while it is being verified proves nothing any more', async () => {
  const { needs, credentials, hasher, events } = await passwordWorld()
  const changed = { hash: 'new:changed by staff' }
  const slow = {
    ...hasher,
    async verify(...asked: Parameters<typeof hasher.verify>) {
      const matches = await hasher.verify(...asked)
      await credentials.put(passwordCredential, 'lan', changed)
      return matches
    },
  }
  expect(await checkPassword({ ...needs, hasher: slow }, byLan)).toEqual({ kind: 'wrong' })
  expect(events.at(-1)).toMatchObject({ result: 'refused', reason: 'password_changed' })
})

test('a full hashing queue keeps nobody out who was right already: the hash is renewed another time', async () => {
  const { needs, credentials, hasher } = await passwordWorld()
  await credentials.put(passwordCredential, 'lan', { hash: `old:${right}` })
  const full = { ...hasher, hash: () => Promise.reject(down('hashing')) }
  expect(await checkPassword({ ...needs, hasher: full }, byLan)).toMatchObject({ kind: 'right' })
  expect(await credentials.find(passwordCredential, 'lan')).toEqual({ hash: `old:${right}` })
  const broken = { ...hasher, hash: () => Promise.reject(new Error('a bug')) }
  await expect(checkPassword({ ...needs, hasher: broken }, byLan)).rejects.toThrow('a bug')
})

test.each([
  ['the counters', 'redis', { expiring: { countAll: () => Promise.reject(down('redis')) } }],
  ['the credentials', 'postgres', { credentials: { findByLogin: () => Promise.reject(down('postgres')) } }],
  ['the lasting count', 'postgres', { credentials: { takeTry: () => Promise.reject(down('postgres')) } }],
  ['the forgetting of failures', 'postgres', { credentials: { confirm: () => Promise.reject(down('postgres')) } }],
])('nobody gets in while %s cannot be reached', async (_what, unavailable, failing: Record<string, object>) => {
  const { needs } = await passwordWorld()
  const broken = Object.fromEntries(
    Object.entries(needs).map(([name, port]) => [name, { ...port, ...failing[name] }]),
  ) as typeof needs
  await expect(checkPassword(broken, byLan)).rejects.toMatchObject({ unavailable })
})

test('a refusal that cannot be written down is not answered', async () => {
  const { needs, audit } = await passwordWorld()
  const silent = { ...needs, audit: { ...audit, record: () => Promise.reject(down('postgres')) } }
  await expect(checkPassword(silent, { ...byLan, password: 'guess' })).rejects.toMatchObject({
    unavailable: 'postgres',
  })
})

test('the queue is told for whom it hashes: a device of the person’s does not wait behind its address', async () => {
  const { needs, hasher } = await passwordWorld()
  await checkPassword(needs, byLan)
  await checkPassword(needs, { ...byLan, device: lansLaptop })
  expect(hasher.lines).toEqual([
    { address: '203.0.113.7', account: 'lan' },
    { address: 'device laptop', account: 'lan' },
  ])
})

test('what a newer version has noted beside a password stays, and keeps nobody out', async () => {
  const { needs, credentials } = await passwordWorld()
  const noted = { hash: `new:${right}`, later: 'something' }
  await credentials.put(passwordCredential, 'lan', noted)
  expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'right' })
  expect(await credentials.find(passwordCredential, 'lan')).toEqual(noted)
})

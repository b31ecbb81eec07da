import { expect, test } from '@jest/globals'
import { commandWorld } from '../../test/support/command-world.ts'
import { sampleSecret } from '../../test/support/sample-config.ts'
import { sampleKey } from '../../test/support/sample-key.ts'
import { openKeyrings } from '../keys/keys.ts'
import { silentMetrics } from '../metrics/metrics.ts'

/** After the first start of a server. */
async function started() {
  const world = commandWorld()
  await openKeyrings({ ...world.campus, metrics: silentMetrics })
  const rows = async (purpose: string) => (await world.campus.keys.list()).filter((key) => key.purpose === purpose)
  return { ...world, rows }
}

test('the keys are listed with what will become of them', async () => {
  const { campus, type } = commandWorld()
  const announcedAt = new Date('2026-08-31T23:00:00Z')
  const next = sampleKey('new', 'ES256', { announcedAt, activeFrom: new Date('2026-09-01T01:00:00Z') })
  await campus.keys.addFirst([sampleKey('old', 'ES256')])
  await campus.keys.follow('old', next, new Date('2026-10-01T01:00:00Z'))
  const { out, code } = await type(['keys', 'list'])
  expect(code).toBe(0)
  expect(out).toBe(
    [
      'KEY  FOR    STATE      SINCE                 NEXT                           SEALED BY',
      'old  ES256  active     2026-01-01T00:00:00Z  retiring 2026-09-01T01:00:00Z  k1',
      'new  ES256  announced  2026-08-31T23:00:00Z  active 2026-09-01T01:00:00Z    k1',
      '',
    ].join('\n'),
  )
})

test('the list shows nothing that is secret, for programs neither', async () => {
  const { type, campus } = await started()
  for (const argv of [
    ['keys', 'list'],
    ['keys', 'list', '--json'],
  ]) {
    const { out } = await type(argv)
    for (const { sealed } of await campus.keys.list()) {
      expect(out).not.toContain(Buffer.from(sealed).toString('base64url'))
      expect(out).not.toContain('sealed":')
    }
  }
})

test('before the first start there are none', async () => {
  const { err } = await commandWorld().type(['keys', 'list'])
  expect(err).toContain('the first start of the server makes them')
})

test('a rotation announces the next keys that sign tokens, and says from when on they do', async () => {
  const { type, rows, acts } = await started()
  const { out, code } = await type(['keys', 'rotate'])
  expect(code).toBe(0)
  expect(out).toMatch(/^ES256: \S+ is announced, and is used from 2026-09-01T02:00:00Z on\.\nRS256: /)
  expect([await rows('ES256'), await rows('RS256'), await rows('cookies')].map(({ length }) => length)).toEqual([
    2, 2, 1,
  ])
  expect(acts().map(({ event, actor }) => `${event} ${actor}`)).toEqual([
    'key.announced operator:wang',
    'key.announced operator:wang',
  ])
  expect((await type(['keys', 'rotate'])).out).toContain('was announced already')
})

test('a rotation of one algorithm, or of the key of cookies, leaves the others alone', async () => {
  const { type, rows } = await started()
  await type(['keys', 'rotate', '--alg', 'ES256'])
  await type(['keys', 'rotate', '--cookies'])
  expect([await rows('ES256'), await rows('RS256'), await rows('cookies')].map(({ length }) => length)).toEqual([
    2, 1, 2,
  ])
})

test.each([
  [['--alg', 'ES512'], 'Allowed choices are ES256, RS256'],
  [['--alg', 'ES256', '--cookies'], 'Either --alg or --cookies'],
])('a rotation of %j is not understood', async (options, says) => {
  const { type, acts } = await started()
  const { code, err } = await type(['keys', 'rotate', ...options])
  expect([code, acts()]).toEqual([2, []])
  expect(err).toContain(says)
})

test('keys that somebody else may know are withdrawn at once, after a warning of what breaks', async () => {
  const { type, rows, acts } = await started()
  const [before] = await rows('ES256')
  const { code, asked } = await type(['keys', 'rotate', '--alg', 'ES256', '--now'], { answers: ['y'] })
  expect(code).toBe(0)
  expect(asked[0]).toMatch(/^Withdraw the keys for ES256 now\? Tokens .* are refused/)
  const after = await rows('ES256')
  expect(after).toHaveLength(1)
  expect(after[0]?.id).not.toBe(before?.id)
  expect(acts().map(({ event }) => event)).toEqual(['key.withdrawn', 'key.replaced'])
})

test.each([
  ['by a no', { answers: ['n'] }],
  ['where nobody can be asked', {}],
])('they stay %s', async (_how, sitting) => {
  const { type, acts } = await started()
  expect((await type(['keys', 'rotate', '--now'], sitting)).code).toBe(3)
  expect(acts()).toEqual([])
})

test('withdrawing the key of cookies says that everybody has to sign in again', async () => {
  const { type } = await started()
  const { err } = await type(['keys', 'rotate', '--cookies', '--now'])
  expect(err).toContain('Everybody has to sign in again')
  expect((await type(['keys', 'rotate', '--cookies', '--now', '--yes'])).code).toBe(0)
})

test('keys are sealed by the present secret, and the second time there is nothing to do', async () => {
  const { type, campus } = await started()
  const ring = [sampleSecret('k2'), ...campus.config.keyEncryptionKeys] as const
  const powers = { campus: async () => ({ ...campus, config: { ...campus.config, keyEncryptionKeys: ring } }) }
  expect((await type(['keys', 'reseal'], { powers })).out).toContain("4 of 4 sealed anew. All are sealed by 'k2' now")
  expect((await type(['keys', 'reseal'], { powers })).out).toContain('0 of 4 sealed anew')
})

test('a key that nothing opens is told in words that help', async () => {
  const { type, campus } = await started()
  const config = { ...campus.config, keyEncryptionKeys: [sampleSecret('k9')] as const }
  const { code, err } = await type(['keys', 'reseal'], { powers: { campus: async () => ({ ...campus, config }) } })
  expect(code).toBe(2)
  expect(err).toMatch(/^The \w+ key \S+ is sealed by 'k1', which KEY_ENCRYPTION_KEY does not hold: add it again/)
})

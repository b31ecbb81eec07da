import { describe, expect, test } from '@jest/globals'
import { commandWorld } from '../../test/support/command-world.ts'
import { hashSecret } from '../clients/clients.ts'

const create = ['registration-token', 'create', '--name', '实验室', '--host', 'lab.school.example']

describe('registration-token create', () => {
  test('prints the token once, and keeps its hash', async () => {
    const { type, campus, acts } = commandWorld()
    const { code, out, err } = await type([...create, '--scope', 'profile', '--clients', '3', '--days', '2'])
    expect(code).toBe(0)
    expect(out).toMatch(/^[\w-]{43}\n$/)
    expect(err).toContain('2026-09-03T00:00:00Z')
    expect(await campus.registrationTokens.findByHash(hashSecret(out.trim()))).toMatchObject({
      name: '实验室',
      clientsMax: 3,
      policy: {
        hosts: ['lab.school.example'],
        scopes: ['openid', 'profile'],
        authMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
      },
    })
    expect(JSON.stringify(await acts())).not.toContain(out.trim())
    const list = await type(['registration-token', 'list', '--json'])
    expect(list.out).not.toContain(out.trim())
  })

  test('lets clients ask for the identifier that all share with --public-subject alone, as a row says', async () => {
    const { type, auditLog } = commandWorld()
    const policyOf = async (...more: string[]) => JSON.parse((await type([...create, '--json', ...more])).out).policy
    expect(await policyOf()).not.toHaveProperty('publicSubject')
    expect(await policyOf('--public-subject')).toMatchObject({ publicSubject: true })
    expect(auditLog.rows.map(({ details }) => details?.['subject'])).toEqual([undefined, 'public'])
  })

  test.each([
    ['a wildcard', '*.school.example'],
    ['an address', 'https://lab.school.example/'],
    ['a port', 'lab.school.example:443 '],
    ['capitals', 'Lab.school.example'],
    ['a scheme that anybody has', 'javascript:'],
    ['nothing', ''],
  ])('refuses %s as a host', async (_what, host) => {
    const { type, campus } = commandWorld()
    const { code } = await type(['registration-token', 'create', '--name', 'x', '--host', host])
    expect(code).toBe(2)
    expect(await campus.registrationTokens.list()).toEqual([])
  })

  test.each([
    [['--clients', '0']],
    [['--days', '400']],
    [['--scope', 'everything']],
    [['--auth-method', 'client_secret_jwt']],
  ])('refuses %j', async (options) => {
    expect((await commandWorld().type([...create, ...options])).code).toBe(2)
  })
})

test('registration-token list shows what became of each', async () => {
  const { type } = commandWorld()
  expect(await type(['registration-token', 'list'])).toMatchObject({ code: 0, err: 'None.\n' })
  await type([...create, '--host', 'loopback', 'cn.edu.school:'])
  const { out } = await type(['registration-token', 'list'])
  expect(out).toMatch(/实验室 +valid +0 of 1 +2026-09-08T00:00:00Z +lab\.school\.example loopback cn\.edu\.school:/)
})

test('registration-token revoke ends one, once, and leaves a row', async () => {
  const { type, acts } = commandWorld()
  const { id } = JSON.parse((await type([...create, '--json'])).out)
  expect((await type(['registration-token', 'revoke', id])).code).toBe(0)
  expect((await type(['registration-token', 'list'])).out).toContain('revoked')
  expect(await type(['registration-token', 'revoke', id])).toMatchObject({ code: 3 })
  expect((await type(['registration-token', 'revoke', 'nobody'])).code).toBe(3)
  const rows = JSON.stringify(await acts())
  expect(rows).toContain('registration-token.created')
  expect(rows).toContain('registration-token.revoked')
})

import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { createDiscovery } from '../../examples/demo-relying-parties/discovery.ts'
import { readForm } from '../../examples/demo-relying-parties/http.ts'
import { readSettings } from '../../examples/demo-relying-parties/settings.ts'

describe('a posted form', () => {
  const post = (body: string, type = 'application/x-www-form-urlencoded; charset=utf-8') => {
    return readForm(Object.assign(Readable.from([Buffer.from(body)]), { headers: { 'content-type': type } }))
  }

  test('is read when it is a form of a size that we know', async () => {
    expect((await post('logout_token=x%2By'))?.get('logout_token')).toBe('x+y')
  })

  test('is not read when it is too long, or no form', async () => {
    expect(await post(`logout_token=${'a'.repeat(16 * 1024)}`)).toBeNull()
    expect(await post('{}', 'application/json')).toBeNull()
  })
})

describe('discovery', () => {
  test('never speaks plain http to another machine', async () => {
    const issuer = new URL('http://id.school.example')
    const findProvider = createDiscovery({ issuer, clientId: 'demo-portal', clientSecret: 'x' })
    await expect(findProvider()).rejects.toThrow('only requests to HTTPS are allowed')
  })
})

describe('the settings', () => {
  test.each([
    ['ISSUER', {}],
    ['PORTAL_URL', { ISSUER: 'http://localhost:3000' }],
    ['PORTAL_SECRET_FILE', { ISSUER: 'http://localhost:3000', PORTAL_URL: 'http://127.0.0.1:3001' }],
  ])('name %s when it is missing', (name, environment) => {
    expect(() => readSettings(environment)).toThrow(name)
  })
})

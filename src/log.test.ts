import { describe, expect, test } from '@jest/globals'
import { createLog, maskLogin } from './log.ts'

function logged(level: 'info' | 'warn' = 'info') {
  const lines: string[] = []
  const log = createLog({ logLevel: level }, { write: (line) => lines.push(line) })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') }
}

describe('a line', () => {
  test('is one JSON object with an ISO time and the name of its level', () => {
    const { log, lines, last } = logged()
    log.info({ request: 'r1', status: 200 }, 'request.answered')
    expect(lines).toEqual([expect.stringMatching(/^\{.*\}\n$/)])
    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      pid: process.pid,
      request: 'r1',
      status: 200,
      msg: 'request.answered',
    })
  })

  test('may be a word alone, or fields alone', () => {
    const { log, last } = logged()
    log.info('server.ready')
    expect(last()).toMatchObject({ msg: 'server.ready' })
    log.info({ port: 3000 })
    expect(last()).toMatchObject({ port: 3000 })
    expect(last()).not.toHaveProperty('msg')
  })

  test('below the level is not written', () => {
    const { log, lines } = logged('warn')
    log.info('quiet')
    expect(lines).toEqual([])
  })

  test('holds no secret, at the top or one level below', () => {
    const { log, lines } = logged()
    const secrets = { password: 'swordfish', cookie: 'swordfish', 'set-cookie': 'swordfish', token: 'swordfish' }
    log.info({ ...secrets, headers: { authorization: 'Basic swordfish', ...secrets }, body: { login: 'swordfish' } })
    expect(lines.join()).not.toContain('swordfish')
    expect(lines.join()).toContain('[redacted]')
  })

  test('keeps the path of an address and drops its query', () => {
    const { log, last } = logged()
    log.info({ url: '/auth?login_hint=202407010101', from: { url: 'https://rp.example/cb?code=swordfish' } })
    expect(last()).toMatchObject({ url: '/auth', from: { url: 'https://rp.example/cb' } })
  })

  test('keeps what is more than its fields as it is', () => {
    const { log, last } = logged()
    log.info({ at: new Date(0), from: { at: new Date(0) }, list: [{ a: 1 }], none: null })
    expect(last()).toMatchObject({
      at: '1970-01-01T00:00:00.000Z',
      from: { at: '1970-01-01T00:00:00.000Z' },
      none: null,
    })
    expect(last().list).toEqual([{ a: 1 }])
  })

  test('that warns takes along all that waits to be written', () => {
    let flushes = 0
    const flushSync = () => {
      flushes += 1
    }
    const log = createLog({ logLevel: 'info' }, { write: () => undefined, flushSync })
    log.info('request')
    expect(flushes).toBe(0)
    log.warn('store.failed')
    log.error('bug')
    expect(flushes).toBe(2)
  })

  test('keeps stable codes readable', () => {
    const { log, last } = logged()
    log.info({ code: 'visit_expired' })
    expect(last().code).toBe('visit_expired')
  })
})

describe('an error', () => {
  test('shows its name, code, stack and causes', () => {
    const { log, last } = logged()
    const cause = Object.assign(new TypeError('the root'), { code: 'ECONNREFUSED' })
    log.error({ err: new Error('the branch', { cause }) }, 'store.failed')
    expect(last().err).toMatchObject({
      type: 'Error',
      message: 'the branch',
      stack: expect.stringContaining('log.test.ts'),
      cause: { type: 'TypeError', message: 'the root', code: 'ECONNREFUSED' },
    })
  })

  test('of several shows each of them', () => {
    const { log, last } = logged()
    log.error({ err: new AggregateError([new Error('first'), 'second'], 'all failed') })
    expect(last().err.errors).toMatchObject([{ message: 'first' }, { type: 'string', message: 'second' }])
  })

  test('that is its own cause ends', () => {
    const { log, last } = logged()
    const error: Error = new Error('a circle')
    error.cause = error
    log.error({ err: error })
    expect(last().err.cause.cause.message).toBe('a circle')
  })

  test('of PostgreSQL shows neither parameters, nor the row, nor quoted values', () => {
    const { log, lines, last } = logged()
    const error = Object.assign(new Error('invalid input syntax for type uuid: "swordfish"'), {
      code: '22P02',
      detail: 'Key (login)=(swordfish) already exists.',
      parameters: ['swordfish'],
      where: 'unnamed portal parameter $1 = swordfish',
      query: 'SELECT 1',
    })
    log.error({ err: error })
    expect(lines.join()).not.toContain('swordfish')
    expect(last().err).toMatchObject({ code: '22P02', message: 'invalid input syntax for type uuid: "…"' })
    log.error({ err: new Error('Key (login)=(swordfish) already exists.') })
    log.error(new Error('Key (login)=(swordfish) already exists.'))
    expect(last()).toMatchObject({ msg: 'Error', err: { message: 'Key (login)=(…) already exists.' } })
    expect(lines.join()).not.toContain('swordfish')
  })

  test('keeps names of tables and constraints, which an operator needs', () => {
    const { log, last } = logged()
    log.error({ err: new Error('duplicate key value violates unique constraint "logins_pkey"') })
    expect(last().err.message).toContain('"logins_pkey"')
  })

  test('masks numbers of people and passwords in addresses', () => {
    const { log, lines, last } = logged()
    log.error({ err: new Error('202407010101 at postgres://campus:swordfish@db.example/campus') })
    expect(last().err.message).toBe('2024****0101 at postgres://…@db.example/campus')
    expect(lines.join()).not.toContain('swordfish')
  })
})

test.each([
  ['202407010101', '2024****0101'],
  ['13800138000', '13****00'],
  ['alice', '****'],
  ['', '****'],
  ['阿依古丽·买买提江·吐尔逊', '阿依古丽****·吐尔逊'],
])('the login %s is shown as %s', (login, shown) => {
  expect(maskLogin(login)).toBe(shown)
})

import { describe, expect, test } from '@jest/globals'
import { startsServers } from './left-out-tests.ts'
import { type Machine, NOTHING as nothing, plan } from './requirements.ts'

const everything = {
  PostgreSQL: '15.18',
  Redis: '7.0.15',
  Chromium: '156.0',
  'Chinese fonts': '(Noto CJK)',
  OpenSSL: '3.0',
  nginx: '1.22.1',
  mod_auth_openidc: '2.4.71',
}
const debian: Machine = { installed: everything, answering: nothing, given: new Set(), hasApt: true, asRoot: [] }

describe('the plan for a machine', () => {
  test('that has everything: nothing to run, a line each', () => {
    expect(plan(debian)).toEqual({
      met: [
        'PostgreSQL 15.18',
        'Redis 7.0.15',
        'Chromium 156.0',
        'Chinese fonts (Noto CJK)',
        'OpenSSL 3.0',
        'nginx 1.22.1',
        'mod_auth_openidc 2.4.71',
      ],
      run: [],
      complaints: [],
    })
  })

  test('that has nothing, as root: installs every package', () => {
    const { met, run, complaints } = plan({ ...debian, installed: nothing })
    expect([met, complaints]).toEqual([[], []])
    expect(run.map((words) => words.join(' '))).toEqual([
      'env DEBIAN_FRONTEND=noninteractive apt-get update --quiet=2',
      'env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends ' +
        'postgresql redis-server chromium fonts-noto-cjk openssl nginx-light libapache2-mod-auth-openidc',
    ])
  })

  test('that lacks one thing, with sudo: installs that one', () => {
    const { run } = plan({ ...debian, installed: { ...everything, Chromium: null }, asRoot: ['sudo', '-n'] })
    expect(run.at(-1)?.join(' ')).toMatch(/^sudo -n env .* install .* chromium$/)
  })

  test('where we may not install: one line to run', () => {
    const { run, complaints } = plan({ ...debian, installed: { ...everything, Redis: null }, asRoot: null })
    expect(run).toEqual([])
    expect(complaints).toEqual([
      expect.stringMatching(/^missing, please run: sudo .* update .* && sudo .* redis-server$/),
    ])
  })

  test('without apt: names what is missing', () => {
    const { complaints } = plan({ ...debian, installed: { ...nothing, Chromium: '156.0' }, hasApt: false })
    expect(complaints).toEqual([
      'missing, please install and put on PATH: PostgreSQL 15 or newer, Redis 7 or newer, Chinese fonts, OpenSSL, ' +
        'nginx, mod_auth_openidc',
    ])
  })

  test('whose PostgreSQL is too old: says so, and installs nothing', () => {
    const { run, complaints } = plan({ ...debian, installed: { ...everything, PostgreSQL: '13.16', Redis: null } })
    expect(run).toEqual([])
    expect(complaints).toEqual(['PostgreSQL is 13.16: 15 or newer is needed'])
  })
})

describe('a server that the environment gives', () => {
  const lent = {
    ...debian,
    installed: { ...everything, PostgreSQL: null, Redis: null },
    given: new Set(['TEST_DATABASE_URL', 'TEST_REDIS_URL']),
  }

  test('stands in for one that is not installed', () => {
    const { met, run, complaints } = plan({ ...lent, answering: { ...nothing, PostgreSQL: '17.2', Redis: '8.0.1' } })
    expect(met.slice(0, 2)).toEqual(['PostgreSQL 17.2 at TEST_DATABASE_URL', 'Redis 8.0.1 at TEST_REDIS_URL'])
    expect([run, complaints]).toEqual([[], []])
  })

  test('that does not answer is not replaced by another in silence', () => {
    const { run, complaints } = plan({ ...lent, answering: { ...nothing, PostgreSQL: '17.2' } })
    expect(run).toEqual([])
    expect(complaints).toEqual(['Redis: nothing answers at TEST_REDIS_URL'])
  })
})

test.each([
  ["import { startRedis } from '../support/redis-server.ts'", true],
  ["import { startRedisCluster } from './redis-cluster.ts'", true],
  ["import { freshRedis } from '../support/fresh-stores.ts'", false],
])('a test that says `%s` starts servers of its own: %s', (source, expected) => {
  expect(startsServers(source)).toBe(expected)
})

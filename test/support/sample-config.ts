import { randomBytes } from 'node:crypto'
import type { Config } from '../../src/config.ts'
import type { Secret } from '../../src/keys/keys.ts'

export function sampleSecret(id: string): Secret {
  return { id, value: randomBytes(32) }
}

/** A configuration of the profile `test` with secrets of its own: for tests of rooms that take `config`. */
export function sampleConfig(changes: Partial<Config> = {}): Config {
  return {
    profile: 'test',
    issuer: 'https://id.school.example',
    host: null,
    port: 3000,
    dataDir: '/nowhere',
    database: { kind: 'embedded' },
    redis: null,
    trustedProxies: [],
    campusNetworks: [],
    outboundNetworks: [],
    schoolDomain: null,
    keyEncryptionKeys: [sampleSecret('k1')],
    passwordPeppers: [sampleSecret('p1')],
    passwordHasher: 'node-rs',
    documentHmacKeys: [sampleSecret('d1')],
    keyRotationDays: 90,
    cookieKeyRotationDays: 90,
    workers: 1,
    timeZone: 'Asia/Shanghai',
    metrics: null,
    tracing: null,
    logLevel: 'silent',
    clientsFile: '/nowhere/clients.json',
    ...changes,
  }
}

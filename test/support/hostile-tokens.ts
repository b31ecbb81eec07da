/** JWTs that nobody may take, made from one that is good: each kind of attack in as many forms as are asked for. */
import { createHmac, createSign, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { createRandom, type Random } from './random.ts'

export interface GoodToken {
  header: Record<string, unknown>
  payload: Record<string, unknown>
  /** As the holder signs it: P-256. */
  token: string
  publicKey: KeyObject
  /** Where a client has one: for those who sign with what everybody knows. */
  secret: string
}

export interface Attack {
  kind: string
  token: string
}

interface Making extends GoodToken {
  random: Random
  attacker: { privateKey: KeyObject; jwk: JsonWebKey }
}

type Make = (making: Making) => string

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const join = (header: unknown, payload: unknown, signature = '') => `${encode(header)}.${encode(payload)}.${signature}`

/** By a key that is not the holder's. */
function signed({ attacker }: Making, header: Record<string, unknown>, payload: unknown): string {
  const input = `${encode(header)}.${encode(payload)}`
  const key = { key: attacker.privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${createSign('SHA256').update(input).sign(key).toString('base64url')}`
}

function hashed(header: Record<string, unknown>, payload: unknown, secret: string | Buffer): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const partsOf = (token: string) => {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return { header, payload, signature }
}

const KIDS = [
  '../../../../../../dev/null',
  '/etc/passwd',
  "x' OR '1'='1",
  "'; DROP TABLE keys; --",
  '$(touch x)',
  '{{7*7}}',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  'k'.repeat(4_000),
  '%2e%2e%2f',
  'http://198.51.100.7/key',
]
const ADDRESSES = ['https://198.51.100.7/jwks', 'http://127.0.0.1:1/jwks', 'file:///etc/passwd', '//198.51.100.7/x']
const NOBODY = ['-', '.', '..', '...', 'a.b', 'a.b.c', 'null', '{}', '[]', '🔑', '%', 'e30.e30.', 'e30.e30.e30']

/** What the payload may not become; the signature is the attacker's, or still the one of the good token. */
function changed(payload: Record<string, unknown>, random: Random): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000)
  return random.pick<Record<string, unknown>>([
    { ...payload, sub: `somebody-${random.between(0, 1e6)}` },
    { ...payload, iss: 'https://evil.example' },
    { ...payload, aud: ['https://evil.example', random.between(0, 1e6)] },
    { ...payload, exp: now - random.between(100_000, 900_000) },
    { ...payload, exp: String(now + 60), iat: {} },
    { ...payload, nbf: now + random.between(100_000, 900_000) },
    { ...payload, exp: 1e308, iat: -1e308 },
    { ...payload, jti: { $ne: random.between(0, 1e6) } },
    { ...payload, ['__proto__']: { isAdmin: true }, constructor: { prototype: {} } },
    { ...payload, padding: 'x'.repeat(random.between(1, 3_000)) },
  ])
}

const MAKERS: Record<string, Make> = {
  'no algorithm': ({ random, header, payload }) => {
    const alg = random.pick(['none', 'None', 'NONE', 'nOnE', '', null, 0, ['none']])
    return join({ ...header, alg }, changed(payload, random), random.pick(['', 'AA', 'e30']))
  },
  'no algorithm, and the signature of the good one': ({ header, payload, token, random }) =>
    join({ ...header, alg: 'none' }, changed(payload, random), partsOf(token).signature),
  'HMAC with the public key': ({ header, payload, publicKey, random }) => {
    const forms = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(publicKey.export({ format: 'jwk' })),
      String(publicKey.export({ format: 'jwk' }).x),
    ]
    const alg = random.pick(['HS256', 'HS384', 'HS512'])
    return hashed({ ...header, alg }, changed(payload, random), random.pick(forms))
  },
  'HMAC with what is known or empty': ({ header, payload, random, secret }) =>
    hashed({ ...header, alg: 'HS256' }, changed(payload, random), random.pick(['', 'secret', secret.slice(0, 8)])),
  'another algorithm over the same signature': ({ header, payload, token, random }) => {
    const alg = random.pick(['RS256', 'PS256', 'ES384', 'ES512', 'EdDSA', 'ES256K', 'RS1', 'ES256 ', 'es256', 'X'])
    return join({ ...header, alg }, changed(payload, random), partsOf(token).signature)
  },
  'a signature of zeros': ({ header, payload, random }) =>
    join(header, changed(payload, random), Buffer.alloc(random.pick([0, 1, 32, 64, 96])).toString('base64url')),
  'a key of another': (making) => signed(making, making.header, changed(making.payload, making.random)),
  'a key that it brings along': (making) =>
    signed(
      making,
      { ...making.header, kid: undefined, jwk: making.attacker.jwk },
      {
        ...making.payload,
        sub: `somebody-${making.random.between(0, 1e6)}`,
        iss: 'https://evil.example',
        htu: 'https://evil.example/',
      },
    ),
  'a key to be fetched': (making) => {
    const name = making.random.pick(['jku', 'x5u'])
    const address = `${making.random.pick(ADDRESSES)}?${making.random.between(0, 1e6)}`
    return signed(making, { ...making.header, [name]: address }, changed(making.payload, making.random))
  },
  'a certificate that it brings along': (making) =>
    signed(
      making,
      { ...making.header, x5c: [encode('certificate')], 'x5t#S256': encode('thumbprint') },
      changed(making.payload, making.random),
    ),
  'a key by a strange name': (making) => {
    const kid = making.random.pick<unknown>([...KIDS, null, 0, {}, [], true])
    return signed(making, { ...making.header, kid }, changed(making.payload, making.random))
  },
  'an extension that must be understood': (making) => {
    const crit = making.random.pick<unknown>([['exp'], ['b64'], ['x'], [], 'exp', ['alg'], null])
    return signed(making, { ...making.header, crit, b64: false, x: 1 }, changed(making.payload, making.random))
  },
  'another type': (making) => {
    const typ = making.random.pick<unknown>(['at+jwt', 'logout+jwt', 'JWT', 'x', 1, null, {}])
    return signed(making, { ...making.header, typ }, changed(making.payload, making.random))
  },
  'a changed payload under the good signature': ({ token, payload, random }) => {
    const { header, signature } = partsOf(token)
    return `${header}.${encode(changed(payload, random))}.${signature}`
  },
  'a flipped bit': ({ token, random }) => {
    const bytes = Buffer.from(partsOf(token).signature, 'base64url')
    const at = random.between(0, bytes.length - 1)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.between(0, 7))
    const { header, payload } = partsOf(token)
    return `${header}.${payload}.${bytes.toString('base64url')}`
  },
  'cut short': ({ token, random }) => token.slice(0, random.between(1, token.length - 2)),
  'too many parts': ({ token, random }) => `${token}${'.x'.repeat(random.between(1, 20))}`,
  'encrypted with a password of a billion rounds': ({ random }) => {
    const header = {
      alg: random.pick(['PBES2-HS256+A128KW', 'PBES2-HS512+A256KW']),
      enc: 'A128GCM',
      p2c: random.pick([2 ** 31 - 1, 1e9, 1e308, -1, '1000000']),
      p2s: encode('salt'),
    }
    return [encode(header), encode('key'), encode('iv'), encode('text'), encode('tag')].join('.')
  },
  'compressed to a millionth': ({ random }) => {
    const bomb = deflateRawSync(Buffer.alloc(random.between(100_000, 1_000_000)))
    const header = { alg: random.pick(['dir', 'RSA-OAEP', 'ECDH-ES']), enc: 'A128GCM', zip: 'DEF' }
    return [encode(header), '', encode('iv'), bomb.subarray(0, 1_000).toString('base64url'), encode('tag')].join('.')
  },
  'no JSON': ({ token, random }) => {
    const { payload, signature } = partsOf(token)
    const header = random.pick(['{', 'null', '[]', '"x"', '{"alg":"ES256","alg":"none"}', '\ufeff{}', '{"alg":'])
    return `${encode(header)}.${payload}.${signature}`
  },
  'deep as a well': ({ header, token, random }) =>
    `${encode(header)}.${encode('['.repeat(random.between(500, 2_000)))}.${partsOf(token).signature}`,
  'nothing like one': ({ random }) => `${random.pick(NOBODY)}${random.chance(0.5) ? random.between(0, 1e9) : ''}`,
  'white space and other alphabets': ({ token, random }) => {
    // Of what is signed: in the signature itself they change nothing that it says.
    const at = random.between(1, token.lastIndexOf('.') - 1)
    return token.slice(0, at) + random.pick(['\n', ' ', '=', '+', '/', '\u0000', 'е', '\\']) + token.slice(at)
  },
}

export const KINDS = Object.keys(MAKERS)

/** The same seed, the same attacks; every kind comes as often as any other. */
export function hostileTokens(good: GoodToken, { count, seed }: { count: number; seed: number }): Attack[] {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const attacker = { privateKey, jwk: publicKey.export({ format: 'jwk' }) }
  const making: Making = { ...good, random: createRandom(seed), attacker }
  const makers = Object.entries(MAKERS)
  return Array.from({ length: count }, (_, at) => {
    const [kind, make] = makers[at % makers.length] ?? ['', () => '']
    return { kind, token: make(making) }
  })
}

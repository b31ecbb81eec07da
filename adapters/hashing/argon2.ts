/** One algorithm, two implementations: each gives the same tag for the same input, and reads what the other wrote. */
export interface Argon2 {
  /** Answers a PHC string. */
  hash(password: string, pepper: Uint8Array): string | Promise<string>
  verify(phc: string, password: string, pepper: Uint8Array): boolean | Promise<boolean>
}

/** The OWASP floor. Memory in KiB; one lane, because a server's cores are busy with other people's passwords anyway. */
export const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

export const SALT_BYTES = 16
export const TAG_BYTES = 32
const VERSION = 19

export function formatPhc(salt: Uint8Array, tag: Uint8Array): string {
  const { memoryCost, timeCost, parallelism } = PARAMETERS
  const parameters = `m=${memoryCost},t=${timeCost},p=${parallelism}`
  return ['', 'argon2id', `v=${VERSION}`, parameters, unpadded(salt), unpadded(tag)].join('$')
}

/** Whether a hash costs an attacker less than one made today; dearer ones are left alone. */
export function isWeakerThanToday(phc: string): boolean {
  const [, algorithm, version, parameters, salt = '', tag = ''] = phc.split('$')
  const given = new Map(parameters?.split(',').map((one): [string, number] => [one.slice(0, 2), Number(one.slice(2))]))
  const isEnough =
    algorithm === 'argon2id' &&
    version === `v=${VERSION}` &&
    (given.get('m=') ?? 0) >= PARAMETERS.memoryCost &&
    (given.get('t=') ?? 0) >= PARAMETERS.timeCost &&
    Buffer.from(salt, 'base64').length >= SALT_BYTES &&
    Buffer.from(tag, 'base64').length >= TAG_BYTES
  return !isEnough
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}

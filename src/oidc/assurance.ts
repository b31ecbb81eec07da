/** How sure we are of who signed in: the `acr` ladder (published, each rung above the last) and truthful `amr`. */

export const ASSURANCE_LADDER = [
  'urn:campus-id:acr:password',
  'urn:campus-id:acr:sms',
  'urn:campus-id:acr:scan',
  'urn:campus-id:acr:two-factor',
  'urn:campus-id:acr:phishing-resistant',
] as const

export type Assurance = (typeof ASSURANCE_LADDER)[number]

const LADDER: readonly (string | undefined)[] = ASSURANCE_LADDER

/** RFC 8176 §2, by what they prove: something known, something held, something of the body. */
const FACTORS: Readonly<Record<string, 'known' | 'held' | 'body'>> = {
  pwd: 'known',
  pin: 'known',
  kba: 'known',
  sms: 'held',
  otp: 'held',
  tel: 'held',
  hwk: 'held',
  swk: 'held',
  face: 'body',
  fpt: 'body',
}

/** Keys that answer only to the address for which they were made. */
const BOUND_TO_OUR_ADDRESS = ['hwk', 'swk']

function factorsOf(amr: readonly string[]): number {
  return new Set(amr.map((method) => FACTORS[method]).filter((factor) => factor !== undefined)).size
}

/** What was proven, each once, with `mfa` where it was more than one factor. */
export function methodsTogether(...proven: readonly (readonly string[])[]): string[] {
  const methods = new Set(proven.flat())
  if (factorsOf([...methods]) > 1) methods.add('mfa')
  return [...methods]
}

/** What a sign-in method proves where it succeeds. */
export interface MethodProof {
  method: string
  /** Values of RFC 8176 where there is one. */
  amr: readonly string[]
}

export function assuranceOf({ method, amr }: MethodProof): Assurance {
  if (amr.some((value) => BOUND_TO_OUR_ADDRESS.includes(value))) return 'urn:campus-id:acr:phishing-resistant'
  if (amr.includes('mfa') || factorsOf(amr) > 1) return 'urn:campus-id:acr:two-factor'
  if (method === 'qr-scan') return 'urn:campus-id:acr:scan'
  return amr.includes('sms') ? 'urn:campus-id:acr:sms' : 'urn:campus-id:acr:password'
}

/** Below the ladder (-1) stands whatever is not on it. */
function rung(acr: string | undefined): number {
  return LADDER.indexOf(acr)
}

/** Whoever stands higher satisfies what asks for less. A word that is not on the ladder is never reached. */
export function reaches(acr: string | undefined, wanted: string): boolean {
  return rung(wanted) >= 0 && rung(acr) >= rung(wanted)
}

export function isOnLadder(acr: string): boolean {
  return rung(acr) >= 0
}

export function higherOf(one: string | undefined, other: Assurance): string {
  return one !== undefined && rung(one) > rung(other) ? one : other
}

/** How somebody has signed in so far. */
export interface SignedInBy {
  acr?: string | undefined
  amr?: readonly string[] | undefined
}

/** Of these methods, those that lead from there to one of the rungs that are wanted. */
export function waysTo(wanted: readonly string[], { acr, amr = [] }: SignedInBy, methods: readonly MethodProof[]) {
  return methods.filter(({ method, amr: proves }) => {
    const together = assuranceOf({ method, amr: methodsTogether(amr, proves) })
    return wanted.some((rung) => reaches(higherOf(acr, together), rung))
  })
}

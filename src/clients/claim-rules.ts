/** What must hold for a client's terms about claims. */
import { type Problem, pointer, problemAt } from './problem.ts'
import type { ClientEntry } from './schema.ts'
import { claimsOf, claimsWithin } from './scopes.ts'

type Terms = { [Field in 'claims' | 'claim_names' | 'scope']?: ClientEntry[Field] | undefined }

/**
 * Names that protocols give a meaning of their own (RFC 7519 §4.1, OpenID Connect Core §2 and §5, RFC 7662, RFC 9068,
 * back-channel logout): whoever reads one of them must be able to trust it.
 */
const OF_PROTOCOLS: readonly string[] = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'at_hash', 'c_hash'],
  ...[
    's_hash',
    'sid',
    'events',
    'typ',
    'cnf',
    'act',
    'may_act',
    'client_id',
    'scope',
    'active',
    'token_type',
    'sub_id',
    'username',
  ],
]

export function brokenClaimRules({ claims = null, claim_names: names = {}, scope = '' }: Terms): Problem[] {
  const ofScopes = claimsOf(scope.split(' '))
  const listed = (claims ?? []).flatMap((claim, index) => {
    const path = pointer('claims', index)
    if ((claims ?? []).indexOf(claim) < index) return [problemAt(path, claim, 'each claim once')]
    return ofScopes.includes(claim) ? [] : [problemAt(path, claim, `a claim of its scopes: ${ofScopes.join(', ')}`)]
  })
  const known = claimsWithin(scope.split(' '), { claims })
  // What the client reads in the end: of two claims under one name, one would be lost.
  const read = known.map((claim) => (Object.hasOwn(names, claim) ? names[claim] : claim))
  const renamed = Object.entries(names).flatMap(([claim, name]) => {
    const path = pointer('claim_names', claim)
    if (!known.includes(claim))
      return [problemAt(path, name, `under the name of a claim that it gets: ${known.join(', ')}`)]
    if (OF_PROTOCOLS.includes(name)) return [problemAt(path, name, `another name: protocols give ${name} its meaning`)]
    const isTaken = read.filter((other) => other === name).length > 1
    return isTaken ? [problemAt(path, name, 'a name that no other claim has')] : []
  })
  return [...listed, ...renamed]
}

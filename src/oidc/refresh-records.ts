/**
 * Refresh tokens, as the provider keeps them: of each family the present one, in the document of its session. A
 * rotation writes over the one before, so that a family takes the same room after a thousand of them; whoever shows an
 * earlier token is known by the generation that it carries.
 */
import { type Adapter, errors } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { epochSeconds } from './lifetimes.ts'
import { digestOf, type Locators } from './locators.ts'
import { usedBy } from './session-activity.ts'
import type { SessionDocument, TokenFamily } from './session-document.ts'
import type { SessionDocuments } from './session-documents.ts'
import { RACE_MILLISECONDS, type SingleUse } from './single-use.ts'

/** So many of the last uses are told from a replay, if they fall into one race. */
const CONSUMED_MAX = 5

/** What is told of a token that was used up before anybody noted when. */
const LONG_AGO = 1

interface Parts {
  documents: SessionDocuments
  gatekeeper: Gatekeeper
  locators: Locators
  singleUse: SingleUse
}

export function createRefreshRecords(
  { clock }: Pick<Campus, 'clock'>,
  { documents, gatekeeper, locators, singleUse }: Parts,
): Adapter {
  return {
    async upsert(token, payload) {
      await gatekeeper.admit('RefreshToken', payload)
      const located = locators.locate('RefreshToken', token)
      if (located === null) throw new Error('a refresh token without a session')
      const { uid, family: id, generation } = located
      const { jti: _itself, ...kept } = payload
      const digest = digestOf(token)
      const at = clock()
      const laid = await documents.change(uid, (standing) => {
        const next = withFamily(standing, kept.grantId, id, (before) => {
          // Ours, after a lost reply.
          if (before?.digest === digest) return before
          if ((before?.generation ?? -1) !== generation - 1) return null
          return { id, generation, digest, consumed: before ? consumedBy(before, at.getTime()) : [], payload: kept }
        })
        return next && (next === standing ? next : usedBy(kept.accountId, next, epochSeconds(at)))
      })
      if (laid === null) throw new errors.InvalidGrant('already used')
    },

    async find(token) {
      const located = locators.locate('RefreshToken', token)
      const document = located && (await documents.read(located.uid))
      const grant = document?.grants.find(({ families }) => families.some(({ id }) => id === located?.family))
      const family = grant?.families.find(({ id }) => id === located?.family)
      if (!located || !family) return undefined
      const { accountId, clientId, sessionUid } = family.payload
      gatekeeper.foresee({ personId: accountId ?? null, clientId: clientId ?? null, sessionUid: sessionUid ?? null })
      if (family.digest === digestOf(token)) return { ...structuredClone(family.payload), jti: token }
      // One of a time that the store has forgotten, or one that was never given out, is not known at all.
      if (located.generation >= family.generation) return undefined
      const consumed = family.consumed[family.generation - 1 - located.generation] ?? LONG_AGO
      singleUse.refuseLosers('RefreshToken', consumed)
      return { ...structuredClone(family.payload), jti: token, consumed }
    },

    /** The rotation: the next token takes this one's place when it is saved, and of several that are made one can. */
    consume: async () => undefined,

    async destroy(token) {
      const located = locators.locate('RefreshToken', token)
      if (located === null) return
      await documents.change(located.uid, (standing) => {
        const isStanding = standing?.grants.some(({ families }) => families.some(({ id }) => id === located.family))
        if (!standing || !isStanding) return standing
        const grants = standing.grants.map((grant) => ({
          ...grant,
          families: grant.families.filter(({ id }) => id !== located.family),
        }))
        return { ...standing, grants }
      })
    },
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  }
}

/** null where the grant is gone, or `edit` refuses. */
function withFamily(
  document: SessionDocument | null,
  grantId: string | undefined,
  id: string,
  edit: (before: TokenFamily | null) => TokenFamily | null,
): SessionDocument | null {
  const grant = document?.grants.find((one) => one.id === grantId)
  if (!document || !grant) return null
  const before = grant.families.find((family) => family.id === id) ?? null
  const after = edit(before)
  if (after === null) return null
  if (after === before) return document
  const families = [...grant.families.filter((family) => family !== before), after]
  return { ...document, grants: document.grants.map((one) => (one === grant ? { ...one, families } : one)) }
}

function consumedBy({ consumed }: TokenFamily, at: number): number[] {
  const race = RACE_MILLISECONDS['RefreshToken'] ?? 0
  return [at, ...consumed.filter((time) => at - time < race)].slice(0, CONSUMED_MAX)
}

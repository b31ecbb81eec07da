/**
 * Interactions: where a person stands on a hosted page. They are found by the browser that began them and by no other,
 * they are answered once, and strangers cannot pile them up.
 */
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { CrowdControl } from './crowd-control.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import { decode, encode, keyOf, type Records } from './records.ts'
import { admitBack } from './resumption.ts'
import type { Visitors } from './visitor.ts'

/** Somebody else has answered: a second tab, a double click. */
export class VisitAnswered extends errors.SessionNotFound {}

interface Guards {
  crowd: CrowdControl
  gatekeeper: Gatekeeper
  visitors: Visitors
}

export function createInteractionRecords(issuer: string, records: Records, guards: Guards): Adapter {
  const { crowd, gatekeeper, visitors } = guards
  const key = (uid: string) => keyOf('Interaction', uid)
  return {
    async upsert(uid, payload, seconds = LIFETIME_SECONDS.interaction) {
      const before = records.known(key(uid))
      if (before === null) {
        const { mark, welcome } = visitors.begin(uid)
        const record = encode({ ...withoutBearers(payload), visitor: mark })
        await crowd.put(records, key(uid), record, { seconds })
        welcome()
        return
      }
      // The library saves what it knows of; whose visit it is, is ours to keep.
      const visitor = decode('Interaction', before)?.['visitor']
      const after = encode({ ...withoutBearers(payload), visitor })
      const answer = await records.swap(key(uid), before, after, { seconds })
      if (!answer.swapped) throw new VisitAnswered('this step was answered already')
    },

    /** Every page and the way back come through here, so that none of them can forget to ask whose visit it is. */
    async find(uid) {
      const interaction = decode('Interaction', await records.read(key(uid)))
      if (interaction === null || !visitors.isMarked(uid, interaction['visitor'])) return undefined
      const door = interaction['deviceCode'] === undefined ? 'auth' : 'device'
      return { ...interaction, jti: uid, returnTo: `${issuer}/${door}/${uid}` }
    },

    /** The library ends an interaction when it resumes: of many at once with one cookie, one goes on. */
    async destroy(uid) {
      const interaction = decode('Interaction', await records.read(key(uid)))
      if (interaction !== null) await admitBack(gatekeeper, interaction)
      if ((await records.take(key(uid))) === null) throw new VisitAnswered('this visit has gone on already')
      visitors.end(uid)
    },

    consume: async () => undefined,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  }
}

/** The way back names the interaction, and the session is noted with its cookie: neither may lie open in the store. */
function withoutBearers({ returnTo: _madeAgain, session, ...interaction }: AdapterPayload): AdapterPayload {
  if (session === undefined) return interaction
  const { cookie: _neverRead, ...signedIn } = session
  return { ...interaction, session: signedIn }
}

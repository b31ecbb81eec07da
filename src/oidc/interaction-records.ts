/** Interactions: where a person stands on a hosted page. They are answered once, and strangers cannot pile them up. */
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { CrowdControl } from './crowd-control.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import { decode, encode, keyOf, type Records } from './records.ts'

/** Somebody else has answered: a second tab, a double click. */
export class VisitAnswered extends errors.SessionNotFound {}

export function createInteractionRecords(
  records: Records,
  crowd: CrowdControl,
  resumeAt: (uid: string) => string,
): Adapter {
  const key = (uid: string) => keyOf('Interaction', uid)
  return {
    async upsert(uid, payload, seconds = LIFETIME_SECONDS.interaction) {
      const after = encode(withoutBearers(payload))
      const before = records.known(key(uid))
      if (before === null) {
        await crowd.admit()
        await records.put(key(uid), after, { seconds })
        return
      }
      const answer = await records.swap(key(uid), before, after, { seconds })
      if (!answer.swapped) throw new VisitAnswered('this step was answered already')
    },

    async find(uid) {
      const interaction = decode('Interaction', await records.read(key(uid)))
      return interaction === null ? undefined : { ...interaction, jti: uid, returnTo: resumeAt(uid) }
    },

    destroy: (uid) => records.remove(key(uid)),

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

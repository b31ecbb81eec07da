/**
 * Grants, as the provider keeps them. One is made for a session, and lies in its document: what is issued on it is read
 * together with it, and revoked with it.
 */
import type { Adapter } from 'oidc-provider'
import { sessionOfGrant } from './locators.ts'
import type { SessionDocuments } from './session-documents.ts'

export function createGrantRecords(documents: SessionDocuments): Adapter {
  return {
    async upsert(id, payload) {
      if (sessionOfGrant(id) === null) throw new Error('a grant without a session')
      const { jti: _itself, ...grant } = payload
      documents.stage(id, grant)
    },
    async find(id) {
      const grant = await documents.grant(id)
      return grant === null ? undefined : { ...structuredClone(grant), jti: id }
    },
    async destroy(id) {
      const uid = sessionOfGrant(id)
      if (uid === null) return
      await documents.change(uid, (standing) => {
        const grants = standing?.grants.filter((grant) => grant.id !== id)
        if (!standing || !grants || grants.length === standing.grants.length) return standing
        return { ...standing, grants }
      })
    },
    consume: async () => undefined,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  }
}

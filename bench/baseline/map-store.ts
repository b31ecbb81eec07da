import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

/**
 * One unbounded Map for all models. It holds what the library gave it by reference, as the library's own MemoryAdapter
 * does: nothing could answer faster. (That one forgets all but the last thousand entries, and so cannot bear a load.)
 */
export function mapStore(): AdapterFactory {
  const records = new Map<string, AdapterPayload>()
  const uids = new Map<string, string>()
  return (model): Adapter => {
    const keyOf = (id: string) => `${model}:${id}`
    return {
      async upsert(id, payload) {
        records.set(keyOf(id), payload)
        if (model === 'Session' && payload.uid !== undefined) uids.set(payload.uid, id)
      },
      find: async (id) => records.get(keyOf(id)),
      findByUid: async (uid) => records.get(keyOf(uids.get(uid) ?? '')),
      findByUserCode: async () => undefined,
      async consume(id) {
        const payload = records.get(keyOf(id))
        if (payload) payload['consumed'] = Math.floor(Date.now() / 1000)
      },
      async destroy(id) {
        records.delete(keyOf(id))
      },
      // The grant is read with each of its tokens, and without it they are void.
      revokeByGrantId: async () => undefined,
    }
  }
}

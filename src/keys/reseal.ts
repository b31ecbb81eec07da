/** After a change of the key-encryption key: what an earlier one has sealed is sealed by the present one. */
import type { Campus } from '../campus.ts'
import { openPlain, sealedFor } from './open-key.ts'
import { seal } from './sealing.ts'

type Needs = Pick<Campus, 'config' | 'random' | 'keys' | 'transaction'>

/**
 * Identifiers of the keys that were sealed anew. Done again, it does nothing; of two who do it at once, one does each.
 * Throws where a key cannot be opened, and has done what came before it.
 */
export async function resealKeys(needs: Needs, { actor }: { actor: string }): Promise<string[]> {
  const { config, random, keys } = needs
  const [present] = config.keyEncryptionKeys
  const resealed: string[] = []
  for (const key of await keys.list()) {
    if (key.sealedBy === present.id) continue
    const sealed = seal(random, config.keyEncryptionKeys, sealedFor(key), openPlain(config.keyEncryptionKeys, key))
    const isOurs = await needs.transaction(async (stores) => {
      if (!(await stores.keys.reseal(key.id, key.sealedBy, sealed))) return false
      const details = { purpose: key.purpose, before: key.sealedBy, after: present.id }
      await stores.audit.record({ event: 'key.resealed', result: 'success', actor, subject: `key:${key.id}`, details })
      return true
    })
    if (isOurs) resealed.push(key.id)
  }
  return resealed
}

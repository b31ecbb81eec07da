/** Stands in for adapters/hashing/hashing.ts where a sign-in is measured without its hash. It knows one password. */
import type * as hashing from '../../adapters/hashing/hashing.ts'
import { PASSWORD } from '../load/clients.ts'

export const hashingThreads: typeof hashing.hashingThreads = () => 1

export const openHashing: typeof hashing.openHashing = async () => ({
  decoy: 'none',
  hash: async () => 'none',
  verify: async (_encoded, password) => password === PASSWORD,
  isOutdated: () => false,
  close: async () => {},
})

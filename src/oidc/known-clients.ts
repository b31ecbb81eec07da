/** Clients as the library has made them, remembered by the record that they were made of. */
import type { Adapter, Client, Provider } from 'oidc-provider'

export interface LibraryClients {
  /** null where the client is disabled, or unknown. */
  find(id: string): Promise<Client | null>
}

/** The library looks at each record anew, and hashes it to know whether it has made a client of it before. */
export function createKnownClients(provider: Provider, records: Pick<Adapter, 'find'>): LibraryClients {
  const made = new WeakMap<object, Client>()
  return {
    async find(id) {
      const record = await records.find(id)
      if (!record) return null
      const known = made.get(record)
      if (known !== undefined) return known
      const client = await provider.Client.find(id)
      if (client === undefined) return null
      // Had the record changed meanwhile, another one would be found the next time.
      made.set(record, client)
      return client
    },
  }
}

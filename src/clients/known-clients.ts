/** What a process remembers of clients and resource servers, so that a request need not ask for them. */
import type { Campus } from '../campus.ts'
import type { ClientDirectory } from './clients.ts'

export interface KnownClients extends ClientDirectory {
  /** Nothing is forgotten any more, and so nothing may be asked. */
  close(): void
}

type Needs = Pick<Campus, 'clients' | 'resourceServers' | 'changes'>

/** More than a school has. */
const REMEMBERED_MAX = 2_000

/** Identifiers that nobody has, which anybody can send without end: they must not crowd out those that are. */
const UNKNOWN_MAX = 1_000

/**
 * Every process looks once a second at what was changed, and forgets it. Where it could not look for this long, nothing
 * that is remembered counts, and each request asks the store: a client that was disabled meanwhile must not live on.
 */
const TRUSTED_MILLISECONDS = 3_000

export function rememberClients({ clients, resourceServers, changes }: Needs): KnownClients {
  const isTrusted = () => changes.ageMilliseconds() <= TRUSTED_MILLISECONDS
  const known = remembering((id) => clients.find(id), isTrusted)
  const knownServers = remembering((id) => resourceServers.find(id), isTrusted)
  const endings = [
    changes.subscribe('clients', known.forget),
    changes.subscribe('resource_servers', knownServers.forget),
  ]
  return {
    clients: { find: known.find },
    resourceServers: { find: knownServers.find },
    close: () => {
      for (const end of endings) end()
    },
  }
}

interface Memory<Found> {
  find(id: string): Promise<Found | null>
  forget(): void
}

function remembering<Found>(ask: (id: string) => Promise<Found | null>, isTrusted: () => boolean): Memory<Found> {
  const found = createShelf<Found>(REMEMBERED_MAX)
  const unknown = createShelf<null>(UNKNOWN_MAX)
  let age = 0
  return {
    async find(id) {
      if (isTrusted()) {
        const known = found.get(id) ?? unknown.get(id)
        if (known !== undefined) return known
      }
      const asked = age
      const answer = await ask(id)
      // What was read before somebody changed it is not to be remembered after.
      if (asked !== age) return answer
      if (answer === null) unknown.put(id, null)
      else found.put(id, answer)
      return answer
    },
    forget() {
      age += 1
      found.clear()
      unknown.clear()
    },
  }
}

interface Shelf<Item> {
  get(id: string): Item | undefined
  put(id: string, item: Item): void
  clear(): void
}

/** With room for so many: what was not asked for the longest makes way. */
function createShelf<Item>(most: number): Shelf<Item> {
  const items = new Map<string, Item>()
  return {
    get(id) {
      const item = items.get(id)
      if (item === undefined) return undefined
      items.delete(id)
      items.set(id, item)
      return item
    },
    put(id, item) {
      items.delete(id)
      const oldest = items.keys().next()
      if (items.size >= most && !oldest.done) items.delete(oldest.value)
      items.set(id, item)
    },
    clear: () => items.clear(),
  }
}

/** What must hold for resource servers, and between them and the clients of one file. */
import { type Problem, pointer, problemAt } from './problem.ts'
import { clientEntry, resourceServerEntry } from './schema.ts'
import { KNOWN_SCOPES } from './scopes.ts'
import { resourceUriMistake } from './uris.ts'

/** As it stands in the file; null for what is no object. */
export type RawEntry = Readonly<Record<string, unknown>> | null

interface File {
  clients: readonly RawEntry[]
  servers: readonly RawEntry[]
}

type Rule = (file: File) => Problem[]

export function brokenResourceRules(file: File): Problem[] {
  return rules.flatMap((rule) => rule(file))
}

/** The problems of each server that is an object, at their place. */
function each(servers: readonly RawEntry[], look: (raw: NonNullable<RawEntry>) => Problem[]): Problem[] {
  return servers.flatMap((raw, index) =>
    raw === null
      ? []
      : look(raw).map((problem) => ({ ...problem, path: `${pointer('resource_servers', index)}${problem.path}` })),
  )
}

const addressesAreExact: Rule = ({ servers }) =>
  each(servers, ({ identifier }) => {
    if (typeof identifier !== 'string') return []
    const mistake = resourceUriMistake(identifier)
    return mistake === null ? [] : [problemAt(pointer('identifier'), identifier, mistake)]
  })

const scopesAreItsOwn: Rule = ({ servers }) =>
  each(servers, ({ scopes }) =>
    listOf(scopes).flatMap((scope, index, all) => {
      if (all.indexOf(scope) < index) return [problemAt(pointer('scopes', index), scope, 'each scope once')]
      if (!KNOWN_SCOPES.some((known) => known === scope)) return []
      return [problemAt(pointer('scopes', index), scope, `another word: ${KNOWN_SCOPES.join(', ')} are about a person`)]
    }),
  )

const formatsAreMeant: Rule = ({ clients, servers }) =>
  each(servers, (raw) => {
    const format = resourceServerEntry.shape.access_token_format.safeParse(raw['access_token_format']).data
    const asker = raw['introspection_client']
    const path = pointer('introspection_client')
    if (format === 'jwt') {
      return typeof asker === 'string' ? [problemAt(path, asker, 'none with access_token_format jwt')] : []
    }
    if (format !== 'opaque') return []
    if (asker === undefined || asker === null) {
      return [
        problemAt(path, undefined, 'required: opaque tokens can be checked by nobody else; or access_token_format jwt'),
      ]
    }
    const client = clients.find((entry) => entry?.['client_id'] === asker)
    const unneeded =
      raw['signing_alg'] === undefined ? [] : [problemAt(pointer('signing_alg'), raw['signing_alg'], onlyJwt)]
    if (client && methodOf(client) !== 'none') return unneeded
    return [...unneeded, problemAt(path, asker, 'the client_id of a client of this file that has a secret or a key')]
  })

const onlyJwt = 'only with access_token_format jwt'

const resourcesAreDeclared: Rule = ({ clients, servers }) =>
  clients.flatMap((client, at) => {
    const given = clientEntry.shape.resources.safeParse(client?.['resources']).data ?? []
    return given.flatMap(({ identifier, scopes }, index) => {
      const here = (...steps: readonly PropertyKey[]) => pointer('clients', at, 'resources', index, ...steps)
      if (given.findIndex((other) => other.identifier === identifier) < index) {
        return [problemAt(here('identifier'), identifier, 'each resource server once')]
      }
      const server = servers.find((entry) => entry?.['identifier'] === identifier)
      if (!server) {
        const known = servers.map((entry) => entry?.['identifier']).join(', ')
        const allowed = `one of resource_servers${known === '' ? ', of which this file has none' : `: ${known}`}`
        return [problemAt(here('identifier'), identifier, allowed)]
      }
      const offered = listOf(server['scopes'])
      return scopes.flatMap((scope, place) => {
        if (scopes.indexOf(scope) < place) return [problemAt(here('scopes', place), scope, 'each scope once')]
        return offered.includes(scope) ? [] : [problemAt(here('scopes', place), scope, `one of ${offered.join(', ')}`)]
      })
    })
  })

function methodOf(client: NonNullable<RawEntry>): string | undefined {
  return clientEntry.shape.token_endpoint_auth_method.safeParse(client['token_endpoint_auth_method']).data
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

const rules: readonly Rule[] = [addressesAreExact, scopesAreItsOwn, formatsAreMeant, resourcesAreDeclared]

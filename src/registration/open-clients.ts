import type { Campus } from '../campus.ts'

type Needs = Pick<Campus, 'clients'> & { config: Pick<Campus['config'], 'profile'> }

/**
 * What PROFILE must be, where a server of another profile would serve what anybody could register under
 * PROFILE=conformance: clients that were taken at their word, without PKCE, with tokens in addresses. Null where all is
 * well.
 */
export async function profileMistake({ clients, config }: Needs): Promise<string | null> {
  if (config.profile === 'conformance') return null
  const [first, ...others] = (await clients.list()).filter(({ registration }) => registration?.document)
  if (first === undefined) return null
  return (
    `conformance, or another database: this one holds ${others.length + 1} client(s) that anybody could register ` +
    `(such as ${first.id}), and is for certification alone`
  )
}

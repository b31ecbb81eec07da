/** What an application is called in the language of its reader. */
import type { VisitClient } from '../oidc/oidc.ts'
import type { Translator } from './messages.ts'

export function clientName(client: Pick<VisitClient, 'name' | 'nameIn'>, t: Translator): string {
  const { nameIn } = client
  const [primary = ''] = t.language.split('-')
  return nameIn[t.language] ?? nameIn[primary] ?? client.name
}

/** Addresses of relying parties are data of theirs: only these may become a link. */
export function linkTo(uri: string | null): string | null {
  const url = uri === null ? null : URL.parse(uri)
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : null
}

/** Sessions as they lie in the store of what expires, for whoever looks at them without being in one. */
import type { AdapterPayload } from 'oidc-provider'
import type { Key } from '../expiring/expiring.ts'
import { decodeDocument } from './session-document.ts'
import { keyOfSession } from './session-documents.ts'

/** null where no session stands. One that has expired may still stand, for what rests on it. */
export function sessionIn(key: Key, raw: string | null): AdapterPayload | null {
  const uid = key.slice(keyOfSession('').length)
  return raw === null ? null : (decodeDocument(uid, raw)?.session ?? null)
}

/**
 * The known device: a cookie given by an earlier success, so that strangers who guess cannot lock a person out. It is
 * neither the session, nor 7天免登录, nor the trusted device that skips a second factor.
 */
import type { PersonId } from '../people/people.ts'

export interface KnownDevice {
  /** A random identifier of this browser. */
  id: string
  knows(personId: PersonId): boolean
}

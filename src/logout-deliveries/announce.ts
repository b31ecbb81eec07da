/**
 * A person was suspended, or has a new password: an end was set, and the sessions were not at hand. Here they are
 * found, and each relying party that took part is put down to be told. Whoever is interrupted here begins again.
 */
import type { Campus } from '../campus.ts'
import type { LogoutDesk, UntoldEnd } from './logout-deliveries.ts'

const ENDS_AT_ONCE = 50
/** A session that is being used changes; one that has ended lets nobody in who would change it for long. */
const READINGS_MAX = 5

type Needs = Pick<Campus, 'notBefore' | 'logoutDeliveries'>

/** Answers whether there are more. Rejects where a store does not answer: then nothing counts as told. */
export async function announceEnds({ notBefore, logoutDeliveries }: Needs, desk: LogoutDesk): Promise<boolean> {
  const ends = await notBefore.untold(ENDS_AT_ONCE)
  for (const end of ends) {
    if (await announce(logoutDeliveries, desk, end)) await notBefore.told(end)
  }
  return ends.length === ENDS_AT_ONCE
}

/** Whether all of them are put down. */

async function announce(
  logoutDeliveries: Needs['logoutDeliveries'],
  { endedBy }: Pick<LogoutDesk, 'endedBy'>,
  end: UntoldEnd,
): Promise<boolean> {
  for (let readings = 0; readings < READINGS_MAX; readings += 1) {
    const sessions = await endedBy(end)
    if (sessions.length === 0) return true
    await logoutDeliveries.add(
      sessions.flatMap(({ notices }) => notices),
      end.at,
    )
    // Only now: whoever dies in between finds them again.
    await Promise.all(sessions.map(({ remove }) => remove()))
  }
  return false
}

/** What a person sees when something did not work: what it means for them, and the next step. */
import { type Answer, page } from './http.ts'
import { problemOf } from './openid-connect.ts'
import { problemPage, type Surroundings } from './pages.ts'
import { wordsIn } from './words.ts'

/** The state is unknown, used or another browser's. Also what a forged answer meets (RFC 9700 §4.7). */
export function stalePage(around: Surroundings): Answer {
  const words = wordsIn(around.language)
  return page(400, problemPage(around, { title: words.staleTitle, lead: words.staleLead }))
}

export function endedPage(around: Surroundings): Answer {
  const words = wordsIn(around.language)
  return page(403, problemPage(around, { title: words.endedTitle, lead: words.endedLead }))
}

export function foreignPage(around: Surroundings): Answer {
  const words = wordsIn(around.language)
  return page(403, problemPage(around, { title: words.foreignTitle, lead: words.foreignLead, way: 'home' }))
}

export function notFoundPage(around: Surroundings): Answer {
  const words = wordsIn(around.language)
  return page(404, problemPage(around, { title: words.notFoundTitle, lead: words.notFoundLead, way: 'home' }))
}

export function errorPage(around: Surroundings, error: unknown): Answer {
  const words = wordsIn(around.language)
  const problem = problemOf(error)
  switch (problem.kind) {
    case 'denied':
      return page(403, problemPage(around, { title: words.deniedTitle, lead: words.deniedLead }))
    case 'unreachable':
      return page(503, problemPage(around, { title: words.unreachableTitle, lead: words.unreachableLead }))
    case 'failed':
      return page(502, problemPage(around, { title: words.failedTitle, lead: words.failedLead, code: problem.code }))
  }
}

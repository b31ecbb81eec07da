export interface Answer {
  status: number
  /** As it came: an address or a path; null where there is none. */
  location: string | null
  /** `name=value; attributes`, one for each line. */
  cookies: string[]
  /** Bytes as characters (latin1): tokens and addresses are ASCII. */
  body: string
}

/** What was read, and how many characters of the input it took; null while it is not whole. */
export function readAnswer(input: string): { answer: Answer; length: number } | null {
  const headEnd = input.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const head = input.slice(0, headEnd)
  const status = Number(head.slice(9, 12))
  const length = headEnd + 4 + bodyLength(head, status)
  if (input.length < length) return null
  const location = LOCATION.exec(head)?.[1] ?? null
  return { answer: { status, location, cookies: cookiesIn(head), body: input.slice(headEnd + 4, length) }, length }
}

const LOCATION = /\r\nlocation: ?([^\r]*)/i
const CONTENT_LENGTH = /\r\ncontent-length: ?(\d+)/i

/** Both servers announce the length of what they send; another way of sending would be another measurement. */
function bodyLength(head: string, status: number): number {
  if (status === 204 || status === 304) return 0
  const announced = CONTENT_LENGTH.exec(head)?.[1]
  if (announced === undefined) throw new Error('an answer without Content-Length')
  return Number(announced)
}

function cookiesIn(head: string): string[] {
  return Array.from(head.matchAll(/\r\nset-cookie: ?([^\r]*)/gi), ([, line = '']) => line)
}

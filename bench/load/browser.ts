import type { Answer } from './answer.ts'
import type { Connection } from './connection.ts'

export interface Browser {
  go(connection: Connection, address: string, form?: Record<string, string>): Promise<Answer>
}

interface Surroundings {
  origin: string
  /** Where the person sits: what a proxy would say of them. */
  address: string
}

/** Keeps cookies by path; follows nothing by itself, fetches no picture. Style sheet and script are in its cache. */
export function newBrowser({ origin, address }: Surroundings): Browser {
  const cookies = new Map<string, { value: string; path: string }>()
  const always = `Accept: text/html\r\nX-Forwarded-For: ${address}\r\n`
  const ofForms = `Origin: ${origin}\r\n`

  function keep(line: string) {
    const [pair = '', ...attributes] = line.split('; ')
    const equals = pair.indexOf('=')
    const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)]
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/'
    if (value === '') cookies.delete(name)
    else cookies.set(name, { value, path })
  }

  return {
    async go(connection, where, form) {
      const path = where.startsWith(origin) ? where.slice(origin.length) : where
      const sent = [...cookies].filter(([, cookie]) => path.startsWith(cookie.path))
      const cookie = sent.map(([name, { value }]) => `${name}=${value}`).join('; ')
      const headers = `${always}${form ? ofForms : ''}${cookie && `Cookie: ${cookie}\r\n`}`
      const answer = await connection.ask({ path, headers, ...(form && { form }) })
      for (const line of answer.cookies) keep(line)
      return answer
    },
  }
}

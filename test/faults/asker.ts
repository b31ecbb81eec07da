/** Asks one of the servers, waits no longer than a client would, and writes down what came of it. */
import { hashOf, type Outcome } from '../support/history.ts'
import type { Random } from '../support/random.ts'
import { type Answer, ask, type newVisitor } from '../support/visitor.ts'
import { CLIENT, type FaultWorld } from './fault-world.ts'

const PATIENCE_MILLISECONDS = 5_000

export interface Step {
  what: string
  /** Left out: either. */
  server?: number
  form?: Record<string, string>
  headers?: Record<string, string>
  /** In clear; the history gets its hash. */
  uses?: string
  within?: readonly string[]
  ends?: readonly string[]
  /** The history gets it with the identifier of the request, by which it can be found again. */
  keeps?: string
  /** Where a definite no is what must come: then that is the success. */
  onRefusal?: { ends: readonly string[] }
  /** By default 200 and 303. */
  isOk?(answer: Answer): boolean
}

export interface Asker {
  issuer: string
  /** A browser's request. The answer where it was what was asked for, else null. */
  page(visitor: ReturnType<typeof newVisitor>, address: string, step: Step): Promise<Answer | null>
  /** A relying party's request. */
  machine(address: string, step: Step): Promise<Answer | null>
  tokens(form: Record<string, string>, step: Step): Promise<{ access: string; refresh: string } | null>
}

export function createAsker({ installation, ports, recorder }: FaultWorld, random: Random): Asker {
  const { issuer } = installation

  async function asked(step: Step, send: (port: number) => Promise<Answer>): Promise<Answer | null> {
    const server = step.server ?? random.between(0, ports.length - 1)
    const at = recorder.now()
    const answer = await inTime(send(ports[server] ?? 0))
    const outcome = outcomeOf(answer, step)
    const isWelcomeNo = outcome === 'refused' && step.onRefusal !== undefined
    const { uses, within, ends, keeps } = isWelcomeNo ? { ...step, ...step.onRefusal, uses: undefined } : step
    const request = typeof answer === 'string' ? '' : String(answer.headers['x-request-id'])
    recorder.add({
      entry: 'operation',
      what: step.what,
      at,
      took: recorder.now() - at,
      server,
      outcome: isWelcomeNo ? 'ok' : outcome,
      status: typeof answer === 'string' ? null : answer.status,
      ...(uses !== undefined && { uses: hashOf(uses) }),
      ...(within !== undefined && { within }),
      ...(ends !== undefined && { ends }),
      ...(keeps !== undefined && { keeps: `${keeps}:${request}` }),
    })
    return outcome === 'ok' && typeof answer !== 'string' ? answer : null
  }

  const machine: Asker['machine'] = (address, step) =>
    asked(step, (port) => ask(issuer, address, { port, ...formOf(step), headers: step.headers ?? {} }))

  return {
    issuer,
    page: (visitor, address, step) => asked(step, (port) => visitor.go(address, { port, ...formOf(step) })),
    machine,
    async tokens(form, step) {
      const answer = await machine('/token', { ...step, form: { client_id: CLIENT, ...form } })
      if (answer === null) return null
      const body = JSON.parse(answer.text)
      return { access: String(body['access_token']), refresh: String(body['refresh_token']) }
    },
  }
}

const formOf = ({ form }: Step) => (form === undefined ? {} : { form })

async function inTime(answer: Promise<Answer>): Promise<Answer | 'error' | 'timeout'> {
  const { promise, resolve } = Promise.withResolvers<'timeout'>()
  const timer = setTimeout(() => resolve('timeout'), PATIENCE_MILLISECONDS)
  try {
    return await Promise.race([answer.catch(() => 'error' as const), promise])
  } finally {
    clearTimeout(timer)
  }
}

function outcomeOf(answer: Answer | 'error' | 'timeout', { isOk = isDone }: Step): Outcome {
  if (typeof answer === 'string') return answer
  if (answer.status === 503) return 'unavailable'
  if (answer.status >= 500) return 'error'
  return isOk(answer) ? 'ok' : 'refused'
}

const isDone = ({ status }: Answer) => status === 200 || status === 303

import { createHash } from 'node:crypto'
import type { StoreWatch } from '../../src/metrics/metrics.ts'
import type { Command, Send } from './decisions.ts'

/**
 * Runs on one key, or on several that one server has. The reply is whatever the script returns: its caller parses it.
 */
export type Script = (keys: string | readonly string[], ...values: readonly (string | number)[]) => Promise<unknown>

/**
 * Sends the hash alone; a server that does not know it has run nothing, so it may be sent the text. That is one more
 * round trip than the caller counts.
 */
export function createScript(send: Send, text: string, watch: StoreWatch): Script {
  const hash = createHash('sha1').update(text).digest('hex')
  return (keys, ...values) => {
    const all = typeof keys === 'string' ? [keys] : keys
    const named = (name: string, script: string): Command => [name, script, all.length, ...all, ...values]
    return send(named('evalsha', hash)).catch((error: unknown) => {
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) {
        return watch.call('script', () => send(named('eval', text)))
      }
      throw error
    })
  }
}

/**
 * Requests to relying parties: they reach public addresses and the private networks that the operator lists, and
 * nothing else. The address is judged where the connection is made, so a name that changes its mind between look-up
 * and connection (DNS rebinding) gains nothing.
 */
import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import ipaddr from 'ipaddr.js'
import { Agent, fetch as undiciFetch } from 'undici'
import type { OutboundFetch } from '../../src/oidc/oidc.ts'

const ANSWER_BYTES_MAX = 64 * 1024
const ANSWER_WITHIN_MILLISECONDS = 2_500
const CONNECT_WITHIN_MILLISECONDS = 1_500
const BODILESS = new Set([101, 204, 205, 304])

export interface Outbound {
  /**
   * Follows no redirect, waits 2.5 s at most for the whole answer, reads at most 64 KiB of it. Rejects when the address
   * is not one that may be reached.
   */
  fetch: OutboundFetch
  close(): Promise<void>
}

type Network = ReturnType<typeof ipaddr.parseCIDR>

type LookupDone = (error: Error | null, address: string | LookupAddress[], family?: number) => void

export function createOutboundFetch({ allowedNetworks }: { allowedNetworks: readonly string[] }): Outbound {
  const networks = allowedNetworks.map((network) => ipaddr.parseCIDR(network))
  const mayReach = (address: string) => isReachable(address, networks)

  function guardedLookup(hostname: string, options: LookupOptions, done: LookupDone): void {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '')
      const allowed = found.filter(({ address }) => mayReach(address))
      const [first] = allowed
      if (!first) return done(unreachable(hostname), '')
      if (options.all) done(null, allowed)
      else done(null, first.address, first.family)
    })
  }

  const dispatcher = new Agent({ connect: { lookup: guardedLookup, timeout: CONNECT_WITHIN_MILLISECONDS } })

  return {
    async fetch(url, options) {
      const target = new URL(url)
      if (!/^https?:$/.test(target.protocol)) throw unreachable(target.protocol)
      // A literal address is connected to without a look-up.
      const literal = target.hostname.replace(/^\[|\]$/g, '')
      if (ipaddr.isValid(literal) && !mayReach(literal)) throw unreachable(literal)
      const { method, headers, body, signal } = options
      const deadline = AbortSignal.timeout(ANSWER_WITHIN_MILLISECONDS)
      const answer = await undiciFetch(target, {
        method: method ?? 'GET',
        headers: [...new Headers(headers)],
        body: body === undefined || body === null ? null : await new Response(body).text(),
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        redirect: 'manual',
        dispatcher,
      })
      const { status, statusText } = answer
      const content = await readAtMost(answer.body)
      return new Response(BODILESS.has(status) ? null : content, {
        status,
        statusText,
        headers: [...answer.headers],
      })
    },
    close: () => dispatcher.destroy(),
  }
}

function isReachable(address: string, networks: readonly Network[]): boolean {
  // `process` reads an IPv4 address in IPv6 clothes (::ffff:127.0.0.1) as what it is.
  const parsed = ipaddr.process(address)
  if (parsed.range() === 'unicast') return true
  return networks.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits))
}

async function readAtMost(body: AsyncIterable<Uint8Array> | null): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body ?? []) {
    size += piece.byteLength
    if (size > ANSWER_BYTES_MAX) throw new Error(`the answer is longer than ${ANSWER_BYTES_MAX} bytes`)
    pieces.push(piece)
  }
  return new Uint8Array(Buffer.concat(pieces))
}

function unreachable(what: string): Error {
  return new Error(`${what} is neither a public address nor in OUTBOUND_NETWORKS`)
}

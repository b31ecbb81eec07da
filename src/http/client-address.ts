/**
 * Whom a request comes from. X-Forwarded-For counts only when the TCP peer is a proxy that the operator named, and
 * then only as far to the left as named proxies reach: the address is the rightmost hop that we do not trust. Whatever
 * stands further left was written by that hop, who may have written anything.
 */
import { isIP, isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ReturnType<typeof ipaddr.process>

/** Tells whether an address lies in one of some networks. */
type Networks = (address: Address) => boolean

function networksOf(ranges: readonly string[]): Networks {
  const parsed = ranges.map((range) => ipaddr.parseCIDR(range))
  return (address) =>
    parsed.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
}

/** Some proxies add a port: `192.0.2.1:1234`, `[2001:db8::1]:1234`. An IPv4-mapped IPv6 address is the IPv4 one. */
function parseHop(hop: string): Address | null {
  // Most are of this kind, and need no search for the others.
  if (isIPv4(hop)) return new ipaddr.IPv4(hop.split('.').map(Number))
  const [, bracketed, dotted] = /^\[([^\]]+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(hop) ?? []
  const address = bracketed ?? dotted ?? hop
  // The package would also read octal, hexadecimal and shortened ones, which others read differently.
  return isIP(address) > 0 ? ipaddr.process(address) : null
}

/** The other end of a connection itself, whatever it says of others. */
interface Peer {
  /** null where the connection has gone. */
  address: Address | null
  isProxy: boolean
}

export interface Addresses {
  /** Whether a request was handed to us by a proxy of ours. */
  isFromProxy(request: Asked): boolean
  /** Empty where the connection has gone. */
  clientAddress(request: Asked): string
}

/** Of an `IncomingMessage`. Repeated headers are joined by Node, so the list of hops is whole. */
interface Asked {
  socket: { remoteAddress?: string | undefined }
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A connection has one other end, and a request one sender: who that is, is found out once for each. */
export function createAddresses(trustedProxies: readonly string[]): Addresses {
  const isTrusted = networksOf(trustedProxies)
  const peers = new WeakMap<Asked['socket'], Peer>()
  const senders = new WeakMap<Asked, string>()

  function peerOf(socket: Asked['socket']): Peer {
    const known = peers.get(socket)
    if (known !== undefined) return known
    const address = parseHop(socket.remoteAddress ?? '')
    const peer = { address, isProxy: address !== null && isTrusted(address) }
    if (address !== null) peers.set(socket, peer)
    return peer
  }

  function senderOf({ socket, headers }: Asked): string {
    const { address, isProxy } = peerOf(socket)
    if (address === null) return ''
    return (isProxy ? walk(address, String(headers['x-forwarded-for'] ?? ''), isTrusted) : address).toString()
  }

  return {
    isFromProxy: ({ socket }) => peerOf(socket).isProxy,
    clientAddress(request) {
      const sender = senders.get(request) ?? senderOf(request)
      senders.set(request, sender)
      return sender
    },
  }
}

function walk(proxy: Address, forwardedFor: string, isTrusted: Networks): Address {
  let nearest = proxy
  const hops = forwardedFor.split(',')
  while (isTrusted(nearest)) {
    const farther = parseHop(hops.pop()?.trim() ?? '')
    // A hop that is no address was not written by a proxy of ours: the proxy before it is the last thing we know.
    if (!farther) break
    nearest = farther
  }
  return nearest
}

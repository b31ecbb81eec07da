/**
 * Whom a request comes from. X-Forwarded-For counts only when the TCP peer is a proxy that the operator named, and
 * then only as far to the left as named proxies reach: the address is the rightmost hop that we do not trust. Whatever
 * stands further left was written by that hop, who may have written anything.
 */
import ipaddr from 'ipaddr.js'

type Address = ReturnType<typeof ipaddr.process>

/** Tells whether an address lies in one of some networks. */
export type Networks = (address: Address) => boolean

export function networksOf(ranges: readonly string[]): Networks {
  const parsed = ranges.map((range) => ipaddr.parseCIDR(range))
  return (address) =>
    parsed.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
}

/** Some proxies add a port: `192.0.2.1:1234`, `[2001:db8::1]:1234`. An IPv4-mapped IPv6 address is the IPv4 one. */
function parseHop(hop: string): Address | null {
  const [, bracketed, dotted] = /^\[([^\]]+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(hop) ?? []
  const address = bracketed ?? dotted ?? hop
  return ipaddr.isValid(address) ? ipaddr.process(address) : null
}

/** Whether the other end of the connection itself lies there, whatever it says of others. */
export function isFrom(peer: string | undefined, networks: Networks): boolean {
  const address = parseHop(peer ?? '')
  return address !== null && networks(address)
}

export function clientAddress(peer: string | undefined, forwardedFor: string | undefined, trusted: Networks): string {
  let nearest = parseHop(peer ?? '')
  if (!nearest) return ''
  const hops = (forwardedFor ?? '').split(',')
  while (trusted(nearest)) {
    const farther = parseHop(hops.pop()?.trim() ?? '')
    // A hop that is no address was not written by a proxy of ours: the proxy before it is the last thing we know.
    if (!farther) break
    nearest = farther
  }
  return nearest.toString()
}

import ipaddr from 'ipaddr.js'

/** Where a try comes from, as far as counting goes. */
export type Origin =
  /** Presumably one household or machine: an IPv4 address, or the /64 of an IPv6 one. */
  | { kind: 'address'; name: string }
  /** One of the networks that the operator lists as shared by many people. */
  | { kind: 'campus'; name: string }

/**
 * An IPv6 host chooses the last 64 bits of its address at will, so they count for nothing; an IPv4 address counts the
 * same in its IPv6 clothes. What cannot be read is counted too, all together: an odd address is no way around.
 */
export function originOf(address: string, campusNetworks: readonly string[]): Origin {
  if (!ipaddr.isValid(address)) return { kind: 'address', name: 'unreadable' }
  const parsed = ipaddr.process(address)
  const campus = campusNetworks.find((network) => contains(network, parsed))
  if (campus !== undefined) return { kind: 'campus', name: campus }
  if (parsed instanceof ipaddr.IPv6) {
    const prefix = parsed.parts.slice(0, 4).map((part) => part.toString(16))
    return { kind: 'address', name: `${prefix.join(':')}::/64` }
  }
  return { kind: 'address', name: parsed.toString() }
}

function contains(network: string, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const [base, bits] = ipaddr.parseCIDR(network)
  if (base instanceof ipaddr.IPv4) return address instanceof ipaddr.IPv4 && address.match(base, bits)
  return address instanceof ipaddr.IPv6 && address.match(base, bits)
}

import ipaddr from 'ipaddr.js'

/** Where a try comes from, as far as counting goes. */
export type Origin =
  /** Presumably one household or machine: the narrowest of `prefixesOf`. */
  | { kind: 'address'; name: string; prefixes: readonly [Prefix, ...Prefix[]] }
  /** One of the networks that the operator lists as shared by many people. */
  | { kind: 'campus'; name: string }

/** A network to count by. `factor`: how many times the budget of one household it has. */
export interface Prefix {
  name: string
  factor: number
}

export function originOf(address: string, campusNetworks: readonly string[]): Origin {
  const parsed = parse(address)
  const campus = parsed && campusNetworks.find((network) => contains(network, parsed))
  if (campus) return { kind: 'campus', name: campus }
  const prefixes = prefixesOfParsed(parsed)
  return { kind: 'address', name: prefixes[0].name, prefixes }
}

/**
 * The networks by which an address is counted, the narrowest first. An IPv6 host chooses the last 64 bits at will, so
 * they count for nothing; and a subscriber is given up to a /48, so a budget for each /64 alone would be 65,536
 * budgets. Wider ones may be shared by several subscribers, hence the rising factors. An IPv4 address counts the same
 * in its IPv6 clothes. What cannot be read is counted too, all together: an odd address is no way around.
 */
export function prefixesOf(address: string): readonly [Prefix, ...Prefix[]] {
  return prefixesOfParsed(parse(address))
}

function prefixesOfParsed(parsed: ipaddr.IPv4 | ipaddr.IPv6 | null): readonly [Prefix, ...Prefix[]] {
  if (!parsed) return [{ name: 'unreadable', factor: 1 }]
  if (parsed instanceof ipaddr.IPv4) return [{ name: parsed.toString(), factor: 1 }]
  const site = parsed.parts.slice(0, 3).map(hexadecimal).join(':')
  const subnet = parsed.parts[3] ?? 0
  return [
    { name: `${site}:${hexadecimal(subnet)}::/64`, factor: 1 },
    { name: `${site}:${hexadecimal(subnet & 0xff00)}::/56`, factor: 3 },
    { name: `${site}::/48`, factor: 10 },
  ]
}

function hexadecimal(part: number): string {
  return part.toString(16)
}

function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  return ipaddr.isValid(address) ? ipaddr.process(address) : null
}

function contains(network: string, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const [base, bits] = ipaddr.parseCIDR(network)
  if (base instanceof ipaddr.IPv4) return address instanceof ipaddr.IPv4 && address.match(base, bits)
  return address instanceof ipaddr.IPv6 && address.match(base, bits)
}

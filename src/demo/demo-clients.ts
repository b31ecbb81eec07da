/** Where the demo's relying parties live: on the two ports behind the server's, on 127.0.0.1 and so across sites. */

export interface DemoAddresses {
  portal: string
  club: string
}

export function demoAddresses(port: number): DemoAddresses {
  return { portal: `http://127.0.0.1:${port + 1}`, club: `http://127.0.0.1:${port + 2}` }
}

/** The clients file of the examples, which names the addresses that belong to port 3000, for another port. */
export function demoClientsFile(text: string, { portal, club }: DemoAddresses): string {
  const documented = demoAddresses(3000)
  // In one go: an address that was put in must not be taken for one to be replaced.
  return text.replace(/http:\/\/127\.0\.0\.1:\d+/g, (found) => {
    if (found === documented.portal) return portal
    return found === documented.club ? club : found
  })
}

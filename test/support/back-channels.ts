/** A provider, and relying parties that have a door for logout tokens. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { createOutboundFetch } from '../../adapters/outbound/fetch.ts'
import { freePort } from './free-port.ts'
import { sampleClient } from './memory-desk.ts'
import { newVisitor, type Tokens, type Visitor } from './provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from './provider-world.ts'
import { until } from './until.ts'

export interface BackChannel {
  uri: string
  /** Logout tokens, in the order of their coming. */
  received: string[]
}

/** How a relying party answers; `hang` never does, `reset` breaks off. */
export type Behaviour = number | 'hang' | 'reset'

export interface BackChannelWorld extends ProviderWorld {
  visitor: Visitor
  /** Of the clients `rp-0`, `rp-1` … */
  channels: BackChannel[]
  /** What each of them got for the visitor. */
  tokens: Tokens['body'][]
  openChannel(behaviour: Behaviour): Promise<BackChannel>
  /** Lets everybody be told who is there to hear it. */
  delivered(): Promise<void>
  /** Why deliveries that still stand have failed. */
  failures(): string[]
}

/** Somebody is signed in at as many relying parties as there are behaviours. */
export async function openBackChannelWorld(
  behaviours: readonly Behaviour[],
  networks = ['127.0.0.0/8'],
): Promise<BackChannelWorld> {
  const servers: Server[] = []
  const openChannel = async (behaviour: Behaviour) => {
    const { server, ...channel } = await listen(behaviour)
    servers.push(server)
    return channel
  }
  const channels = await Promise.all(behaviours.map(openChannel))
  const clients = channels.map(({ uri }, at) =>
    sampleClient(`rp-${at}`, { backchannel_logout_uri: uri, backchannel_logout_session_required: true }),
  )
  const outbound = createOutboundFetch({ allowedNetworks: networks })
  const world = await openProviderWorld({ clients, outboundFetch: outbound.fetch })
  const visitor = newVisitor(world)
  const tokens: Tokens['body'][] = []
  for (const { id } of clients) {
    const code = await visitor.signIn({ client: id })
    tokens.push((await visitor.redeem(code, { client: id })).body)
  }
  return {
    ...world,
    ...{ visitor, channels, tokens, openChannel },
    async delivered() {
      await world.deliver()
      await until('everybody is told', () => world.deliveries().length === 0)
    },
    failures: () => world.deliveries().flatMap(({ failure }) => failure ?? []),
    async close() {
      await world.close()
      await outbound.close()
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}

async function listen(behaviour: Behaviour): Promise<BackChannel & { server: Server }> {
  const received: string[] = []
  const server = createServer(async (request, response) => {
    received.push(new URLSearchParams(await text(request)).get('logout_token') ?? '')
    if (behaviour === 'reset') request.socket.resetAndDestroy()
    else if (behaviour !== 'hang') response.writeHead(behaviour, { location: '/elsewhere' }).end()
  })
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { uri: `http://127.0.0.1:${port}/backchannel-logout`, received, server }
}

/** Goes to the page that asks, and answers it. */
export async function signOut(visitor: Visitor, query = '', answer: Record<string, string> = { logout: 'yes' }) {
  const page = JSON.parse((await visitor.go(`/session/end${query}`)).body)
  return { page, left: await visitor.go(page.action, { xsrf: page.xsrf, ...answer }) }
}

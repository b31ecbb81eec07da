/** The two kinds of token of dynamic registration as the library finds them: by their hash, in what lasts. */
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { type ClientDirectory, type ClientStore, hashSecret } from '../clients/clients.ts'
import { type RegistrationTokenStore, stateOfToken } from '../registration/registration.ts'
import { epochSeconds } from './lifetimes.ts'

export interface RegistrarNeeds
  extends Pick<Campus, 'config' | 'clock' | 'random' | 'changes'>,
    Pick<ClientDirectory, 'clients'> {
  registrationTokens: Pick<RegistrationTokenStore, 'findByHash'>
  registeredClients: Pick<ClientStore, 'findByRegistrationAccess' | 'setRegistrationAccess'>
}

/** The one policy by which the library knows all of ours. */
export const POLICY = 'campus'

type Kept = Pick<Adapter, 'find' | 'upsert' | 'destroy'>

export interface RegistrationTokens {
  /** Made by operators, and read here. */
  initialAccessTokens: Kept
  /** By which a client manages itself. */
  accessTokens: Kept
}

export function createRegistrationTokens(needs: RegistrarNeeds): RegistrationTokens {
  const { clock, registrationTokens, registeredClients } = needs
  const policies = needs.config.profile === 'conformance' ? {} : { policies: [POLICY] }
  return {
    initialAccessTokens: {
      async find(id): Promise<AdapterPayload | undefined> {
        const token = await registrationTokens.findByHash(hashSecret(id))
        if (token === null || stateOfToken(token, clock()) !== 'valid') return undefined
        const times = { iat: epochSeconds(token.createdAt), exp: epochSeconds(token.expiresAt) }
        return { kind: 'InitialAccessToken', jti: id, policies: [POLICY], ...times }
      },
      upsert: notHere,
      destroy: notHere,
    },

    accessTokens: {
      async find(id): Promise<AdapterPayload | undefined> {
        const client = await registeredClients.findByRegistrationAccess(hashSecret(id))
        if (!client?.registration) return undefined
        const { issuedAt: iat } = client.registration
        return { kind: 'RegistrationAccessToken', jti: id, clientId: client.id, ...policies, iat }
      },
      async upsert(id, { clientId = '' }) {
        await registeredClients.setRegistrationAccess(clientId, hashSecret(id))
        await needs.changes.refresh().catch(() => undefined)
      },
      // One that was shown at another client's address is withdrawn, as the library has it.
      async destroy(id) {
        const client = await registeredClients.findByRegistrationAccess(hashSecret(id))
        if (client !== null) await registeredClients.setRegistrationAccess(client.id, null)
      },
    },
  }
}

async function notHere(): Promise<never> {
  throw new Error('initial access tokens are made by operators')
}

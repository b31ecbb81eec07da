import { describe, expect, test } from '@jest/globals'
import { memoryClients, sampleClient } from '../../test/support/memory-desk.ts'
import { PROFILES } from '../config-rules.ts'
import { profileMistake } from './registration.ts'

const registration = { tokenId: null, policy: null, accessHash: null, issuedAt: 0, sealedSecret: null }
const open = {
  ...sampleClient('dynamic-open'),
  managedBy: 'dynamic' as const,
  registration: { ...registration, document: {} },
}
const vetted = { ...open, id: 'dynamic-vetted', registration: { ...registration, document: null } }

describe('a database in which anybody could register', () => {
  test.each(PROFILES.filter((profile) => profile !== 'conformance'))(
    'is refused by PROFILE=%s, and named',
    async (profile) => {
      const clients = memoryClients([sampleClient('library'), vetted, open])
      expect(await profileMistake({ clients, config: { profile } })).toMatch(
        /^conformance, or another database: .*dynamic-open.*certification alone$/,
      )
    },
  )

  test('also where what was registered is disabled by now', async () => {
    const clients = memoryClients([{ ...open, disabledAt: new Date() }])
    expect(await profileMistake({ clients, config: { profile: 'production' } })).not.toBeNull()
  })

  test('is what PROFILE=conformance is for', async () => {
    expect(await profileMistake({ clients: memoryClients([open]), config: { profile: 'conformance' } })).toBeNull()
  })

  test('is none where clients came by a token', async () => {
    expect(
      await profileMistake({
        clients: memoryClients([sampleClient('library'), vetted]),
        config: { profile: 'production' },
      }),
    ).toBeNull()
  })
})

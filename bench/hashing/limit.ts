/** A: verifies one hash again and again, as the product's hashing threads do, for as long as its parent says. */
import { randomBytes } from 'node:crypto'
import { argon2 } from '../../adapters/hashing/argon2-fast.ts'
import { PASSWORD } from '../load/clients.ts'

const pepper = new Uint8Array(randomBytes(32))
const phc = await argon2.hash(PASSWORD, pepper)

process.on('message', async ({ seconds }: { seconds: number }) => {
  const started = performance.now()
  let done = 0
  for (; performance.now() - started < seconds * 1000; done++) await argon2.verify(phc, PASSWORD, pepper)
  process.send?.({ done, seconds: (performance.now() - started) / 1000 })
})
process.on('disconnect', () => process.exit())

/** Runs in a thread of its own and computes one job at a time: a hash must hold up neither requests nor signatures. */
import { parentPort, workerData } from 'node:worker_threads'
import type { HashingAnswer, HashingJob, HashingThreadData } from './hashing-job.ts'
import { stepBehind } from './priority.ts'

const { fallback }: HashingThreadData = workerData
const { argon2 } = fallback ? await import('./argon2-fallback.ts') : await import('./argon2-fast.ts')
await stepBehind()

async function answer(job: HashingJob): Promise<HashingAnswer> {
  try {
    if (job.kind === 'hash') return { kind: 'hashed', phc: await argon2.hash(job.password, job.pepper) }
    return { kind: 'verified', matches: await argon2.verify(job.phc, job.password, job.pepper) }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.on('message', async (job: HashingJob) => {
  parentPort?.postMessage(await answer(job))
})

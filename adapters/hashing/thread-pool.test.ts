import { expect, test } from '@jest/globals'
import { openThreadPool } from './thread-pool.ts'

/** A thread that answers what it is told, dies, or stays silent for ever. */
const file = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, workerData } from 'node:worker_threads'
    if (workerData === 'cannot live') throw new Error('stillborn')
    parentPort.on('message', (job) => {
      if (job === 'die') throw new Error('dead')
      if (job === 'exit') process.exit(3)
      parentPort.postMessage(job)
    })`)}`,
)

function open({ threadsMax = 1, queueMax = 10, data = '' } = {}) {
  return openThreadPool<string, string>({ file, data, threadsMax, queueMax, retryAfterSeconds: 2 })
}

const somebody = { address: 'home', account: 'lan' }
const died = { unavailable: 'hashing', retryAfterSeconds: 2 }

test.each(['die', 'exit'])('a thread that says "%s" costs its own job alone and is replaced', async (death) => {
  const pool = open()
  const jobs = ['one', death, 'two', 'three'].map((job) => pool.run(job, somebody))
  const answers = await Promise.allSettled(jobs)
  expect(answers).toEqual([
    { status: 'fulfilled', value: 'one' },
    { status: 'rejected', reason: expect.objectContaining(died) },
    { status: 'fulfilled', value: 'two' },
    { status: 'fulfilled', value: 'three' },
  ])
  expect(await pool.run('four', somebody)).toBe('four')
  await pool.close()
})

test('where threads cannot live every job is told so, with the reason, and nothing spins', async () => {
  const pool = open({ data: 'cannot live', threadsMax: 2 })
  const answers = await Promise.allSettled(['one', 'two', 'three'].map((job) => pool.run(job, somebody)))
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 'rejected', reason: { ...died, cause: new Error('stillborn') } })
  }
  await pool.close()
})

test('closing waits for what was taken in, also over the death of a thread, and may be asked twice', async () => {
  const pool = open()
  const jobs = Promise.allSettled(['one', 'die', 'two'].map((job) => pool.run(job, somebody)))
  await Promise.all([pool.close(), pool.close()])
  expect((await jobs).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  await expect(pool.run('late', somebody)).rejects.toMatchObject(died)
})

test('a place in the queue belongs to the job: walking away does not free it', async () => {
  const pool = open({ queueMax: 2 })
  const abandoned = ['one', 'two', 'three'].map((job) => pool.run(job, somebody).catch(() => 'nobody listens'))
  await expect(pool.run('four', somebody)).rejects.toMatchObject(died)
  await Promise.all(abandoned)
  expect(await pool.run('five', somebody)).toBe('five')
  await pool.close()
})

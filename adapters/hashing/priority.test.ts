import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { STEPS_BEHIND } from './priority.ts'

/** In a process of its own, in which nothing has called libuv's threads to life before the hashing did. */
async function nicenessByThread(prelude = ''): Promise<Map<string, number[]>> {
  const program = `(async () => {
    ${prelude}
    const { readdirSync, readFileSync } = await import('node:fs')
    const { openHashing } = await import(${JSON.stringify(new URL('./hashing.ts', import.meta.url).href)})
    const peppers = [{ id: 'p1', value: new Uint8Array(32) }]
    const hasher = await openHashing({ peppers, threads: 2, random: { token: () => 'decoy' } })
    const hashes = ['one', 'two'].map((account) => hasher.hash('plum blossom', { address: 'home', account }))
    await Promise.all(hashes)
    const stats = readdirSync('/proc/self/task').map((id) => readFileSync('/proc/self/task/' + id + '/stat', 'utf8'))
    await hasher.close()
    process.stdout.write(JSON.stringify(stats))
    })()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', program])
  const threads = new Map<string, number[]>()
  for (const stat of JSON.parse(stdout) as string[]) {
    // proc_pid_stat(5): the name stands in parentheses, niceness is the 19th field.
    const [, name = '', rest = ''] = /\((.*)\) (.*)/s.exec(stat) ?? []
    threads.set(name, [...(threads.get(name) ?? []), Number(rest.split(' ')[16])])
  }
  return threads
}

test('each hashing thread comes behind, and no other thread of the process', async () => {
  const { hashing, ...others } = Object.fromEntries(await nicenessByThread())
  const [own] = others['MainThread'] ?? others['node'] ?? []
  expect(own).toBeDefined()
  expect(hashing).toEqual([Number(own) + STEPS_BEHIND, Number(own) + STEPS_BEHIND])
  expect(others['libuv-worker']?.length).toBeGreaterThan(0)
  expect(new Set(Object.values(others).flat())).toEqual(new Set([own]))
})

test('a process that is last already still hashes, at the end of the line', async () => {
  const last = `const os = await import('node:os'); os.setPriority(os.constants.priority.PRIORITY_LOW);`
  const { hashing } = Object.fromEntries(await nicenessByThread(last))
  expect(hashing).toEqual([19, 19])
})

/** The whole server in this process, on stores of its own: as main.ts puts it together, with all that looks on. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { Config } from '../../src/config.ts'
import { seedDemo } from '../../src/demo/demo.ts'
import { createLog } from '../../src/log.ts'
import { openDoors } from '../../src/main.ts'
import { type OpenCampus, openCampus } from '../../src/open-campus.ts'
import { openObservation } from '../../src/open-observation.ts'
import { type Family, readExposition } from './exposition.ts'
import { freePort } from './free-port.ts'
import { freshDatabase, freshRedis } from './fresh-stores.ts'
import { sampleClient } from './memory-desk.ts'
import { sampleConfig } from './sample-config.ts'

export const REDIRECT_URI = 'https://library.school.example/callback'

export interface WholeCampus {
  issuer: string
  port: number
  campus: OpenCampus['campus']
  /** Parsed log lines, oldest first. */
  lines: Record<string, unknown>[]
  scrape(): Promise<Map<string, Family>>
  /** As Prometheus gets it. */
  exposition(): Promise<string>
  /** Ends the server and sends the last spans; the stores stay until `close`. */
  stop(): Promise<void>
  close(): Promise<void>
}

/** Demo people, and the public client `library`. */
export async function openWholeCampus(changes: Partial<Config> = {}): Promise<WholeCampus> {
  const [database, redis, port] = await Promise.all([freshDatabase({ migrated: true }), freshRedis(), freePort()])
  const folder = mkdtempSync(join(tmpdir(), 'campus-id-whole-'))
  const issuer = `http://localhost:${port}`
  const config = sampleConfig({
    profile: 'demo',
    issuer,
    port,
    host: '127.0.0.1',
    dataDir: folder,
    database: { kind: 'postgres', url: database.url },
    redis: { kind: 'standalone', url: redis.url, waitReplicas: 0 },
    logLevel: 'debug',
    ...changes,
  })
  const lines: Record<string, unknown>[] = []
  const log = createLog(config, keepLines(lines))
  const observation = await openObservation(config, log)
  const open = await openCampus(config, log, 'expect', observation)
  await seedDemo(open.campus)
  await open.campus.clients.put(sampleClient('library', { token_endpoint_auth_method: 'none' }))
  const doors = await openDoors(open)
  const text = observation.write
  let stopping: Promise<void> | null = null
  const stop = () => {
    stopping ??= doors
      .close('stop', Promise.resolve())
      .then(() => open.close())
      .then(() => observation.close())
    return stopping
  }
  return {
    issuer,
    port,
    campus: open.campus,
    lines,
    exposition: text,
    scrape: async () => readExposition(await text()),
    stop,
    async close() {
      await stop()
      await Promise.all([database.drop(), redis.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function keepLines(lines: Record<string, unknown>[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
}

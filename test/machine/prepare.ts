/**
 * The first step of `npm test`: sees to it that this machine has the servers, the browser and the fonts that the tests
 * need, installs the Debian packages that are missing where it may, and says what to do where it may not. It is no
 * `pretest` script, because npm skips those where install scripts are turned off.
 */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { leftOutTests } from './left-out-tests.ts'
import { lookAtMachine } from './look-at-machine.ts'
import { plan } from './requirements.ts'

const NODE_MAJOR = 24

const say = (line: string) => process.stdout.write(`${line}\n`)

function giveUp(complaints: readonly string[]): never {
  for (const complaint of complaints) process.stderr.write(`${complaint}\n`)
  process.exit(1)
}

const { node } = process.versions
if (Number.parseInt(node, 10) < NODE_MAJOR) {
  giveUp([`this is Node ${node}: run it through npm, which brings Node ${NODE_MAJOR} (npm test)`])
}
say(`Node ${node}`)

let decision = plan(await lookAtMachine(process.env))
if (decision.run.length > 0) {
  for (const words of decision.run) {
    const [command = '', ...args] = words
    say(`$ ${words.join(' ')}`)
    const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    if (status !== 0) giveUp([`that failed; once it has been mended, run: ${words.join(' ')}`])
  }
  decision = plan(await lookAtMachine(process.env))
  if (decision.run.length > 0) giveUp(['packages were installed, and yet something is missing:', ...decision.met])
}
for (const line of decision.met) say(line)
if (decision.complaints.length > 0) giveUp(decision.complaints)
for (const path of leftOutTests(resolve(import.meta.dirname, '../..'))) {
  say(`LEFT OUT: ${path} (it kills servers of its own: install PostgreSQL and redis-server to run it)`)
}

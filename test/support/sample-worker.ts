/** A worker that serves nothing: it takes its seat, and behaves as its environment says. */
import { takeSeat } from '../../adapters/processes/seat.ts'

const behaviour = process.env['SAMPLE_BEHAVIOUR']
if (behaviour === 'cannot start') process.exit(3)

const seat = takeSeat()
seat.answer('place', async () => ({ place: process.env['SAMPLE_PLACE'], told: said }))
seat.answer('trouble', async () => {
  throw new Error('nothing to say')
})
if (behaviour === 'hangs') seat.answer('place', () => new Promise(() => {}))
const said: string[] = []
void seat.hurried.then(() => said.push('hurried'))
seat.ready()
said.push(await seat.told)
// Long enough to be asked, and to be told otherwise.
if (said[0] === 'leave') await seat.hurried
process.exitCode = said.join() === 'leave,hurried' ? 10 : 0
seat.leave()

/** A worker that takes its seat and behaves as its environment says; where that names a port it answers there. */
import { createServer } from 'node:http'
import { takeSeat } from '../../adapters/processes/seat.ts'

const { SAMPLE_BEHAVIOUR: behaviour, SAMPLE_PLACE: place, SAMPLE_PORT: port } = process.env
if (behaviour === 'cannot start') process.exit(3)

const seat = takeSeat()
const said: string[] = []
seat.answer('place', async () => ({ place, told: said }))
seat.answer('trouble', async () => {
  throw new Error('nothing to say')
})
if (behaviour === 'hangs') seat.answer('place', () => new Promise(() => {}))
void seat.hurried.then(() => said.push('hurried'))

const server = createServer((_request, response) => void response.end(place))
if (port) await new Promise<void>((resolve) => server.listen(Number(port), '127.0.0.1', resolve))
seat.ready()
said.push(await seat.told)
// Long enough to be asked, and to be told otherwise.
if (said[0] === 'leave' && !port) await seat.hurried
process.exitCode = said.join() === 'leave,hurried' ? 10 : 0
server.close()
await seat.closed()
seat.leave()

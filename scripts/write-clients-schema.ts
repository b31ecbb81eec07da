/** Writes the JSON Schema of the clients file, after a change of src/clients/schema.ts. `npm run fix` formats it. */
import { writeFile } from 'node:fs/promises'
import { clientsJsonSchema } from '../src/clients/schema.ts'

const schema = JSON.stringify(clientsJsonSchema(), null, 2)
await writeFile(new URL('../docs/integration/clients.schema.json', import.meta.url), `${schema}\n`)

import { openDesk } from './desk.ts'

/** Jest's globalSetup, which has to be a default export. */
export default openDesk

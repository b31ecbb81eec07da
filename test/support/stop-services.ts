import { closeDesk } from './desk.ts'

/** Jest's globalTeardown, which has to be a default export. */
export default closeDesk

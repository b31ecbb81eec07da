/** What goes to a hashing thread and what comes back. */
export type HashingJob =
  | { kind: 'hash'; password: string; pepper: Uint8Array }
  | { kind: 'verify'; phc: string; password: string; pepper: Uint8Array }

export type HashingAnswer =
  | { kind: 'hashed'; phc: string }
  | { kind: 'verified'; matches: boolean }
  /** Such as a hash that cannot be read. */
  | { kind: 'failed'; message: string }

export interface HashingThreadData {
  fallback: boolean
}

export interface WaitingFor {
  address: string
  account: string
}

/**
 * Jobs that wait for a thread, at most so many. Addresses take turns, and within an address its accounts do, so whoever
 * sends a thousand waits for his own thousand.
 */
export interface FairQueue<Job> {
  /**
   * Answers the job for which there is no place, null if there is one for all. When the queue is full the address that
   * takes most of it gives up its youngest job, unless that is the one that asks.
   */
  add(job: Job, waitingFor: WaitingFor): Job | null
  next(): Job | null
  size(): number
}

interface Account<Job> {
  name: string
  jobs: Job[]
}

interface Address<Job> {
  name: string
  accounts: Account<Job>[]
}

export function createFairQueue<Job>(sizeMax: number): FairQueue<Job> {
  /** Whoever stands first is served next, and goes to the end. Nobody stands here with nothing to do. */
  const addresses: Address<Job>[] = []

  function enqueue(job: Job, waitingFor: WaitingFor): void {
    const address = named(addresses, waitingFor.address) ?? { name: waitingFor.address, accounts: [] }
    if (address.accounts.length === 0) addresses.push(address)
    const account = named(address.accounts, waitingFor.account) ?? { name: waitingFor.account, jobs: [] }
    if (account.jobs.length === 0) address.accounts.push(account)
    account.jobs.push(job)
  }

  function dropYoungest(address: Address<Job>): Job | null {
    const account = longest(address.accounts, ({ jobs }) => jobs.length)
    const job = account?.jobs.pop() ?? null
    if (account?.jobs.length === 0) remove(address.accounts, account)
    if (address.accounts.length === 0) remove(addresses, address)
    return job
  }

  const size = () => addresses.reduce((sum, address) => sum + jobsOf(address), 0)

  return {
    size,
    add(job, waitingFor) {
      if (size() < sizeMax) {
        enqueue(job, waitingFor)
        return null
      }
      const own = named(addresses, waitingFor.address)
      const greediest = longest(addresses, jobsOf)
      if (!greediest || (own ? jobsOf(own) : 0) + 1 >= jobsOf(greediest)) return job
      const dropped = dropYoungest(greediest)
      enqueue(job, waitingFor)
      return dropped
    },
    next() {
      const address = addresses.shift()
      const account = address?.accounts.shift()
      const job = account?.jobs.shift() ?? null
      if (address && account && account.jobs.length > 0) address.accounts.push(account)
      if (address && address.accounts.length > 0) addresses.push(address)
      return job
    },
  }
}

function jobsOf({ accounts }: Address<unknown>): number {
  return accounts.reduce((sum, { jobs }) => sum + jobs.length, 0)
}

function named<One extends { name: string }>(all: readonly One[], name: string): One | undefined {
  return all.find((one) => one.name === name)
}

function longest<One>(all: readonly One[], lengthOf: (one: One) => number): One | undefined {
  return all.reduce<One | undefined>((most, one) => (most && lengthOf(most) >= lengthOf(one) ? most : one), undefined)
}

function remove<One>(all: One[], one: One): void {
  all.splice(all.indexOf(one), 1)
}

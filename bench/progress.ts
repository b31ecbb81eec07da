/** Says on standard error what is going on: on a terminal in one line that changes, elsewhere a line an operation. */
export interface Progress {
  operation(title: string): void
  step(what: string): void
  end(): void
}

interface Stream {
  write(text: string): unknown
  isTTY?: boolean | undefined
  columns?: number | undefined
}

export function showProgress(stream: Stream, { operations, now }: { operations: number; now(): number }): Progress {
  const started = now()
  let begun = 0
  let title = ''

  function show(what: string) {
    const line = `[${begun}/${operations}] ${title}${what && `: ${what}`}${timeLeft()}`
    if (stream.isTTY) stream.write(`\r\u001b[K${line.slice(0, (stream.columns ?? 80) - 1)}`)
    else if (what === '') stream.write(`${line}\n`)
  }

  /** As long for each as they took on average so far. */
  function timeLeft(): string {
    const done = begun - 1
    if (done < 1) return ''
    const seconds = ((now() - started) / 1000 / done) * (operations - done)
    return `, about ${seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`} left`
  }

  return {
    operation(next) {
      begun++
      title = next
      show('')
    },
    step: show,
    end() {
      if (stream.isTTY) stream.write('\r\u001b[K')
    },
  }
}

/** Where the server may be looked at from outside: METRICS_… and OTEL_…. */
import { describe, expect, test } from '@jest/globals'
import { inProduction, mistakes, production, read } from '../test/support/environments.ts'

describe('metrics', () => {
  test('are there in production on loopback, and in the demo when they are asked for', () => {
    expect(read(production).config.metrics).toEqual({ host: '127.0.0.1', port: 9464 })
    expect(read({}).config.metrics).toBeNull()
    expect(read({ METRICS_PORT: '9465' }).config.metrics).toEqual({ host: '127.0.0.1', port: 9465 })
  })

  test('stand where they are told to, or nowhere', () => {
    const elsewhere = { ...production, METRICS_PORT: '9100', METRICS_HOST: '10.0.0.5' }
    expect(read(elsewhere).config.metrics).toEqual({ host: '10.0.0.5', port: 9100 })
    expect(read({ ...production, METRICS_PORT: 'off' }).config.metrics).toBeNull()
  })

  test.each([
    ['no port', { METRICS_PORT: '0' }, 'METRICS_PORT: a whole number from 1 to 65535, or off'],
    ['a word', { METRICS_PORT: 'none' }, 'METRICS_PORT: a whole number from 1 to 65535, or off'],
    ['a name', { METRICS_HOST: 'metrics.example.edu' }, 'METRICS_HOST: an IP address to listen on, or localhost'],
  ])('refuse %s', (_what, changes, mistake) => {
    expect(inProduction(changes)).toEqual([mistake])
  })

  test('have a port of their own', () => {
    const mistake = 'METRICS_PORT: another port than PORT: what is counted is not for everybody'
    expect(inProduction({ METRICS_PORT: '3000' })).toEqual([mistake])
    expect(inProduction({ METRICS_PORT: '9464', PORT: '9464' })).toEqual([mistake])
    expect(inProduction({ PORT: '9464' })).toEqual([mistake])
  })

  test('of the demo are for its own machine', () => {
    expect(mistakes({ METRICS_HOST: '0.0.0.0' })).toEqual(['METRICS_HOST: a loopback address in the demo'])
  })
})

describe('traces', () => {
  test('are off unless somebody takes them, and then of every request', () => {
    expect(read(production).config.tracing).toBeNull()
    const endpoint = 'http://127.0.0.1:4318'
    const traced = { ...production, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }
    expect(read(traced).config.tracing).toEqual({ endpoint, ratio: 1 })
    expect(read({ ...traced, OTEL_TRACES_SAMPLER_ARG: '0.05' }).config.tracing).toEqual({ endpoint, ratio: 0.05 })
  })

  test.each(['collector:4318', 'grpc://127.0.0.1:4317', 'https://who:secret@collector.example.edu', ''])(
    'do not go to %p',
    (endpoint) => {
      const told = inProduction({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
      expect(told).toEqual(
        endpoint === ''
          ? []
          : ['OTEL_EXPORTER_OTLP_ENDPOINT: the http or https address of a collector, such as http://127.0.0.1:4318'],
      )
    },
  )

  test.each(['2', '-1', '1.5', 'half', '1e-3'])('refuse %s as a part', (text) => {
    expect(inProduction({ OTEL_TRACES_SAMPLER_ARG: text })).toEqual([
      'OTEL_TRACES_SAMPLER_ARG: the part of the requests that is traced, from 0 to 1',
    ])
  })
})

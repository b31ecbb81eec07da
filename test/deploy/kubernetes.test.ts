/** The manifests against the schemas of Kubernetes, and against each other. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1'
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Secret, Service } from 'kubernetes-models/v1'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { readConfig } from '../../src/config.ts'
import { SECRET_VARIABLES } from '../../src/config-variables.ts'
import { production } from '../support/environments.ts'

const FOLDER = 'deploy/kubernetes'
const KINDS = { ConfigMap, Deployment, Ingress, NetworkPolicy, PodDisruptionBudget, Secret, Service }

const manifest = z
  .object({ apiVersion: z.string(), kind: z.string(), metadata: z.object({ name: z.string() }) })
  .loose()
const manifests = readdirSync(FOLDER).flatMap((file) =>
  parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map((document) => ({
    file,
    read: manifest.parse(document.toJS()),
  })),
)
const named = (kind: string, name = 'campus-id') => {
  const found = manifests.find(({ read }) => read.kind === kind && read.metadata.name === name)
  if (!found) throw new Error(`there is no ${kind} ${name}`)
  return found.read
}

const deployment = new Deployment(named('Deployment') as unknown as IDeployment)
const pod = deployment.spec?.template.spec
const [container] = pod?.containers ?? []
if (!container) throw new Error('the Deployment has no container')

test.each(manifests)('$read.kind $read.metadata.name of $file keeps to its schema', ({ read }) => {
  const Kind = KINDS[z.enum(Object.keys(KINDS) as (keyof typeof KINDS)[]).parse(read.kind)]
  const model = new Kind(read as never)
  expect(() => model.validate()).not.toThrow()
  expect({ apiVersion: model.apiVersion, kind: model.kind }).toEqual({ apiVersion: read.apiVersion, kind: read.kind })
})

test('the schemas do refuse', () => {
  const wrong = new Deployment({ ...named('Deployment'), spec: { replicas: 'three' } } as never)
  expect(() => wrong.validate()).toThrow()
})

describe('a pod', () => {
  test('is restricted, as the Pod Security Standards have it', () => {
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(pod?.automountServiceAccountToken).toBe(false)
    const user = /^USER (\d+)/m.exec(readFileSync('Dockerfile', 'utf8'))?.[1]
    expect(pod?.securityContext?.runAsUser).toBe(Number(user))
  })

  test('finds all that it is told to read', () => {
    const data = z.record(z.string(), z.string())
    const environment = data.parse(named('ConfigMap')['data'])
    const files = Object.fromEntries((container.env ?? []).map(({ name, value = '' }) => [name, value]))
    const secrets = data.parse(named('Secret')['stringData'])
    const paths = Object.values(files).map((path) => path.replace('/run/secrets/campus-id/', ''))
    expect(paths.toSorted()).toEqual(Object.keys(secrets).toSorted())
    const { config, warnings } = readConfig(
      { ...environment, ...files },
      {
        root: '/app',
        nodeVersion: '24.21.0',
        cores: 2,
        readFile: (path) => production[path.split('/').at(-1)?.toUpperCase() ?? ''] ?? 'redis://redis.example.edu:6379',
        generatedSecrets: () => ({}),
      },
    )
    expect(warnings).toEqual([])
    expect(config).toMatchObject({ profile: 'production', clientsFile: '/etc/campus-id/clients.json', workers: 1 })
    expect(Object.keys(data.parse(named('ConfigMap', 'campus-id-clients')['data']))).toEqual(['clients.json'])
    const volumes = new Set(pod?.volumes?.map(({ name }) => name))
    for (const { name } of container.volumeMounts ?? []) expect(volumes).toContain(name)
  })

  test('goes on answering until the proxies know, and has time for what is in flight', () => {
    const waits = Number(/\}, (\d+)\)/.exec(container.lifecycle?.preStop?.exec?.command?.[2] ?? '')?.[1]) / 1_000
    expect(waits).toBeGreaterThanOrEqual(5)
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(waits + 10)
  })

  test('is asked whether it lives and whether it is ready at different addresses', () => {
    const { startupProbe, readinessProbe, livenessProbe } = container
    expect([startupProbe, readinessProbe, livenessProbe].map((it) => it?.httpGet?.path)).toEqual([
      '/healthz',
      '/readyz',
      '/healthz',
    ])
  })
})

test('no secret stands in a manifest, and every secret of the server has its place', () => {
  const secrets = z.record(z.string(), z.literal('')).parse(named('Secret')['stringData'])
  const wanted = [...SECRET_VARIABLES, 'DATABASE_URL', 'REDIS_URL'].map((name) => name.toLowerCase())
  expect(Object.keys(secrets).toSorted()).toEqual(wanted.toSorted())
})

test('everything speaks of the same pods, by ports that they have', () => {
  const labels = deployment.spec?.template.metadata?.labels
  const ports = container.ports?.map(({ name }) => name)
  const services = manifests.filter(({ read }) => read.kind === 'Service').map(({ read }) => new Service(read as never))
  for (const { spec } of services) {
    expect(spec?.selector).toEqual(labels)
    for (const { targetPort } of spec?.ports ?? []) expect(ports).toContain(targetPort)
  }
  expect(new PodDisruptionBudget(named('PodDisruptionBudget') as never).spec?.selector?.matchLabels).toEqual(labels)
  const policy = new NetworkPolicy(named('NetworkPolicy') as never)
  expect(policy.spec?.podSelector?.matchLabels).toEqual(labels)
  for (const { ports: allowed } of policy.spec?.ingress ?? [])
    for (const { port } of allowed ?? []) expect(ports).toContain(port)
})

test('the metrics are behind no Ingress', () => {
  const { spec } = new Ingress(named('Ingress') as never)
  const led = spec?.rules?.flatMap(({ http }) => http?.paths.map(({ backend }) => backend.service?.name))
  expect(led).toEqual(['campus-id'])
})

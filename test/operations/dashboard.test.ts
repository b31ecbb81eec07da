/** What Grafana and Prometheus ask for is what the server counts. */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { createPrometheus, exposition } from '../../adapters/metrics/prometheus.ts'
import { catalogue, type Metric } from '../../src/metrics/metrics.ts'
import { type Family, readExposition } from '../support/exposition.ts'

interface Target {
  expr: string
  legendFormat: string
  datasource: { uid: string }
}

interface Panel {
  id: number
  type: string
  title: string
  targets?: Target[]
  gridPos: { x: number; y: number; w: number; h: number }
}

interface Dashboard {
  uid: string
  title: string
  schemaVersion: number
  panels: Panel[]
  templating: { list: { name: string; type: string; query: unknown }[] }
}

const dashboard: Dashboard = JSON.parse(readFileSync('deploy/grafana/campus-id.json', 'utf8'))
const alerts = readFileSync('deploy/prometheus/alerts.yml', 'utf8')
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** Given by Prometheus to whatever it scrapes, or made by it. */
const EVERYWHERE = ['job', 'instance', 'le']

let families: Map<string, Family>
beforeAll(async () => {
  families = readExposition(await exposition([await createPrometheus(catalogue).snapshot()]))
})

const known: Readonly<Record<string, Metric>> = catalogue
const namesIn = (text: string) => new Set(text.match(/\b(campus|process|nodejs)_[a-z0-9_]+\b/g) ?? [])
const familyOf = (name: string) => (families.has(name) ? name : name.replace(/_(bucket|sum|count)$/, ''))
const labelsOf = (name: string) => Object.keys(known[familyOf(name)]?.labels ?? { kind: [], state: [], type: [] })

/** `name{label="value"}` with the labels that it names. */
function matchersIn(text: string): { name: string; label: string }[] {
  return [...text.matchAll(/\b((?:campus|process|nodejs)_\w+)\{([^}]*)\}/g)].flatMap(([, name = '', inside = '']) =>
    [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => ({ name, label })),
  )
}

function groupsIn(text: string): string[] {
  return [...text.matchAll(/\b(?:by|without|ignoring|on)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(/,\s*/),
  )
}

describe.each([
  ['the dashboard', queries],
  ['the alerts', [alerts]],
])('%s', (_name, texts) => {
  test('asks for metrics that there are', () => {
    const asked = [...namesIn(texts.join('\n'))]
    expect(asked.length).toBeGreaterThan(5)
    expect(asked.filter((name) => !families.has(familyOf(name)))).toEqual([])
  })

  test('names labels that these metrics have', () => {
    for (const text of texts) {
      for (const { name, label } of matchersIn(text)) expect([...EVERYWHERE, ...labelsOf(name)]).toContain(label)
      const here = [...namesIn(text)].flatMap(labelsOf)
      for (const label of groupsIn(text)) expect([...EVERYWHERE, ...here]).toContain(label)
    }
  })

  test('compares labels with values that they can have', () => {
    for (const text of texts) {
      for (const [, name = '', inside = ''] of text.matchAll(/\b(campus_\w+)\{([^}]*)\}/g)) {
        for (const [, label = '', value = ''] of inside.matchAll(/(\w+)=~?"([^"]*)"/g)) {
          const values = known[familyOf(name)]?.labels[label]
          if (Array.isArray(values)) expect(values).toEqual(expect.arrayContaining(value.split('|')))
        }
      }
    }
  })
})

describe('the dashboard', () => {
  test('shows every metric of ours', () => {
    const shown = new Set([...namesIn(queries.join('\n'))].map(familyOf))
    expect(Object.keys(catalogue).filter((name) => !shown.has(name))).toEqual([])
  })

  test('is one that Grafana can import', () => {
    expect(dashboard).toMatchObject({ uid: 'campus-id', title: 'Campus ID', schemaVersion: expect.any(Number) })
    const ids = dashboard.panels.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(dashboard.templating.list).toContainEqual(
      expect.objectContaining({ name: 'datasource', type: 'datasource', query: 'prometheus' }),
    )
    for (const { targets = [] } of dashboard.panels)
      for (const { datasource } of targets) expect(datasource.uid).toBe(`\${datasource}`)
  })

  test('has a title on every panel, and no two in one place', () => {
    const taken = new Set<string>()
    for (const { title, gridPos } of dashboard.panels) {
      expect(title).not.toBe('')
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken).not.toContain(`${x},${y}`)
          taken.add(`${x},${y}`)
        }
    }
  })

  test('names in its legends what its queries keep', () => {
    for (const { targets = [] } of dashboard.panels) {
      for (const { expr, legendFormat } of targets) {
        const kept = groupsIn(expr)
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(kept).toContain(label)
      }
    }
  })
})

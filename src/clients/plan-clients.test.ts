import { describe, expect, test } from '@jest/globals'
import { Refusal } from '../errors.ts'
import { assertEditable } from './apply-clients.ts'
import type { ClientRecord } from './clients.ts'
import { planAgainst } from './plan-clients.ts'
import { clientEntry, metadataOf } from './schema.ts'

const metadata = metadataOf(
  clientEntry.parse({
    client_id: 'portal',
    client_name: '门户',
    redirect_uris: ['https://a.example', 'https://b.example'],
  }),
)
const record: ClientRecord = {
  ...{ id: 'portal', managedBy: 'file', metadata, disabledAt: null },
  secretHashes: ['sha256:one', 'sha256:two'],
}
const nothing = { created: [], changed: [], unchanged: [], disabled: [], conflicts: [] }

describe('a plan', () => {
  test('changes nothing where only the order of keys and of secrets differs', () => {
    const reordered = {
      ...record,
      metadata: Object.fromEntries(Object.entries(metadata).reverse()) as unknown as typeof metadata,
      secretHashes: record.secretHashes.toReversed(),
    }
    expect(planAgainst([reordered], [record])).toEqual({ ...nothing, unchanged: ['portal'] })
  })

  test('sees that another address comes first: it names the sector of pairwise subjects', () => {
    const redirect_uris = metadata.redirect_uris.toReversed()
    const { changed } = planAgainst([record], [{ ...record, metadata: { ...metadata, redirect_uris } }])
    expect(changed).toEqual([{ id: 'portal', fields: ['redirect_uris'] }])
  })

  test('names each field that differs, also one that an older version did not know', () => {
    const { subject_type: _, ...older } = { ...metadata, client_name: '旧门户' }
    const before = { ...record, metadata: older as typeof metadata, secretHashes: ['sha256:one'] }
    const { changed } = planAgainst([before], [record])
    expect(changed).toEqual([
      { id: 'portal', fields: expect.arrayContaining(['client_name', 'subject_type', 'client_secrets']) },
    ])
    expect(changed[0]?.fields).toHaveLength(3)
  })

  test('disables only what the file had, once', () => {
    const others = [
      { ...record, id: 'mine', managedBy: 'staff' as const },
      { ...record, id: 'console', managedBy: 'built-in' as const },
      { ...record, id: 'gone', disabledAt: new Date(0) },
    ]
    expect(planAgainst([record, ...others], [])).toEqual({ ...nothing, disabled: ['portal'] })
  })

  test('leaves the school’s clients alone when it is about the product’s own', () => {
    const own = { ...record, id: 'demo', managedBy: 'built-in' as const }
    expect(planAgainst([record, own], [{ ...own }], 'built-in')).toEqual({ ...nothing, unchanged: ['demo'] })
    expect(planAgainst([record, own], [], 'built-in')).toEqual({ ...nothing, disabled: ['demo'] })
    expect(planAgainst([record], [record], 'built-in').conflicts).toEqual([{ id: 'portal', managedBy: 'file' }])
  })

  test('takes the later of two with one identifier', () => {
    const later = { ...record, metadata: { ...metadata, client_name: '新门户' } }
    expect(planAgainst([], [record, later])).toEqual({ ...nothing, created: ['portal'] })
    expect(planAgainst([later], [record, later])).toEqual({ ...nothing, unchanged: ['portal'] })
  })

  test('sets conflicts apart', () => {
    expect(planAgainst([{ ...record, managedBy: 'staff' }], [record])).toEqual({
      ...nothing,
      conflicts: [{ id: 'portal', managedBy: 'staff' }],
    })
  })
})

test('only what staff made is edited by staff', () => {
  expect(() => assertEditable({ managedBy: 'staff' })).not.toThrow()
  expect(() => assertEditable({ managedBy: 'file' })).toThrow(Refusal)
  expect(() => assertEditable({ managedBy: 'built-in' })).toThrow('client_read_only')
})

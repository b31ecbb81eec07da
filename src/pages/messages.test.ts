import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { isLanguage, translator } from './messages.ts'
import { english } from './messages-en.ts'
import { chinese } from './messages-zh-cn.ts'

const root = join(import.meta.dirname, '../..')

/** Every source that may speak to a person. */
const sources = ['src', 'interactions']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|\/messages-[\w-]+\.ts$/.test(file))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n')

const places = (sentence: string) => [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()

test('every message is used by some page', () => {
  expect(Object.keys(chinese).filter((key) => !sources.includes(`'${key}'`))).toEqual([])
})

test('every message stands in each language, and leaves room for the same values', () => {
  expect(Object.keys(english).sort()).toEqual(Object.keys(chinese).sort())
  for (const [key, sentence] of Object.entries(chinese)) {
    expect([key, places(Object.entries(english).find(([name]) => name === key)?.[1] ?? '')]).toEqual([
      key,
      places(sentence),
    ])
  }
})

test('nothing is empty, and Chinese sentences end in Chinese', () => {
  for (const sentence of [...Object.values(chinese), ...Object.values(english)]) expect(sentence.trim()).not.toBe('')
  const halfWidth = Object.values(chinese).filter((sentence) => /[\u4e00-\u9fff][,.?!;:]/.test(sentence))
  expect(halfWidth).toEqual([])
})

describe('a translator', () => {
  test('fills in values as they are, also those that look like places', () => {
    const t = translator('en')
    expect(t('signed-out.back', { client: '{client} $& <b>' })).toBe('Back to {client} $& <b>')
    expect(t.language).toBe('en')
  })

  test('leaves a place that nobody filled for everyone to see', () => {
    expect(translator('zh-CN')('signed-out.back')).toBe('返回“{client}”')
  })
})

test.each(['zh-CN', 'en'])('%s is a language of ours', (tag) => expect(isLanguage(tag)).toBe(true))
test.each(['fr', 'zh', 'EN', '', 'constructor', '__proto__', undefined, ['en']])('%p is none', (tag) =>
  expect(isLanguage(tag)).toBe(false),
)

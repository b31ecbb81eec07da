import { expect, test } from '@jest/globals'
import { acceptedLanguages, chooseLanguage } from './choose-language.ts'

const nothing = { chosen: null, uiLocales: '', acceptLanguage: '' }

test('what the person picked goes before everything', () => {
  expect(chooseLanguage({ chosen: 'en', uiLocales: 'zh-CN', acceptLanguage: 'zh-CN' })).toBe('en')
})

test('then what the relying party asks for, then what the browser asks for, then zh-CN', () => {
  expect(chooseLanguage({ ...nothing, uiLocales: 'en', acceptLanguage: 'zh-CN' })).toBe('en')
  expect(chooseLanguage({ ...nothing, uiLocales: 'fr de', acceptLanguage: 'en-GB,en;q=0.9' })).toBe('en')
  expect(chooseLanguage({ ...nothing, acceptLanguage: 'fr' })).toBe('zh-CN')
  expect(chooseLanguage(nothing)).toBe('zh-CN')
})

test('the first wish that can be served is served', () => {
  expect(chooseLanguage({ ...nothing, uiLocales: 'fr en zh-CN' })).toBe('en')
  expect(chooseLanguage({ ...nothing, uiLocales: 'zh-Hant-TW en' })).toBe('zh-CN')
  expect(chooseLanguage({ ...nothing, acceptLanguage: 'en;q=0.5, zh-CN;q=0.8' })).toBe('zh-CN')
})

test('a browser’s wishes are put in order, and what it refuses is left out', () => {
  expect(acceptedLanguages('zh;q=0.3, en ; q=0.9,fr;q=0,*;q=0.1')).toEqual(['en', 'zh', '*'])
  expect(acceptedLanguages('')).toEqual([''])
  expect(acceptedLanguages('en;q=nonsense,zh')).toEqual(['zh'])
})

test('nonsense is no language', () => {
  for (const nonsense of ['constructor', '\u0000', 'e'.repeat(10_000), '<script>', '-', ';;;', ',,,']) {
    expect(chooseLanguage({ ...nothing, uiLocales: nonsense, acceptLanguage: nonsense })).toBe('zh-CN')
  }
})

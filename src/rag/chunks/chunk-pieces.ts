import { type ChunkLimits, Gathering, type Piece, type Range, trimmed } from './chunk-gather.ts'
import { countWords, fittingSize, type Size, sizeOf } from './chunk-size.ts'

/** Borders from the widest to the narrowest. Cuts come after them, so that a sentence keeps its full stop. */
const borders = [/\r\n\r\n|\n\n|\r\r/g, /\r\n|\n|\r/g, /[.?!…]['"’”)\]]* |[。！？]/g, /[;:,] |[；：，、]/g, / /g]

/** Text without any border is cut after this many characters, which fit the smallest chunk. */
const blindCut = /.{1,4}/gsu

/**
 * Cuts at the widest border present, and pieces still too long at the next narrower one; then joins neighbours as long
 * as they fit.
 */
export function* atBorders(text: string, range: Range, limits: ChunkLimits, level = 0): Generator<Range | undefined> {
  const body = text.slice(range.start, range.end)
  const gathering = new Gathering(text, limits)
  for (const part of cutAfter(body, borders[level])) {
    const piece = { start: range.start + part.start, end: range.start + part.end }
    const size = pieceSize(text, piece, limits.budget)
    if (size !== undefined) yield* gathering.add({ ...piece, ...size })
    else {
      yield* gathering.flush()
      yield* atBorders(text, piece, limits, level + 1)
    }
  }
  yield* gathering.flush()
}

/** Windows of whole sentences (Unicode's rules, for any language); a sentence that is too long is cut between words. */
export function* inSentences(text: string, limits: ChunkLimits): Generator<Range | undefined> {
  const gathering = new Gathering(text, limits)
  for (const { index, segment } of new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text)) {
    const piece = { start: index, end: index + segment.length }
    const size = pieceSize(text, piece, limits.budget)
    if (size !== undefined) yield* gathering.add({ ...piece, ...size })
    else for (const word of wordPieces(text, piece, limits.budget)) yield* gathering.add(word)
  }
  yield* gathering.flush()
}

/** Windows filled with tokens up to the limit, cut between words. */
export function* inTokens(text: string, limits: ChunkLimits): Generator<Range | undefined> {
  const gathering = new Gathering(text, limits)
  for (const word of wordPieces(text, { start: 0, end: text.length }, limits.budget)) yield* gathering.add(word)
  yield* gathering.flush()
}

function* cutAfter(body: string, border: RegExp | undefined): Generator<Range> {
  let start = 0
  for (const { 0: mark, index } of body.matchAll(border ?? blindCut)) {
    const end = index + mark.length
    yield { start, end }
    start = end
  }
  if (start < body.length) yield { start, end: body.length }
}

function* wordPieces(text: string, { start, end }: Range, budget: number): Generator<Piece> {
  const body = text.slice(start, end)
  for (const { 0: word, index } of countWords(body)) {
    const piece = { start: start + index, end: start + index + word.length }
    const size = pieceSize(text, piece, budget)
    if (size !== undefined) yield { ...piece, ...size }
    else
      for (const part of cutAfter(word, undefined)) {
        const small = { start: piece.start + part.start, end: piece.start + part.end }
        yield { ...small, ...sizeOf(text.slice(small.start, small.end)) }
      }
  }
}

/**
 * Undefined when it is too large. Without its blanks a piece may have one token more (" word" is one, "word" may be
 * two).
 */
function pieceSize(text: string, piece: Range, budget: number): Size | undefined {
  const whole = fittingSize(text.slice(piece.start, piece.end), budget)
  if (whole === undefined) return undefined
  const { start, end } = trimmed(text, piece)
  const bare = start === end ? whole : fittingSize(text.slice(start, end), budget)
  return bare === undefined ? undefined : { tokens: Math.max(whole.tokens, bare.tokens), bytes: whole.bytes }
}

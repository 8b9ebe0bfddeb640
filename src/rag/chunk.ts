import { RecursiveCharacterTextSplitter } from '@langchain/textsplitters'
import { Tiktoken } from 'js-tiktoken/lite'
import cl100k from 'js-tiktoken/ranks/cl100k_base'
import { markdownSections } from './markdown-sections.ts'

export interface ChunkRule {
  /** Tokens of a chunk at most, its headings included. */
  readonly tokens: number
  /** Tokens that a chunk repeats of the one before, at most: whole sentences. */
  readonly overlap: number
}

/** Headings are repeated in each chunk, so they must leave room for the text. */
const headingLengthMax = 200

/** From the widest border to the narrowest. Cuts come after them, so that a sentence keeps its full stop. */
const borders = ['\n\n', '\n', '. ', '? ', '! ', '。', '！', '？', '; ', ', ', ' ', '']

/** Text without a single border is cut after so many characters. */
const blindCut = 8

/**
 * Cuts a text at headings, paragraphs and sentences; each chunk begins with the headings it stands under, so that it
 * can be found and read by itself.
 *
 * @param pause called now and then; when it waits, other work gets its turn.
 * @returns texts of at most `rule.tokens` tokens (cl100k, which is near enough for any model), none of them blank.
 */
export async function chunkText(text: string, rule: ChunkRule, pause?: () => Promise<void>): Promise<string[]> {
  const chunks: string[] = []
  for (const { headings, body } of markdownSections(text)) {
    const path = headings.join(' > ').slice(0, headingLengthMax)
    const room = rule.tokens - (path === '' ? 0 : countTokens(`${path}\n\n`))
    const pieces = await new SentenceSplitter(room, Math.min(rule.overlap, Math.floor(room / 2)), pause).splitText(body)
    for (const piece of pieces) if (piece.trim() !== '') chunks.push(path === '' ? piece : `${path}\n\n${piece}`)
  }
  if (chunks.length === 0 && text.trim() !== '') chunks.push(text.trim().slice(0, rule.tokens)) // headings alone
  return chunks
}

/** LangChain's splitter, with cuts behind a border instead of before it. */
class SentenceSplitter extends RecursiveCharacterTextSplitter {
  constructor(chunkSize: number, chunkOverlap: number, pause: (() => Promise<void>) | undefined) {
    const known = new Map<string, number>()
    super({
      ...{ chunkSize, chunkOverlap, separators: borders, keepSeparator: true },
      // Asked for the same text again at each narrower border, and of long texts only whether they are too long.
      lengthFunction: async (piece: string) => {
        if (piece.length > chunkSize * 8) return piece.length
        const before = known.get(piece)
        if (before !== undefined) return before
        await pause?.()
        const tokens = countTokens(piece)
        known.set(piece, tokens)
        return tokens
      },
    })
  }

  protected override splitOnSeparator(text: string, separator: string): string[] {
    if (separator === '') return text.match(new RegExp(`.{1,${blindCut}}`, 'gsu')) ?? []
    const pieces: string[] = []
    let start = 0
    for (;;) {
      const at = text.indexOf(separator, start)
      const end = at < 0 ? text.length : at + separator.length
      if (end > start) pieces.push(text.slice(start, end))
      if (at < 0) return pieces
      start = end
    }
  }
}

let tokenizer: Tiktoken | undefined

function countTokens(text: string): number {
  tokenizer ??= new Tiktoken(cl100k)
  return tokenizer.encode(text, [], []).length
}

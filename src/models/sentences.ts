/** A fixed language: what a replica's environment says must not decide where a sentence ends. */
const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

/** Of a sentence that is quoted; what is longer is a table, or a list without an end. */
const lengthMax = 500

const mark = /^(?:[-*+>]|\d{1,3}[.)])\s+/

/** The sentences of a passage of text or Markdown: no headings, no rules of tables, no marks of lists. */
export function sentencesOf(text: string): readonly string[] {
  const blocks = proseOf(text)
    .split(/\n{2,}|\n(?=\s*(?:[-*+]|\d{1,3}[.)])\s)/)
    .map((block) => block.replace(/\s+/g, ' ').trim())
    .filter((block) => /[\p{L}\p{N}]/u.test(block))
  // A chunk begins with the headings it stands under.
  const [first = '', ...rest] = blocks
  const body = rest.length > 0 && isHeading(first) ? rest : blocks
  return body
    .flatMap((block) => [...segmenter.segment(block.replace(mark, ''))])
    .map(({ segment }) => segment.trim())
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
    .map((sentence) => (sentence.length > lengthMax ? `${sentence.slice(0, lengthMax - 1)}…` : sentence))
}

function isHeading(block: string): boolean {
  return block.length <= 200 && !mark.test(block) && !/[.!?:;。！？]["'”’)\]]*$/.test(block)
}

function proseOf(text: string): string {
  const lines = text.split(/\r\n|\r|\n/)
  return lines.map((line) => (/^\s*#{1,6}\s/.test(line) || /^[\s|:-]+$/.test(line) ? '' : line)).join('\n')
}

/** A fixed language: a replica's environment must not decide where a sentence ends. */
const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

/** Abbreviations after which Unicode's rules wrongly end a sentence; the next part belongs to it. */
const abbreviation =
  /(?:^|[\s(])(?:dr|mr|mrs|ms|prof|st|no|nos|nr|fig|figs|sec|art|vol|ed|eds|inc|ltd|co|corp|dept|approx|est|vs|cf|al|resp|incl|excl|e\.g|i\.e|e\. g|i\. e|u\.s|u\.k|[a-z])\.\s*$/i

/** Splits a text without markup into sentences. */
export function sentencesOf(text: string): readonly string[] {
  const sentences: string[] = []
  let open = ''
  for (const { segment } of segmenter.segment(text)) {
    open += segment
    if (abbreviation.test(open)) continue
    sentences.push(open)
    open = ''
  }
  if (open !== '') sentences.push(open)
  return sentences.map((sentence) => sentence.trim()).filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
}

/** A fixed language: what a replica's environment says must not decide where a sentence ends. */
const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

/** Unicode's rules end a sentence behind these; the next part belongs to it. */
const abbreviation =
  /(?:^|[\s(])(?:dr|mr|mrs|ms|prof|st|no|nos|nr|fig|figs|sec|art|vol|ed|eds|inc|ltd|co|corp|dept|approx|est|vs|cf|al|resp|incl|excl|e\.g|i\.e|e\. g|i\. e|u\.s|u\.k|[a-z])\.\s*$/i

/** The sentences of a text without any marks of its format. */
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

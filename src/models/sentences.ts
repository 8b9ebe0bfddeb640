/** A fixed language: a replica's environment must not decide where a sentence ends. */
const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

/** Abbreviations after which Unicode's rules wrongly end a sentence; the next part belongs to it. */
const abbreviation =
  /(?:^|[\s(])(?:dr|mr|mrs|ms|prof|st|no|nos|nr|fig|figs|sec|art|vol|ed|eds|inc|ltd|co|corp|dept|approx|est|vs|cf|al|resp|incl|excl|e\.g|i\.e|e\. g|i\. e|u\.s|u\.k|[a-z])\.\s*$/i

/** A month that is cut short before its year or day, and in other languages a day before its month. */
const months = 'jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec'
const beforeYear = new RegExp(`(?:^|[\\s(])(?:${months})\\.\\s*$`, 'i')
const beforeMonth = /(?:^|\s)\d{1,2}\.\s*$/
const monthNames =
  /^(?:januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|marts|maj|kvě|lut|stycz)/i

/** Splits a text without markup into sentences. */
export function sentencesOf(text: string): readonly string[] {
  const sentences: string[] = []
  let open = ''
  for (const { segment } of segmenter.segment(text)) {
    const goesOn =
      (beforeYear.test(open) && /^\d/.test(segment)) || (beforeMonth.test(open) && monthNames.test(segment))
    if (open !== '' && !goesOn && !abbreviation.test(open)) {
      sentences.push(open)
      open = ''
    }
    open += segment
  }
  if (open !== '') sentences.push(open)
  return sentences.map((sentence) => sentence.trim()).filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
}

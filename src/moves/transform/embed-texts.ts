import { isAppError } from '../../errors.ts'
import { NeedsPerson } from '../state/stop-reason.ts'
import type { MoveModel } from './move-models.ts'

/** A record's text. */
export interface RecordText {
  readonly id: string
  readonly text: string
}

export interface Embedded {
  /** By text: equal texts are embedded once. */
  readonly vectors: ReadonlyMap<string, readonly number[]>
  readonly tokens: number
}

/**
 * Embeds the texts of records, as many at once as the model takes.
 * @throws NeedsPerson naming the record whose text the model refuses; and AppError as `MoveModel.embed` does.
 */
export async function embedTexts(
  model: MoveModel,
  records: readonly RecordText[],
  signal: AbortSignal,
): Promise<Embedded> {
  const texts = [...new Set(records.map(({ text }) => text))]
  if (texts.length === 0) return { vectors: new Map(), tokens: 0 }
  try {
    const { vectors, tokens } = await model.embed(texts, signal)
    return { vectors: new Map(texts.map((text, at) => [text, vectors[at] ?? []])), tokens }
  } catch (fault) {
    if (!isAppError(fault, 'invalid_request')) throw fault
    const [text = ''] = texts
    if (texts.length === 1) throw refused(records.find((one) => one.text === text)?.id ?? '', fault.message)
    const middle = new Set(texts.slice(0, Math.ceil(texts.length / 2)))
    const first = await embedTexts(
      model,
      records.filter((one) => middle.has(one.text)),
      signal,
    )
    const second = await embedTexts(
      model,
      records.filter((one) => !middle.has(one.text)),
      signal,
    )
    return { vectors: new Map([...first.vectors, ...second.vectors]), tokens: first.tokens + second.tokens }
  }
}

function refused(id: string, why: string): NeedsPerson {
  return new NeedsPerson({ words: `The model refuses the text of record ${id}: ${why}`, records: 0 })
}

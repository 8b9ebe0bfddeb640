import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { CliError } from '../kit/exit-code.ts'

/** A question with the ids that answer it; an empty list marks a question that no document answers. */
export interface SetQuestion {
  readonly question: string
  /** The ids' kind. A ranking of documents counts each once, by its best chunk. */
  readonly of: 'document' | 'chunk'
  readonly relevant: ReadonlySet<string>
}

const ids = z.array(z.string().min(1)).min(1)
const form = z
  .array(
    z.union([
      z.strictObject({ question: z.string().min(1), documentId: z.string().min(1) }),
      z.strictObject({ question: z.string().min(1), documentIds: ids }),
      z.strictObject({ question: z.string().min(1), chunkIds: ids }),
      z.strictObject({ question: z.string().min(1), unanswerable: z.literal(true) }),
    ]),
  )
  .min(1)

/** @throws CliError `usage` when the file is missing or holds no set of questions. */
export async function readQuestionSet(path: string): Promise<readonly SetQuestion[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new CliError('usage', `${path} cannot be read.`, { cause })
  }
  return parseQuestionSet(text, path)
}

/** @param path shown in the message. */
export function parseQuestionSet(text: string, path: string): readonly SetQuestion[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new CliError('usage', `${path} is not JSON.`, { cause })
  }
  const parsed = form.safeParse(json)
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') ?? ''
    const where = at === '' ? '' : ` (look at ${at})`
    const sentence =
      'a list of {"question", "documentId"}, {"question", "documentIds"}, {"question", "chunkIds"} or {"question", "unanswerable": true}'
    throw new CliError('usage', `${path} is no set of questions${where}: it should be ${sentence}.`)
  }
  return parsed.data.map((entry) => {
    if ('chunkIds' in entry) return { question: entry.question, of: 'chunk', relevant: new Set(entry.chunkIds) }
    if ('unanswerable' in entry) return { question: entry.question, of: 'document', relevant: new Set<string>() }
    const documents = 'documentIds' in entry ? entry.documentIds : [entry.documentId]
    return { question: entry.question, of: 'document', relevant: new Set(documents) }
  })
}

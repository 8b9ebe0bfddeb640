import { type Command, InvalidArgumentError } from 'commander'
import { readTenantClientSettings } from '../../config/config.ts'
import { evaluateBothPlaces } from '../eval/both-places.ts'
import {
  type AnswersReport,
  evaluate,
  evaluateAnswers,
  type ModeReport,
  modes,
  type RefusedMode,
} from '../eval/evaluate.ts'
import { publicApi } from '../eval/public-api.ts'
import { readQuestionSet } from '../eval/question-set.ts'
import { words } from '../kit/arguments.ts'
import type { Context } from '../kit/context.ts'
import { showList } from '../kit/show.ts'
import { tenantAccess } from '../kit/tenant-access.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'

interface Options extends ReadOptions {
  readonly tenant: string
  readonly set: string
  readonly k: readonly number[]
  readonly answers?: boolean
  readonly move?: string
}

/** The most matches that a retrieve returns. */
const depthMax = 100
const depthMin = 50

export function evaluation(context: Context): Command {
  return readingVerb({
    usage: 'eval',
    summary: 'measure how well a tenant’s questions find their answers: recall@k, nDCG@10, MRR, for each search mode',
    example: 'eval --tenant acme-bikes --set examples/acme-bikes/questions.json',
  })
    .requiredOption('--tenant <id>', 'the tenant to search')
    .requiredOption('--set <file>', 'questions with the ids that answer them, as JSON')
    .option('--k <list>', 'ranks for recall, as in 1,5', cutOffs, [1, 3, 5, 10])
    .option(
      '--move <id>',
      'ask both places of this move to another model, each by its own: what the switch would change',
    )
    .option('--answers', 'also have every question answered: which are answered, and which declined')
    .addHelpText('after', '  TENANT_ROUTER_PUBLIC_URL   the public listener (that of "npm start" in DATA_DIR)')
    .addHelpText('after', '  TENANT_ROUTER_TENANT_TOKEN a token of the tenant (on this machine, "npm start" stands in)')
    .action(async ({ tenant, set: path, k: ks, answers: withAnswers, move, ...options }: Options) => {
      const set = await readQuestionSet(path)
      if (move !== undefined) {
        await evaluateBothPlaces(context, options, { tenant, move, set })
        return
      }
      const { url, token } = await tenantAccess(readTenantClientSettings(), context, tenant)
      const api = publicApi(url, token, context.interrupted)
      const depth = Math.max(depthMin, ...ks)
      const reports: (ModeReport | RefusedMode)[] = []
      for (const mode of modes) reports.push(await evaluate(api, set, mode, { ks, depth }))
      const answers = withAnswers ? await evaluateAnswers(api, set) : undefined
      if (options.json) {
        const report = { tenantId: tenant, set: path, questions: set.length, depth, modes: reports }
        context.writeJson(answers === undefined ? report : { ...report, answers })
        return
      }
      const measured = reports.filter((report) => 'recall' in report)
      showList(context, options, { items: measured.map((report) => ({ ...report })) }, columns(ks))
      for (const report of reports) if ('refused' in report) context.remark(`${report.mode}: ${report.refused}`)
      for (const { mode, missed } of measured)
        for (const question of missed) context.remark(`${mode} misses: ${question}`)
      if (answers !== undefined) for (const line of answerLines(answers)) context.write(line)
    })
}

function answerLines({ answeredBy, answerable, unanswerable, made }: AnswersReport): readonly string[] {
  const { asked, answered, citedRight } = answerable
  return [
    `answers (${answeredBy}): ${answered} of ${asked} answerable questions answered, ${citedRight} from a document that answers`,
    `not found: said of ${unanswerable.toldSo} of ${unanswerable.asked} questions that nothing answers`,
    ...made.map((question) => `answered all the same: ${question}`),
  ]
}

function columns(ks: readonly number[]): Readonly<Record<string, (report: ModeReport) => unknown>> {
  const recalls = ks.map((k) => [`RECALL@${k}`, ({ recall }: ModeReport) => recall[k]?.toFixed(3)] as const)
  return {
    MODE: ({ mode }) => mode,
    ...Object.fromEntries(recalls),
    'NDCG@10': ({ ndcgAt10 }) => ndcgAt10.toFixed(3),
    MRR: ({ mrr }) => mrr.toFixed(3),
    BY: ({ by }) => [by?.lexical && `words: ${by.lexical}`, by?.reranker].filter(Boolean).join(', '),
  }
}

function cutOffs(text: string): readonly number[] {
  const ks = words(text).map(Number)
  if (ks.length > 0 && ks.every((k) => Number.isInteger(k) && k >= 1 && k <= depthMax)) {
    return [...new Set(ks)].sort((a, b) => a - b)
  }
  throw new InvalidArgumentError(`It must be whole numbers from 1 to ${depthMax}, as in 1,5,10.`)
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import type { Embedder } from '../../src/models/embedder.ts'
import { runCli } from '../cli/run-cli.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { bagOfWords, hashEmbedder } from '../support/hash-embedder.ts'
import { MoveHolds } from '../support/move-holds.ts'
import { ReembedWorld } from './reembed-world.ts'

let world: ReembedWorld
afterEach(() => world[Symbol.asyncDispose]())

const texts = ['a bike in winter', 'an apple in autumn', 'a boat in summer', 'a train at night', 'a plane at noon']
const fillers = Array.from({ length: 10 }, (_, n) => `something else number ${n}`)

/** A model to which all texts are alike. It notes what it embeds. */
function blindModel(): Embedder & { readonly embedded: string[] } {
  const embedded: string[] = []
  return {
    ...hashEmbedder(32, 'small'),
    embedded,
    async embed(asked) {
      embedded.push(...asked)
      return { vectors: asked.map(() => bagOfWords('blind', 32)), tokens: asked.length }
    },
  }
}

const questions = texts.map((question, n) => ({ question, of: 'document', relevant: [`doc-${n}`] }))

/** A tenant with documents that the old model finds each by its words. */
async function withDocuments(options: Parameters<typeof ReembedWorld.open>[0] = {}): Promise<void> {
  world = await ReembedWorld.open(options)
  for (const [n, text] of [...texts, ...fillers].entries()) await world.putDocument(`doc-${n}`, text)
  await world.openShard()
}

const evaluate = (id: string, body: object = { questions }) => world.staff(`/moves/${id}/evaluation`, body)

test('a move that demands a recall stops before the switch until it is measured, and then goes on by itself', async () => {
  await withDocuments()
  const plan = { kind: 'reembed', model: 'small', maxRecallLoss: 0, plan: true }
  expect((await world.staff('/tenants/acme/moves', plan)).json.embedding.maxRecallLoss).toBe(0)
  const id = await world.reembed({ maxRecallLoss: 0 })
  const stopped = await world.until(id, 'paused')
  expect(stopped.waitsFor.kind).toBe('needs_person')
  expect(stopped.gate).toContain('recall@5 may be lower by 0 at most, and nobody has measured it yet')
  expect(stopped.nextSteps.map(({ command }: { command: string }) => command)).toEqual(
    expect.arrayContaining([
      `tenant-router eval --tenant acme --set FILE --move ${id}`,
      `tenant-router moves resume ${id} --accept-recall`,
      `tenant-router moves cancel ${id}`,
    ]),
  )
  expect((await world.find(texts[0] ?? ''))[0]).toBe('doc-0#0')
  const measured = await evaluate(id)
  expect(measured.json.embedding).toMatchObject({
    from: 'hash',
    to: 'small',
    maxRecallLoss: 0,
    recallAccepted: false,
    evaluation: {
      questions: 5,
      before: { model: 'hash', recall: { 1: 1, 5: 1 }, mrr: 1 },
      after: { model: 'small', recall: { 5: 1 } },
    },
  })
  const moved = await world.until(id, 'soaking')
  expect(moved.embedding.evaluation).toEqual(measured.json.embedding.evaluation)
  const report = await world.staff(`/moves/${id}/report`)
  expect(report.json.embedding.evaluation).toEqual(moved.embedding.evaluation)
  expect(report.json.verification.reembedded.recordsByModel).toEqual([{ model: 'small', records: 15 }])
  // Neither the report nor the registry has a question.
  const kept = await world.service.home.sql`select evaluation::text as evaluation from moves where id = ${id}`
  expect(`${report.text}${JSON.stringify(kept)}`).not.toContain('winter')
})

test('a recall that is lower than demanded keeps the move from switching; staff accept it or cancel', async () => {
  await withDocuments({ small: blindModel() })
  const id = await world.reembed({ maxRecallLoss: 0.1 })
  await world.until(id, 'paused')
  const { json } = await evaluate(id)
  expect(json.state).toBe('paused')
  expect(json.gate).toMatch(
    /recall@5 of 5 question\(s\) is 0\.\d{3} by small and 1\.000 by hash: lower by 0\.\d{3}, where 0\.1 at most is accepted\./,
  )
  // To resume it without a word decides nothing.
  await world.steer(id, 'resume')
  const again = await world.until(id, 'paused')
  expect(again.gate).toContain('where 0.1 at most is accepted')
  expect(again.nextSteps).toContainEqual(
    expect.objectContaining({ decides: { verb: 'resume', acceptLoss: 0, acceptRecall: true } }),
  )
  expect((await world.find(texts[0] ?? ''))[0]).toBe('doc-0#0')
  await world.steer(id, 'resume?acceptRecall=true')
  const moved = await world.until(id, 'soaking')
  expect(moved.embedding).toMatchObject({ maxRecallLoss: 0.1, recallAccepted: true })
  const audit = await world.service.home.sql`select detail from audit where action = 'move.resume' order by id desc`
  expect(audit[0]?.detail).toMatchObject({ move: id, acceptRecall: true })
})

test('a move that is stopped for its recall can be cancelled, and the tenant stays where it is', async () => {
  await withDocuments({ small: blindModel() })
  const id = await world.reembed({ maxRecallLoss: 0 })
  await world.until(id, 'paused')
  await world.steer(id, 'cancel')
  await world.until(id, 'cancelled')
  expect((await world.find(texts[1] ?? ''))[0]).toBe('doc-1#0')
  expect(await evaluate(id)).toMatchObject({ status: 409, json: { code: 'conflict' } })
})

test('a demand on the recall is refused for a move that keeps its model, and figures before there are two places', async () => {
  const holds = new MoveHolds()
  await withDocuments({ overrides: holds.overrides })
  const rebalance = await world.staff('/tenants/acme/moves', { kind: 'rebalance', maxRecallLoss: 0.1 })
  expect([rebalance.status, rebalance.json.faults[0].path]).toEqual([400, 'maxRecallLoss'])
  const { reached, release } = holds.hold('copy: batch claimed')
  const id = await world.reembed()
  await reached
  const early = await evaluate(id)
  expect([early.status, early.json.detail]).toEqual([409, expect.stringContaining('The new place is not complete')])
  release()
  await world.until(id, 'soaking')
  expect((await evaluate(id)).json.embedding.evaluation.questions).toBe(5)
})

test('the tenant’s last questions are asked of both places, each by its own model, and nothing of them is kept', async () => {
  const holds = new MoveHolds()
  const small = blindModel()
  await withDocuments({ small, overrides: holds.overrides })
  const { reached, release } = holds.hold('copy: batch claimed')
  const id = await world.reembed()
  await reached
  const asked = texts.map((text) => `where is ${text}`)
  for (const replica of ['a', 'b'] as const) {
    await world[replica].services.routes.catchUp()
    for (const text of asked) await world.find(text, replica)
  }
  // Each replica embeds one question after another, beside the requests.
  await expect
    .poll(() => small.embedded.filter((text) => asked.includes(text)).length, { timeout: 60_000 })
    .toBe(2 * asked.length)
  release()
  const { verification } = await world.until(id, 'soaking')
  expect(verification.replayed.queries).toBe(asked.length)
  expect(verification.replayed.meanOverlapAt10).toBeGreaterThan(0)
  expect(verification.replayed.meanOverlapAt10).toBeLessThan(1)
  expect(verification.replayed.meanRankShift).toBeGreaterThan(0)
  const rows = await world.service.home.sql`select row_to_json(m)::text as row from moves m where id = ${id}`
  const report = await world.staff(`/moves/${id}/report`)
  expect(`${JSON.stringify(rows)}${report.text}`).not.toContain('where is')
})

test('the command line measures both places, and its words are those of the gate', async () => {
  await withDocuments({ small: blindModel() })
  const id = await world.reembed({ maxRecallLoss: 0.1 })
  await world.until(id, 'paused')
  const listener = world.service.stack.use(await listen(world.a.services.adminApp, { host: '127.0.0.1', port: 0 }))
  const env = {
    TENANT_ROUTER_URL: listener.url,
    TENANT_ROUTER_TOKEN: (await world.service.issuer.staff('platform')).replace('Bearer ', ''),
  }
  const folder = world.service.stack.use(await temporaryFolder())
  const set = join(folder.path, 'questions.json')
  await writeFile(set, JSON.stringify(texts.map((question, n) => ({ question, documentId: `doc-${n}` }))))
  const { code, out, err } = await runCli(['eval', '--tenant', 'acme', '--set', set, '--move', id], env)
  expect(code).toBe(0)
  expect(out.split('\n').map((line) => line.split('\t').slice(0, 2))).toEqual([
    ['PLACE', 'MODEL'],
    ['now', 'hash'],
    ['new', 'small'],
    [''],
  ])
  expect(err).toContain('The move is paused. It waits: a person has to decide: recall@5 of 5 question(s)')
  const shown = await runCli(['moves', 'show', id], env)
  expect(shown.out.replace(/\s+/g, ' ')).toContain('recall@5 1.000 now, 0.')
  expect(shown.out).toContain('--accept-recall')
  const accepted = await runCli(['moves', 'resume', id, '--accept-recall', '--yes'], env)
  expect(accepted.code).toBe(0)
  await world.until(id, 'soaking')
})

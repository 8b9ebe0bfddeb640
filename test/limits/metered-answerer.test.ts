import { beforeEach, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { meteredAnswerer } from '../../src/limits/metered-answerer.ts'
import type { AnswerPart } from '../../src/models/answerer.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'

const acme = parseTenantId('acme')
const task = {
  question: 'q',
  sources: [{ number: 1, text: 's' }],
  prompt: { system: 'x'.repeat(40), user: 'y'.repeat(40) },
}
let reserved: unknown[]
let used: number[]
let written: unknown[]
beforeEach(() => {
  reserved = []
  used = []
  written = []
})

function metered(write: () => AsyncIterable<AnswerPart>) {
  const answerer = { model: 'm', write: async () => write() }
  const gate = {
    async reserve(...asked: unknown[]) {
      reserved.push(asked)
      return (tokens: number) => void used.push(tokens)
    },
  }
  return meteredAnswerer(answerer, gate, (...told) => void written.push(told))
}

const end: AnswerPart = { finish: 'stop', usage: { promptTokens: 33, completionTokens: 9 } }

test('what the model read and wrote is counted for the tenant of the call', async () => {
  const answerer = metered(async function* () {
    yield { text: 'It takes 14 days.' }
    yield end
  })
  for await (const _part of await answerer.write(task, { tenantId: acme }));
  expect(reserved).toEqual([[acme, 'answerTokens', 20]])
  expect(used).toEqual([42])
  expect(written).toEqual([[acme, 9]])
})

test('a refusal of the model costs nothing', async () => {
  const answerer = metered(() => {
    throw new AppError('answer_unavailable', 'busy')
  })
  await expect(answerer.write(task, { tenantId: acme })).rejects.toThrow('busy')
  expect(used).toEqual([0])
})

test.each(['broke off', 'was left'])('an answer that %s costs what was read and written until then', async (how) => {
  const answerer = metered(async function* () {
    yield { text: 'z'.repeat(16) }
    if (how === 'broke off') throw new AppError('answer_unavailable', 'cut')
    yield { text: 'z'.repeat(1_000) }
  })
  const reading = async () => {
    for await (const _part of await answerer.write(task, { tenantId: acme })) if (how === 'was left') break
  }
  await reading().catch(() => undefined)
  expect(used).toEqual([24])
  expect(written).toEqual([[acme, 4]])
})

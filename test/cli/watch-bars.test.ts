import { expect, test } from 'vitest'
import type { Context } from '../../src/cli/kit/context.ts'
import type { Move } from '../../src/cli/kit/move.ts'
import { watchBars } from '../../src/cli/watch/watch-bars.ts'

const context: Context = {
  api: () => Promise.reject(new Error('nobody asks')),
  development: { dataDir: '', issuer: { issuer: '', audience: '', tenantClaim: '', groupsClaim: '', rolesClaim: '' } },
  write: () => undefined,
  writeJson: () => undefined,
  writeAsIs: () => undefined,
  status: () => undefined,
  columns: () => 80,
  asCalled: (text) => text,
  remark: () => undefined,
  watched: true,
  interactive: false,
  interrupted: new AbortController().signal,
}

const move = (state: Move['state'], rest: Partial<Move> = {}): Move => ({
  id: 'm1',
  tenantId: 'acme',
  kind: 'promote',
  state,
  createdAt: '2026-11-21T00:00:00Z',
  ...rest,
})

async function* inOrder(moves: readonly Move[], ended: () => void): AsyncGenerator<Move> {
  yield* moves
  ended()
}

test.each<[string, readonly Move[], Partial<Move>]>([
  [
    'that switches, with the pause that is told last',
    [move('queued'), move('copying'), move('switching'), move('soaking'), move('soaking', { writePauseMs: 42 })],
    { state: 'soaking', writePauseMs: 42 },
  ],
  [
    'that fails on its way',
    [move('copying'), move('cancelling'), move('failed', { error: 'full' })],
    { error: 'full' },
  ],
  ['that is on its way back already', [move('rolling_back'), move('rolled_back')], { state: 'rolled_back' }],
  [
    'that is paused and goes on',
    [move('copying'), move('paused'), move('copying'), move('soaking')],
    { state: 'soaking' },
  ],
])('the stages show a move %s, and nothing of it is left unread', async (_, moves, last) => {
  let isEnded = false
  const shown = await watchBars(
    context,
    inOrder(moves, () => {
      isEnded = true
    }),
  )
  expect(shown).toMatchObject(last)
  expect(isEnded).toBe(true)
})

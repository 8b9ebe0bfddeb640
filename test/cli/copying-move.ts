import type { MoveView } from '../../src/moves/show-move.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'

export const moveId = '018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11'

/** A move as the admin API shows it. */
export const copying: MoveView = {
  id: moveId,
  tenantId: parseTenantId('acme'),
  kind: 'promote',
  state: 'copying',
  progress: { copied: 1200, verified: 0, total: 5000, percent: 12, etaS: 300 },
  source: { kind: 'pool', project: 'default', index: 'tr-pool-1', region: 'us-east-1', generation: 1 },
  target: { kind: 'silo', project: 'default', index: 'tr-silo-acme-2', region: 'us-east-1', generation: 2 },
  verification: null,
  embedding: null,
  verified: null,
  writePauseMs: null,
  dirty: { touched: 1002, unsynced: 3 },
  requested: null,
  gate: null,
  waitsFor: null,
  mover: 'router-7d9f-a',
  nextSteps: [],
  error: null,
  createdBy: 'platform@example.com',
  createdAt: '2026-11-28T11:58:00.000Z',
  updatedAt: '2026-11-28T12:00:00.000Z',
  switchedAt: null,
  retainUntil: null,
  endedAt: null,
}

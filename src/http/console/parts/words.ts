import type { MoveState } from '../../../moves/state/move-state.ts'
import type { Tone } from './bits.ts'

/** Words of the machinery, which people in sales have no use for. */
const machinery = /namespace|\bindex(es|ed)?\b|shard|soak|generation/i

/** A sentence, or another one where it speaks of the machinery. */
export function plainly(text: string, instead: string): string {
  return machinery.test(text) ? instead : text
}

export interface Stated {
  readonly words: string
  readonly tone: Tone
}

/** A tenant's status, as people say it. */
export const statusWords: Readonly<Record<string, Stated>> = {
  provisioning: { words: 'Being set up', tone: 'busy' },
  active: { words: 'Active', tone: 'good' },
  suspended: { words: 'Suspended', tone: 'warn' },
  held: { words: 'Held after a restore', tone: 'bad' },
  offboarding: { words: 'Being offboarded', tone: 'busy' },
  offboarded: { words: 'Offboarded', tone: 'quiet' },
}

/** A move's state, as people say it. */
export const moveWords: Readonly<Record<MoveState, Stated>> = {
  queued: { words: 'Waiting for its turn', tone: 'quiet' },
  preparing: { words: 'Making the new place', tone: 'busy' },
  arming: { words: 'Getting ready to copy', tone: 'busy' },
  copying: { words: 'Copying', tone: 'busy' },
  verifying: { words: 'Comparing both places', tone: 'busy' },
  fencing: { words: 'Switching over', tone: 'busy' },
  switching: { words: 'Switching over', tone: 'busy' },
  soaking: { words: 'Moved, can be undone', tone: 'good' },
  completing: { words: 'Clearing the old place', tone: 'busy' },
  completed: { words: 'Done', tone: 'good' },
  paused: { words: 'Paused', tone: 'warn' },
  cancelling: { words: 'Being cancelled', tone: 'warn' },
  cancelled: { words: 'Cancelled', tone: 'quiet' },
  rolling_back: { words: 'Going back', tone: 'warn' },
  rolled_back: { words: 'Gone back', tone: 'quiet' },
  failed: { words: 'Failed', tone: 'bad' },
}

export const kindWords: Readonly<Record<string, string>> = {
  promote: 'to a place of its own',
  demote: 'back to a shared place',
  rebalance: 'to another shared place',
  reembed: 'to vectors of another model',
  relocate: 'to another location',
}

/** Names of the account's fields. */
export const attributeNames: Readonly<Record<string, string>> = {
  owner: 'Owner',
  crmId: 'CRM id',
  contract: 'Contract',
  renewal: 'Renewal',
}

/** An action of the audit, as people say it. */
export function actionWords(action: string): string {
  return actions[action] ?? action.replaceAll(/[._]/g, ' ')
}

const actions: Readonly<Record<string, string>> = {
  'tenant.create': 'onboarded it',
  'tenant.tag': 'changed its tier',
  'tenant.change': 'changed it',
  'tenant.suspend': 'suspended it',
  'tenant.resume': 'resumed it',
  'tenant.offboard': 'began to offboard it',
  'tenant.offboarded': 'deleted it for good',
}

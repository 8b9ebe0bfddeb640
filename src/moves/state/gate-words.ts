import type { Gate, GateKind } from './gate.ts'

const decision = 'a person has to decide: '

/** Each gate in words for a person. They begin with the obstacle and end with its owner. */
const words: Readonly<Record<GateKind, (gate: Gate) => string>> = {
  index_busy: ({ count, index, limit, queuedBefore }) =>
    `${count} other move(s) work on its index ${index} or its target, where ${limit} at once may${behind(queuedBefore)}`,
  project_busy: ({ count, limit, queuedBefore }) =>
    `${count} other move(s) work in its project, where ${limit} at once may${behind(queuedBefore)}`,
  moves_frozen: ({ message }) => `moves are frozen: ${message}`,
  movers_busy: ({ count, queuedBefore }) => `all ${count} mover(s) are busy with other moves${behind(queuedBefore)}`,
  no_mover: () => 'no running replica can carry it on',
  index_starting: ({ index }) => `the index ${index} is starting`,
  replicas_behind: (gate) => `${gate.count} replica(s) still use the routing from before the last change${whose(gate)}`,
  write_in_doubt: (gate) =>
    `${gate.count} write(s) that got no answer from the store may still land${whose(gate)}${atTheLatest(gate.until)}`,
  write_under_way: (gate) =>
    `${gate.count} write(s) have been under way for long, or their writer is gone${whose(gate)}`,
  target_suspect: (gate) =>
    `${gate.count} record(s) of the target may still be reached by a late write of the mover${whose(gate)}${atTheLatest(gate.until)}`,
  write_unproven: (gate) =>
    `${gate.count} record(s) wait until the store is known to show their last write${whose(gate)}`,
  batch_under_way: () => 'a batch is being written to the target',
  lag_unknown: () => "the store's lag is not known yet",
  tail_too_long: ({ count }) => `${count} record(s) written meanwhile have to be copied first`,
  store_late: storeLate,
  switch_missed: ({ because }) =>
    `writes were held and nothing was switched, for ${because === undefined ? 'the mover came too late' : gateWords(because)}; it is tried again`,
  writes_not_ended: ({ because }) =>
    `writes were held and the change log could not be ended, for ${because === undefined ? 'the mover came too late' : gateWords(because)}; it is tried again`,
  not_shown_yet: (gate) =>
    `${gate.count === undefined ? 'writes' : `${gate.count} record(s)`} that were answered do not show yet${whose(gate)}${atTheLatest(gate.until)}`,
  deletion_not_shown: ({ index }) =>
    `the store still shows what was deleted${index === undefined ? '' : ` (index ${index})`}`,
  slow_reads: ({ until }) => `reads that began before the switch may still be under way${atTheLatest(until)}`,
  stale_reader: ({ replica, until }) =>
    `a replica that was cut off may still read the old place${named(replica)}${atTheLatest(until)}`,
  step_failed: ({ operation, index, message }) =>
    `${operation ?? 'a step'}${index === undefined ? '' : ` on index ${index}`} failed: ${message}; it is tried again`,
  paused: () => 'paused by a person',
  needs_person: ({ message }) => `${decision}${message}`,
}

/** A gate in words for a person. */
export function gateWords(gate: Gate): string {
  return words[gate.kind](gate)
}

/** Uses the hold of a write made now, so that the words stay while the last write gets older. */
function storeLate({ lateMs = 0, holdMs = 0, budgetMs = 0, patienceMs }: Gate): string {
  const late = `the store shows writes ${seconds(lateMs)} s late`
  const held = `writes would be held for about ${seconds(holdMs)} s`
  if (patienceMs !== undefined)
    return `${late}: ${held} of the ${seconds(budgetMs)} s that FENCE_BUDGET_MS allows; a quieter moment is waited for, ${seconds(patienceMs)} s at most`
  return `${late}: ${held}, too long for FENCE_BUDGET_MS (${budgetMs}); raise it, or it goes on in a quieter moment`
}

function behind(queuedBefore: number | undefined): string {
  return queuedBefore ? `; ${queuedBefore} queued before it` : ''
}

function named(replica: string | undefined): string {
  return replica === undefined ? '' : ` (${replica})`
}

/** The record, index and replica that a gate names, as far as known. */
function whose({ record, index, replica }: Gate): string {
  const parts = [
    record === undefined ? '' : `record ${record}`,
    index === undefined ? '' : `index ${index}`,
    replica === undefined ? '' : `replica ${replica}`,
  ].filter((part) => part !== '')
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

function atTheLatest(until: string | undefined): string {
  return until === undefined ? '' : `, until ${until.slice(11, 19)} UTC at the latest`
}

/** Half seconds, rounded up: text that changed with every look would only distract watchers. */
function seconds(ms: number): string {
  return String(Math.ceil(ms / 500) / 2)
}

/** A gate's words without their beginning that a person has to decide, for where that stands as a title. */
export function withoutDecision(words: string): string {
  return words.startsWith(decision) ? words.slice(decision.length) : words
}

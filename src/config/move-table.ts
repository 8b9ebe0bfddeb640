/** The rows of the settings table for bounds of moves, with their defaults. */
export const moveTable = [
  {
    name: 'MOVER',
    default: 'thread',
    meaning:
      '`thread`: moves are carried on by a thread of their own; `here`: by the one that serves, with less memory',
  },
  { name: 'FENCE_BUDGET_MS', default: '5000', meaning: 'how long a switch may hold writes' },
  { name: 'STORE_IN_DOUBT_S', default: '60', meaning: 'how long an unanswered write may still land in the store' },
  { name: 'STORE_VISIBLE_S', default: '30', meaning: 'when an answered write is visible at the latest' },
  {
    name: 'MOVE_LANES',
    default: '4',
    meaning: 'in how many lanes a mover copies and compares a tenant of 20,000 records or more',
  },
  {
    name: 'REEMBED_TOKENS_PER_MINUTE',
    default: '1000000',
    meaning: 'tokens of each model that moves of a replica embed a minute, beside the tenants’ own; 0: no limit',
  },
  {
    name: 'REEMBED_MIN_COSINE',
    default: '0.99',
    meaning: 'how alike a model must embed the same text twice for a move to it to be verified',
  },
] as const

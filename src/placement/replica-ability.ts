/** Abilities that an older version of the service may lack. Each replica announces its own in its session. */
export const replicaAbilities = ['reembed', 'relocate', 'metric'] as const

export type ReplicaAbility = (typeof replicaAbilities)[number]

/**
 * How many tenants `npm test` promotes under fire: few, for it is meant to be quick. `FIRE_PROMOTES=20` asks for more,
 * and `FIRE_SEED` for another order of the strikes.
 */
export const promotes = Math.max(2, Number(process.env.FIRE_PROMOTES ?? 2))

export const firstSeed = Number(process.env.FIRE_SEED ?? 1)

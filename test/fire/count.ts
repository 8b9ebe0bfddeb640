/**
 * How much is promoted under fire. `npm test` takes a tenant to its own index, back and there again, once on each store:
 * it is meant to be quick. `npm run test:fire` asks for more, for other stores and for another order of the strikes.
 */
export const promotes = Math.max(2, Number(process.env.FIRE_PROMOTES ?? 2))

/** How late the stores show what was written, in ms. */
export const lags = (process.env.FIRE_LAGS ?? '0,500,2000').split(',').map(Number)

export const firstSeed = Number(process.env.FIRE_SEED ?? 1)

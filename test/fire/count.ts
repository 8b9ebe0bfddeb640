/**
 * The number of promotes under fire. `npm test` takes a tenant to its own index, back and there again, once on each
 * store, to be quick. `npm run test:fire` takes more, other stores and another order of the strikes.
 */
export const promotes = Math.max(2, Number(process.env.FIRE_PROMOTES ?? 2))

/** Lag of the stores, in ms. */
export const lags = (process.env.FIRE_LAGS ?? '0,500,2000').split(',').map(Number)

export const firstSeed = Number(process.env.FIRE_SEED ?? 1)

import type { VectorSpace } from '../../src/placement/placement.ts'

/** The vectors of a placement in tests that embed nothing by it. */
export const testVectors: VectorSpace = { model: 'test', dimension: 4, metric: 'cosine' }

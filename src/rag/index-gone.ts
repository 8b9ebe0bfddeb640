import { AppError, isAppError } from '../errors.ts'

/**
 * Turns the store's `not_found` into a fault of ours: the whole index is gone, which to a caller must never mean "there
 * is no such record".
 */
export async function indexMustBeThere<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (isAppError(error, 'not_found')) {
      throw new AppError('store_inconsistent', 'The vector store lacks data that the registry lists.', {
        cause: error,
      })
    }
    throw error
  }
}

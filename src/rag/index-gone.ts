import { AppError, isAppError } from '../errors.ts'

/**
 * The store's `not_found` says that the whole index is gone. To a caller that is a fault of ours, never "there is no
 * such record".
 */
export async function indexMustBeThere<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (isAppError(error, 'not_found')) {
      throw new AppError('store_inconsistent', 'The vector store lacks what the registry says is there.', {
        cause: error,
      })
    }
    throw error
  }
}

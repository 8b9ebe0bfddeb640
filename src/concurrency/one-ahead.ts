/** The values of a generator, each made while the caller works on the one before. */
export async function* oneAhead<T>(from: AsyncGenerator<T, undefined>): AsyncGenerator<T, undefined> {
  const begin = () => {
    const making = from.next()
    // A caller that stops here never asks how it went.
    making.catch(() => undefined)
    return making
  }
  for (let next = begin(); ; ) {
    const { value, done } = await next
    if (done === true) return undefined
    next = begin()
    yield value
  }
}

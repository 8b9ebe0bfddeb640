/**
 * The environment of a program under test: no more of this one than where programs are, and where Node keeps what it has
 * compiled.
 */
export function childEnv(): Record<string, string> {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  return { PATH: PATH ?? '', ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) }
}

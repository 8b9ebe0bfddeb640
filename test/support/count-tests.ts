/** The part of vitest's JSON report that counts. */
export interface JsonReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

interface TestCount {
  readonly passed: number
  readonly failed: number
  /** Reasons of counted failures that belong to no test. */
  readonly notes: readonly string[]
}

/**
 * Counts a run so that nothing that went wrong counts as nothing: a file that did not load, or whose hooks failed, is a
 * failure; so is a run that ended badly (an error outside any test, a broken setup) or in which no test ran.
 *
 * @param ended test files that took too long.
 */
export function countTests(report: JsonReport | undefined, exitCode: number, ended: readonly string[] = []): TestCount {
  if (report === undefined)
    return { passed: 0, failed: 1, notes: [`The test run left no report (exit code ${exitCode}).`] }
  const passed = report.numPassedTests
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  const notes = [
    ...broken
      .filter(({ name }) => !ended.includes(name))
      .map((file) => `${file.name}: the file failed outside its tests. ${file.message ?? ''}`.trim()),
    ...ended.map((name) => `${name}: the file took too long and was ended.`),
  ]
  const uncounted = ended.filter((name) => !broken.some((file) => file.name === name))
  const failed = report.numFailedTests + broken.length + uncounted.length
  if (failed > 0) return { passed, failed, notes }
  if (exitCode !== 0)
    return { passed, failed: 1, notes: [...notes, `Every test passed, but the run ended with exit code ${exitCode}.`] }
  if (passed === 0) return { passed, failed: 1, notes: ['No test ran.'] }
  return { passed, failed, notes }
}

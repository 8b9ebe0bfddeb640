import { expect, test } from 'vitest'
import { countTests, type JsonReport } from './count-tests.ts'

const passing: JsonReport = {
  numPassedTests: 2,
  numFailedTests: 0,
  testResults: [{ name: 'a', status: 'passed', assertionResults: [{ status: 'passed' }, { status: 'passed' }] }],
}

test('a run in which all went well has no failure', () => {
  expect(countTests(passing, 0)).toEqual({ passed: 2, failed: 0, notes: [] })
})

test('failed tests are counted as the runner counts them', () => {
  const report = {
    ...passing,
    numFailedTests: 1,
    testResults: [{ name: 'b', status: 'failed', assertionResults: [{ status: 'failed' }] }],
  }
  expect(countTests(report, 1)).toMatchObject({ passed: 2, failed: 1 })
})

test('a file that does not load is a failure, beside the tests that failed', () => {
  const broken = { name: 'c', status: 'failed', message: 'Cannot find module', assertionResults: [] }
  const report = { ...passing, numFailedTests: 1, testResults: [...passing.testResults, broken] }
  expect(countTests(report, 1)).toEqual({
    passed: 2,
    failed: 2,
    notes: ['c: the file failed outside its tests. Cannot find module'],
  })
})

test('an error outside any test is a failure', () => {
  expect(countTests(passing, 1)).toMatchObject({ passed: 2, failed: 1 })
})

test('a run without a test is a failure', () => {
  expect(countTests({ numPassedTests: 0, numFailedTests: 0, testResults: [] }, 0)).toMatchObject({ failed: 1 })
})

test('a file that was ended is a failure, counted once', () => {
  const pending = { name: 'd', status: 'failed', message: '', assertionResults: [{ status: 'pending' }] }
  const report = { ...passing, testResults: [...passing.testResults, pending] }
  const ended = { passed: 2, failed: 1, notes: ['d: the file took too long and was ended.'] }
  expect(countTests(report, 1, ['d'])).toEqual(ended)
  // It hung before vitest had heard of it.
  expect(countTests(passing, 1, ['d'])).toEqual(ended)
})

test('a run without a report is a failure, whatever its exit code', () => {
  expect(countTests(undefined, 0)).toMatchObject({ passed: 0, failed: 1 })
})

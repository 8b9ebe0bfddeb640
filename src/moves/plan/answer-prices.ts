/** Prices of a model that writes answers, in US dollars per million tokens. */
export interface AnswerPrice {
  readonly perMillionInput: number
  readonly perMillionOutput: number
}

/**
 * List prices of OpenAI's models, without discounts for cached prompts. They are as third parties copied them from
 * OpenAI's page, which could not be read; `answerModels` in the file of PRICE_LIST replaces them.
 */
export const answerPrices = {
  asOf: '2026-05-07',
  source: 'https://developers.openai.com/api/docs/pricing',
  models: {
    'gpt-4.1': { perMillionInput: 2, perMillionOutput: 8 },
    'gpt-4.1-mini': { perMillionInput: 0.4, perMillionOutput: 1.6 },
    'gpt-4.1-nano': { perMillionInput: 0.1, perMillionOutput: 0.4 },
    'gpt-4o-mini': { perMillionInput: 0.15, perMillionOutput: 0.6 },
  },
} as const satisfies { asOf: string; source: string; models: Readonly<Record<string, AnswerPrice>> }

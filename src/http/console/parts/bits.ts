import { html } from 'hono/html'
import type { Html } from '../kit/html.ts'

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet'

/** A state in words, with a dot whose colour only repeats them. */
export function stateMark(words: string, tone: Tone): Html {
  return html`<span class="state ${tone}">${words}</span>`
}

export function tierChip(tier: string): Html {
  return html`<span class="chip ${tier}">${tier === 'enterprise' ? 'Enterprise' : 'Standard'}</span>`
}

/** A time as people say it; the exact one is its tooltip. */
export function when(at: string | null | undefined): Html {
  if (at === null || at === undefined) return html`<span class="none">–</span>`
  return html`<time datetime="${at}" title="${exactTime(at)}">${relativeTime(at)}</time>`
}

function exactTime(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
}

const units = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const
const english = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

function relativeTime(at: string, now = Date.now()): string {
  const seconds = (Date.parse(at) - now) / 1000
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) return english.format(Math.trunc(seconds / length), unit)
  }
  return seconds > 0 ? 'in a moment' : 'just now'
}

/** A moment in the future as a day or an hour: `until Tue 14:00 UTC`. */
export function untilText(at: string): string {
  return `${dayText(at)}, ${at.slice(11, 16)} UTC`
}

export function dayText(at: string): string {
  const form = { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' } as const
  return new Date(at).toLocaleDateString('en-GB', form)
}

const numbers = new Intl.NumberFormat('en')

export function count(value: number, one: string, many = `${one}s`): string {
  return `${numbers.format(value)} ${value === 1 ? one : many}`
}

export function number(value: number): string {
  return numbers.format(value)
}

/** Shown where a list has nothing: what that means, and what to do. */
export function emptyState(title: string, text: string | Html, action: Html | string = ''): Html {
  return html`<div class="empty"><p class="title">${title}</p><p>${text}</p>${action}</div>`
}

export function notice(tone: Tone, title: string, text: string | Html = ''): Html {
  const role = tone === 'bad' || tone === 'warn' ? 'alert' : 'status'
  return html`<div class="notice ${tone}" role="${role}"><p class="title">${title}</p>${text === '' ? '' : html`<p>${text}</p>`}</div>`
}

/** A choice of one out of few, as pills; each is a radio button. */
export function pills(
  legend: string,
  name: string,
  chosen: string,
  choices: readonly (readonly [string, string])[],
): Html {
  return html`<fieldset class="pills"><legend>${legend}</legend>${choices.map(
    ([value, label]) =>
      html`<label><input type="radio" name="${name}" value="${value}"${value === chosen ? html` checked` : ''}><span>${label}</span></label>`,
  )}</fieldset>`
}

export interface Fact {
  readonly name: string
  readonly value: string | Html
}

export function facts(list: readonly Fact[]): Html {
  return html`<dl class="facts">${list.map(({ name, value }) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

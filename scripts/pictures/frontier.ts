import { arrow, page, round, type Tone, text } from './svg.ts'

/** Steps of `npm run bench -- frontier` by subject. */
export type FrontierCurves = Readonly<Record<string, readonly { readonly p99Ms: number; readonly perSecond: number }[]>>

const [left, right, top, bottom] = [80, 720, 60, 400]
const tones: readonly Tone[] = ['outside', 'router', 'plain', 'heart']
const marks = ['circle', 'square', 'circle', 'square'] as const

/** Requests a second against the tail they came with, both logarithmic: further up and further left is better. */
export function frontierPicture(curves: FrontierCurves, machine: string): string {
  const points = Object.values(curves).flat()
  const x = scale(
    points.map(({ p99Ms }) => p99Ms),
    left,
    right,
  )
  const y = scale(
    points.map(({ perSecond }) => perSecond),
    bottom,
    top,
  )
  const named = Object.entries(curves)
  return page({
    width: 960,
    height: 470,
    title: `Requests a second of one process against their p99: ${named.map(([name]) => name).join(', ')}`,
    body: [
      text(left, 34, 'Requests a second of one process, and the p99 that they come with', 'name'),
      ...x.ticks.flatMap((ms) => [
        `<path class="frame" d="M${round(x.at(ms))} ${top}V${bottom}"/>`,
        text(x.at(ms), bottom + 20, `${ms} ms`, 'small middle'),
      ]),
      ...y.ticks.flatMap((rate) => [
        `<path class="frame" d="M${left} ${round(y.at(rate))}H${right}"/>`,
        text(left - 8, y.at(rate) + 4, rate.toLocaleString('en'), 'small end'),
      ]),
      ...named.flatMap(([name, steps], at) => {
        const places = steps.map(({ p99Ms, perSecond }) => [x.at(p99Ms), y.at(perSecond)] as const)
        const [tone, mark] = [tones[at % tones.length] ?? 'plain', marks[at % marks.length] ?? 'circle']
        const legend = [right + 30, top + 30 + at * 26] as const
        return [
          arrow(places, 'rule'),
          ...[...places, legend].map((place) => dot(place, tone, mark)),
          text(legend[0] + 14, legend[1] + 4, name),
        ]
      }),
      text(left, bottom + 46, `1 to 128 connections. ${machine}`, 'small'),
    ],
  })
}

function dot([x, y]: readonly [number, number], tone: Tone, mark: 'circle' | 'square'): string {
  return mark === 'circle'
    ? `<circle class="box ${tone}" cx="${round(x)}" cy="${round(y)}" r="5"/>`
    : `<rect class="box ${tone}" x="${round(x - 5)}" y="${round(y - 5)}" width="10" height="10"/>`
}

/** A logarithmic axis from `from` to `to` in the picture, with ticks at 1, 2 and 5 of each decade. */
function scale(values: readonly number[], from: number, to: number) {
  const [low, high] = [Math.log(Math.min(...values) / 1.2), Math.log(Math.max(...values) * 1.2)]
  const ticks = Array.from({ length: 24 }, (_, at) => [1, 2, 5].map((digit) => digit * 10 ** (at - 6))).flat()
  return {
    at: (value: number) => from + ((Math.log(value) - low) / (high - low)) * (to - from),
    ticks: ticks.filter((tick) => Math.log(tick) >= low && Math.log(tick) <= high),
  }
}

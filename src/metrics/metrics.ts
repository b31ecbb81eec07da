/**
 * What the server counts about itself, for the operator's graphs and alarms. It says how much and how long, and never
 * who: what happened to whom stands in the audit.
 */
import type { catalogue } from './catalogue.ts'

export { catalogue, type LabelValues, type Metric } from './catalogue.ts'
export { openScrapeDoor, type ScrapeDoor } from './scrape-door.ts'
export { type StoreWatch, watchStore } from './store-watch.ts'

type Catalogue = typeof catalogue

export type MetricName = keyof Catalogue

type NamesOf<Kind> = {
  [Name in MetricName]: Catalogue[Name]['kind'] extends Kind ? Name : never
}[MetricName]

export type CounterName = NamesOf<'counter'>
export type HistogramName = NamesOf<'histogram'>
export type GaugeName = NamesOf<'gauge'>

type ValueOf<Values> = Values extends readonly (infer Value)[] ? Value & string : string

/** Each label of a metric with one of its values. */
export type LabelsOf<Name extends MetricName> = {
  readonly [Label in keyof Catalogue[Name]['labels']]: ValueOf<Catalogue[Name]['labels'][Label]>
}

/** What a gauge shows now: a number, or one for each combination of labels. */
export type Reading<Name extends GaugeName> = keyof LabelsOf<Name> extends never
  ? number
  : readonly { labels: LabelsOf<Name>; value: number }[]

/** None of its functions throws. */
export interface Metrics {
  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by?: number): void
  /** Seconds, bytes: the unit stands at the end of the name. */
  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, value: number): void
  /** `read` is asked at each scrape, so it answers what is at hand. A later one for the same name takes its place. */
  gauge<Name extends GaugeName>(name: Name, read: () => Reading<NoInfer<Name>>): void
}

/** For an operator's command, which is over before anybody could ask. */
export const silentMetrics: Metrics = {
  count: () => undefined,
  observe: () => undefined,
  gauge: () => undefined,
}

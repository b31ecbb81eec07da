import type Router from '@koa/router'

/** Some addresses and what answers there. */
export interface Room {
  mount(router: Router): void
}

/** From the end of the session; what was not delivered by then is given up. */
export const DELIVERY_HOURS = 24

/** What was given up can be tried again for so long. */
export const GIVEN_UP_KEPT_DAYS = 14

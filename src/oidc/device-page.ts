/** What the pages of the device flow are to show (RFC 8628 §3.3). */
import type { VisitClient } from './oidc.ts'

/** Where a person lets in a device that shows a code. Forms post `xsrf` and `user_code` to `action`. */
export type DevicePage =
  | ({ step: 'enter'; code: string; problem: DeviceProblem } & DeviceForm)
  /** `confirm=yes` lets it in once the person has signed in, `abort=yes` does not. */
  | ({ step: 'confirm'; code: string; client: VisitClient; asked: DeviceAsked } & DeviceForm)
  | { step: 'allowed'; client: VisitClient }
  | { step: 'refused' }

interface DeviceForm {
  action: string
  xsrf: string
}

export type DeviceProblem =
  | { kind: 'none' | 'missing' | 'wrong' | 'expired' | 'used' }
  | { kind: 'throttled'; retryAfterSeconds: number }

export interface DeviceAsked {
  address: string
  secondsAgo: number
  isOnCampus: boolean
  /** It asks from where the person is, too. */
  isHere: boolean
}

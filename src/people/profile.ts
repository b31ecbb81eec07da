/** What relying parties may learn of a person beyond who they are; src/oidc/claims.ts decides who learns what. */

/** A word of one of the school's code tables. */
export interface Coded {
  code: string
  name: string
  nameInEnglish: string | null
}

export interface PersonType extends Coded {
  /** Values of eduPersonAffiliation (eduPerson 202208). */
  affiliations: string[]
  /** Values of eduPersonEntitlement. */
  entitlements: string[]
}

export interface Organisation extends Coded {
  /** Codes from the top of the school down to the organisation itself. */
  path: string[]
}

export interface CodeBook {
  personTypes: PersonType[]
  organisations: Organisation[]
  majors: Coded[]
  classes: Coded[]
}

export interface CodeStore {
  /** Each table by code. */
  read(): Promise<CodeBook>
  /** Adds codes and changes those that are there; takes none away, because somebody may stand under it. */
  add(codes: Partial<CodeBook>): Promise<void>
}

export interface Contact {
  value: string
  verifiedAt: Date | null
}

/** What is stated about a person: by a roster, an operator, the person. */
export interface ProfileStatement {
  /** Only where the split is known: nobody can tell it from a Chinese, Uyghur or English name alone. */
  familyName: string | null
  givenName: string | null
  /** E.164, such as +8613800000000. */
  phone: Contact | null
  email: Contact | null
  /** Such as 0000-0002-1825-0097. */
  orcid: string | null
  /** By the identity's id. */
  identities: Readonly<Record<string, PlacementStatement>>
}

/** Where somebody stands in the school under one number. */
export interface PlacementStatement {
  organisationCode: string | null
  majorCode: string | null
  classCode: string | null
  /** The year of entry by which the school counts, such as 2022. */
  grade: string | null
  /** 培养层次, in the school's word: 本科, 硕士, 博士, 预科. */
  level: string | null
  /** Days, such as 2022-09-01. */
  admittedOn: string | null
  graduatesOn: string | null
}

/** The statement with the words of the code tables. */
export interface Profile extends Omit<ProfileStatement, 'identities'> {
  updatedAt: Date
  /** By the identity's id. */
  placements: ReadonlyMap<string, Placement>
}

export interface Placement
  extends Omit<PlacementStatement, 'organisationCode' | 'majorCode' | 'classCode'>,
    Record<'major' | 'class', Coded | null> {
  type: PersonType
  /** `above`: from the top of the school down to the organisation itself. */
  organisation: (Coded & { above: { code: string; name: string }[] }) | null
}

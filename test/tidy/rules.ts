import { budgets } from './budgets.ts'
import { noDeadFiles } from './dead-files.ts'
import { driversInAdapters, floorPlan, noCircles, packagesOfTheProduct } from './floor-plan.ts'
import { doors, names } from './names.ts'
import { migrations, noMachine, packages } from './repository.ts'
import { noBannedSyntax, nothingSilenced, testsAreHonest } from './words.ts'

export const rules = {
  floorPlan,
  driversInAdapters,
  packagesOfTheProduct,
  noCircles,
  noDeadFiles,
  doors,
  names,
  budgets,
  noBannedSyntax,
  nothingSilenced,
  testsAreHonest,
  packages,
  migrations,
  noMachine,
}

import { reducingParity } from '../testing/cases/reduce.ts';
import { describeParity } from '../testing/parity.ts';

describeParity(reducingParity);

import { elementwiseParity } from '../testing/cases/elementwise.ts';
import { describeParity } from '../testing/parity.ts';

describeParity(elementwiseParity);

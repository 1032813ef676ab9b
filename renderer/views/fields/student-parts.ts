import type { Produces } from '#contract/catalog.ts';
import { velocityPart } from './field-set.ts';
import type { PartInfo } from './field-set.ts';

/** What is looked at of a model that can be compared with a teacher. */
export type Show = 'student' | 'teacher' | 'residual' | 'weights';

/** What a pane's run gives to the fields view. */
export interface Subject {
  readonly kind: 'drift' | 'velocity';
  readonly produces: Produces;
  readonly hasTeacher: boolean;
}

/** Whether the points of a velocity are the model's own samples and not draws of x_t. */
export function isStudent({ kind, produces }: Subject): boolean {
  return kind === 'velocity' && produces !== 'velocity';
}

/** What student minus teacher is called: FreeFlow's prediction loss squares the one, pi-Flow's the other. */
export function residualName(produces: Produces): string {
  if (produces === 'flowMap') return 'Generating-velocity error';
  return produces === 'policy' ? 'Imitation error' : 'Residual';
}

/** The part of a velocity field that a choice means. */
export function shownPart({ produces }: Subject, show: Show): PartInfo {
  if (show === 'teacher') {
    return { id: 'teacher', label: 'Teacher', symbol: 'v_T(x, t)', colour: '--data-teacher' };
  }
  if (show === 'residual') {
    const symbol = `${ownSymbols[produces]} - v_T(x, t)`;
    return { id: 'residual', label: residualName(produces), symbol, colour: '--ink' };
  }
  if (produces === 'velocity') return velocityPart;
  const symbol = produces === 'flowMap' ? `v_G = ${ownSymbols.flowMap}` : ownSymbols[produces];
  return { ...velocityPart, label: 'Student', symbol };
}

const ownSymbols: Readonly<Record<Produces, string>> = {
  velocity: 'v_\\theta(x, t)',
  flowMap: '-\\partial_d f_\\theta(z, d)',
  policy: '\\pi_\\theta(x, t)',
  generator: 'v_\\theta(x, t)',
  features: '\\phi_\\theta(x)',
};

/** What a choice shows, in a sentence for who points at its symbol. */
export function meaningOf(subject: Subject, show: Show): string {
  if (!isStudent(subject)) {
    return 'Noise minus data on average: it points towards noise, and sampling runs against it';
  }
  if (show === 'teacher') return 'The velocity of the teacher where the student is';
  if (show === 'residual') return 'Student less teacher, at the same state and time';
  return subject.produces === 'flowMap'
    ? 'How fast the state of the flow map moves with its duration, at t = 1 − d'
    : 'The velocity of the policy where its own roll-out is';
}

import { describe, expect, it } from 'vitest';
import { isStudent, residualName, shownPart } from './student-parts.ts';
import type { Show } from './student-parts.ts';

it('an error is called by what its method makes small', () => {
  expect(residualName('flowMap')).toBe('Generating-velocity error');
  expect(residualName('policy')).toBe('Imitation error');
});

it('a teacher is no student of its own, and neither is a drift', () => {
  const hasTeacher = false;
  expect(isStudent({ kind: 'velocity', produces: 'velocity', hasTeacher })).toBe(false);
  expect(isStudent({ kind: 'drift', produces: 'generator', hasTeacher })).toBe(false);
  expect(isStudent({ kind: 'velocity', produces: 'flowMap', hasTeacher })).toBe(true);
});

describe('shownPart', () => {
  const subject = { kind: 'velocity', produces: 'flowMap', hasTeacher: true } as const;
  it.each([
    ['student', 'velocity', 'Student'],
    ['teacher', 'teacher', 'Teacher'],
    ['residual', 'residual', 'Generating-velocity error'],
    // Weights lie on the student's own field.
    ['weights', 'velocity', 'Student'],
  ] as const)('%s is the part %s', (show: Show, id, label) => {
    expect(shownPart(subject, show)).toMatchObject({ id, label });
  });

  it('of a velocity model keeps its name', () => {
    const teacher = { kind: 'velocity', produces: 'velocity', hasTeacher: false } as const;
    expect(shownPart(teacher, 'student')).toMatchObject({ id: 'velocity', label: 'Velocity' });
  });
});

import { expect } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';

/** The WorkbenchError that `act` throws; fails if it throws nothing or another error. */
export function refusalOf(act: () => unknown): WorkbenchError {
  let caught: unknown;
  try {
    act();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(WorkbenchError);
  return caught as WorkbenchError;
}

/** Runs `act`, which may give a result or refuse with a WorkbenchError; any other error is a bug. */
export function resultOrRefusal<T>(act: () => T): T | WorkbenchError {
  try {
    return act();
  } catch (error) {
    if (error instanceof WorkbenchError) return error;
    throw error;
  }
}

/** One option of a field as a form offers it, where more is known of it than its name. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  /** Shown, and cannot be chosen now. */
  readonly isOff: boolean;
  /** Said under the field while it is chosen. */
  readonly note: string | null;
}
